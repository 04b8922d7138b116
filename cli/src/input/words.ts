import type { Hex } from 'viem'
import { UsageError } from '../errors.ts'

/** 32 bytes that somebody gave, as lower-case hex. @throws UsageError */
export function wordFrom(value: string, where: string): Hex {
  if (/^0x[0-9a-f]{64}$/i.test(value)) return value.toLowerCase() as Hex
  throw new UsageError(`${where} must be 0x and 64 hex digits.`)
}

/** Whole bytes that somebody gave, as lower-case hex. @throws UsageError */
export function bytesFrom(value: string, where: string): Hex {
  if (value.length % 2 === 0 && /^0x[0-9a-f]*$/i.test(value)) return value.toLowerCase() as Hex
  throw new UsageError(`${where} must be 0x and hex digits.`)
}
