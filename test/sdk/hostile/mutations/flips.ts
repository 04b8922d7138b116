import type { ValueMutation } from './mutation.ts'
import { isText, pickPlace } from './places.ts'

/** One character of some text is another one of its kind. */
export const flipCharacter: ValueMutation = (receipt, { random }) => {
  const place = pickPlace(receipt, random, (held) => isText(held) && held.length > 0)
  if (!place) return receipt
  const { holder, name } = place
  const text = holder[name] as string
  const prefix = text.startsWith('0x') && text.length > 2 ? 2 : 0
  const i = prefix + random.below(text.length - prefix)
  const others = (/^[0-9]+$/.test(text) ? '0123456789' : '0123456789abcdef').split('')
  holder[name] =
    text.slice(0, i) + random.pick(others.filter((it) => it !== text[i])) + text.slice(i + 1)
  return receipt
}

/** One bit of some hex. */
export const flipBit: ValueMutation = (receipt, { random }) => {
  const place = pickPlace(receipt, random, (held) => isText(held) && /^0x[0-9a-f]+$/.test(held))
  if (!place) return receipt
  const { holder, name } = place
  const text = holder[name] as string
  const i = 2 + random.below(text.length - 2)
  const digit = (parseInt(text.charAt(i), 16) ^ (1 << random.below(4))).toString(16)
  holder[name] = text.slice(0, i) + digit + text.slice(i + 1)
  return receipt
}

/** Some hex in capital letters, without its beginning, or with another one. */
export const rewriteHex: ValueMutation = (receipt, { random }) => {
  const place = pickPlace(receipt, random, (held) => isText(held) && held.startsWith('0x'))
  if (!place) return receipt
  const { holder, name } = place
  const text = holder[name] as string
  const digits = text.slice(2)
  holder[name] = random.pick([
    `0x${digits.toUpperCase()}`,
    text.toUpperCase(),
    digits,
    `0X${digits}`,
    `0x0${digits}`,
    `0x00${digits}`,
    `${text}00`,
    text.slice(0, -2),
    text.slice(0, -1),
    `${text}\n`,
    ` ${text}`,
    '0x',
    `0x${'0'.repeat(digits.length)}`,
    `0x${'f'.repeat(digits.length)}`,
  ])
  return receipt
}
