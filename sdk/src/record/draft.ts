import type { Hex } from 'viem'
import type { Field, StandardField } from '../formats/fields.ts'

/** An inference before it has its place in the log. */
export type Draft = {
  modelId: Hex
  environmentId: Hex
  /** Unix milliseconds. */
  servedAt: bigint
  standard: Partial<Record<StandardField, Uint8Array>>
  extensions: readonly Field[]
}
