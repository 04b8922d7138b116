import type { Hex } from 'viem'
import { IndexerResponseError } from './errors.ts'

/** Reads a column of a row; throws what says which column is not what it should be. */
export type Column<T> = (value: unknown, name: string) => T

/** The type of the rows that columns give. */
export type RowOf<C extends Record<string, Column<unknown>>> = {
  [K in keyof C]: ReturnType<C[K]>
}

const refuse = (name: string, problem: string) => new IndexerResponseError(`\`${name}\` ${problem}`)

/** Lower-case hex of any length. */
export const hex: Column<Hex> = (value, name) => {
  if (typeof value !== 'string' || !/^0x[0-9a-f]*$/.test(value)) throw refuse(name, 'is no hex')
  return value as Hex
}

/** A whole number, which GraphQL carries as a text of digits. */
export const integer: Column<bigint> = (value, name) => {
  if (typeof value !== 'string' || !/^-?[0-9]{1,78}$/.test(value)) {
    throw refuse(name, 'is no whole number')
  }
  return BigInt(value)
}

export const string: Column<string> = (value, name) => {
  if (typeof value !== 'string') throw refuse(name, 'is no text')
  return value
}

export const boolean: Column<boolean> = (value, name) => {
  if (typeof value !== 'boolean') throw refuse(name, 'is neither true nor false')
  return value
}

/** A whole number that JavaScript's numbers hold. */
export const number: Column<number> = (value, name) => {
  if (!Number.isSafeInteger(value)) throw refuse(name, 'is no whole number')
  return value as number
}

/** One of some words. */
export function oneOf<const T extends string>(...words: T[]): Column<T> {
  return (value, name) => {
    const word = words.find((it) => it === value)
    if (word === undefined) throw refuse(name, `is none of ${words.join(', ')}`)
    return word
  }
}

/** What may be absent. */
export function optional<T>(column: Column<T>): Column<T | undefined> {
  return (value, name) => (value === null || value === undefined ? undefined : column(value, name))
}

/** Reads a row by its columns. */
export function readRow<C extends Record<string, Column<unknown>>>(
  columns: C,
  value: unknown,
): RowOf<C> {
  if (typeof value !== 'object' || value === null)
    throw new IndexerResponseError('a row is missing')
  const row = value as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, column(row[name], name)]),
  ) as RowOf<C>
}
