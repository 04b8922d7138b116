import type { Craft, ValueMutation } from './mutation.ts'
import { pickPlace } from './places.ts'

/** A value as a text; some are made of parts that let JavaScript make none. */
function textOf(held: unknown): string {
  try {
    return String(held)
  } catch {
    return '[object Object]'
  }
}

function otherValue({ random }: Craft, held: unknown): unknown {
  return random.pick([
    () => null,
    () => true,
    () => false,
    () => 0,
    () => -0,
    () => 1e308,
    () => Number.MAX_SAFE_INTEGER + 2,
    () => 0.1,
    () => '',
    () => [],
    () => ({}),
    () => [held],
    () => ({ value: held }),
    () => ({ length: 32, 0: held }),
    () => Number(textOf(held)),
    () => textOf(held),
    () => Array.from(textOf(held)),
    () => `${textOf(held)}\u0000`,
    () => `\ufeff${textOf(held)}`,
    () => textOf(held).normalize('NFD'),
    // Full-width digits, which look like digits and are none.
    () => textOf(held).replace(/[0-9]/g, (it) => String.fromCodePoint(0xff10 + Number(it))),
    () => textOf(held).replace('a', 'а'),
  ])()
}

/** Something is of another type, or of one that looks the same. */
export const changeType: ValueMutation = (receipt, craft) => {
  const place = pickPlace(receipt, craft.random)
  if (!place) return receipt
  place.holder[place.name] = otherValue(craft, place.holder[place.name])
  return receipt
}

/** The receipt as a whole is something else, or stands in something else. */
export const wrap: ValueMutation = (receipt, craft) =>
  craft.random.chance(0.5)
    ? otherValue(craft, receipt)
    : craft.random.pick<unknown>([
        [receipt, receipt],
        { receipt },
        { receipts: [receipt] },
        { ...receipt, receipt },
        JSON.stringify(receipt),
      ])
