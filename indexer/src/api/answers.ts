import type { Context } from 'hono'
import { type Hex, isHex } from 'viem'

/** What is wrong with a request, said to who sent it. */
export class RequestError extends Error {
  override name = 'RequestError'
  readonly status: 400 | 404 | 409

  constructor(status: 400 | 404 | 409, message: string) {
    super(message)
    this.status = status
  }
}

/** JSON in which integers beyond JavaScript's are decimal digits in strings, as in receipts. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? String(member) : member,
  )
}

/** Answers with JSON, as `textOf` gives it. */
export function jsonAnswer(c: Context, value: unknown, status: 200 | 400 | 404 | 409 | 503 = 200) {
  return c.body(textOf(value), status, { 'content-type': 'application/json' })
}

/** 32 bytes in hex, in lower case. @throws RequestError */
export function wordOf(name: string, text: string): Hex {
  return hexOf(name, text, 66)
}

/** An address in lower case. @throws RequestError */
export function addressOf(name: string, text: string): Hex {
  return hexOf(name, text, 42)
}

/** A whole number from 0 on, of any size. @throws RequestError */
export function integerOf(name: string, text: string): bigint {
  if (!/^[0-9]{1,78}$/.test(text)) throw new RequestError(400, `\`${name}\` is no whole number`)
  return BigInt(text)
}

function hexOf(name: string, text: string, length: number): Hex {
  if (!isHex(text) || text.length !== length) {
    throw new RequestError(400, `\`${name}\` is not ${(length - 2) / 2} bytes in hex`)
  }
  return text.toLowerCase() as Hex
}
