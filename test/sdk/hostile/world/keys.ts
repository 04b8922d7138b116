import { type Hex, sha256, stringToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** 32 bytes that follow from a label alone, so that a seed gives the same receipts in every run. */
export const digestOf = (label: string): Hex => sha256(stringToHex(`assay hostile: ${label}`))

/** Not a secret: a key for tests alone. */
export const keyOf = (label: string) => privateKeyToAccount(digestOf(`key ${label}`))
