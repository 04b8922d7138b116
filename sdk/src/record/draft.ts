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
  /** Digests of the messages to commit to one by one, 32 bytes each, one after the other. Default: none. */
  messages?: Uint8Array | undefined
  /** The inference that it stands for, which can't be settled in the log it was recorded in. Default: none. */
  reissueOf?: { instance: Hex; sequence: bigint; inferenceId: Hex } | undefined
}
