import type { Hex, PrivateKeyAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { UsageError } from '../errors.ts'

/** The account of a private key. @param where - Said when it is none; its value never is. @throws UsageError */
export function accountFrom(key: string, where: string): PrivateKeyAccount {
  const text = key.trim()
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) {
    try {
      return privateKeyToAccount(text as Hex)
    } catch {
      // Zero, or above the order of the group.
    }
  }
  throw new UsageError(`${where} must be a private key of secp256k1: 0x and 64 hex digits.`)
}

/** The account of ASSAY_SESSION_KEY; undefined if it is not set. @throws UsageError */
export function sessionAccount(): PrivateKeyAccount | undefined {
  const { ASSAY_SESSION_KEY: key } = process.env
  return key === undefined ? undefined : accountFrom(key, 'ASSAY_SESSION_KEY')
}
