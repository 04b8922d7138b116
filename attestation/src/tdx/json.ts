import { MalformedError } from '../judging/errors.ts'

/** An object as Intel's texts have them. What is read of them is signed by Intel; a form that is not known is still refused. */
export type Json = Readonly<Record<string, unknown>>

/** Reads a text whose whole is an object. Throws MalformedError. */
export function readJson(text: string): Json {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new MalformedError('is no JSON', { cause })
  }
  return asObject(value)
}

export function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedError('has no object where one belongs')
  }
  return value as Json
}

export function listOf(value: unknown): readonly Json[] {
  if (!Array.isArray(value)) throw new MalformedError('has no list where one belongs')
  return value.map(asObject)
}

/** Bytes in hex, in either case, as lower case. */
export function hexText(value: unknown, size: number): string {
  if (typeof value !== 'string' || value.length !== 2 * size || !/^[0-9a-f]*$/i.test(value)) {
    throw new MalformedError(`has no hex of ${size} bytes where it belongs`)
  }
  return value.toLowerCase()
}

export function numberOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new MalformedError('has no number where one belongs')
  }
  return value
}

export function textOf(value: unknown): string {
  if (typeof value !== 'string' || value.length > 200) {
    throw new MalformedError('has no text where one belongs')
  }
  return value
}

/** A time such as `2026-01-31T08:00:00Z` in Unix seconds. */
export function secondsOf(value: unknown): number {
  const text = textOf(value)
  const time = Date.parse(text)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) || Number.isNaN(time)) {
    throw new MalformedError('has no time where one belongs')
  }
  return time / 1000
}
