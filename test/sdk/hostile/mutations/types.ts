import type { Craft, ValueMutation } from './mutation.ts'
import { pickPlace } from './places.ts'

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
    () => Number(held),
    () => String(held),
    () => Array.from(String(held)),
    () => `${String(held)}\u0000`,
    () => `\ufeff${String(held)}`,
    () => String(held).normalize('NFD'),
    // Full-width digits, which look like digits and are none.
    () => String(held).replace(/[0-9]/g, (it) => String.fromCodePoint(0xff10 + Number(it))),
    () => String(held).replace('a', 'а'),
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
