import type { BatchMode } from '../formats/batch.ts'
import type { BatchRecord } from '../formats/batch-data.ts'
import { inlineGasOf, inlinePrefix } from './inline-limit.ts'

/** How batches are settled: `auto` chooses for each by its size and today's fee. */
export type SettlementMode = BatchMode | 'auto'

/** How a batch is settled, with the arithmetic that led to it. */
export type ModeChoice = {
  mode: BatchMode
  /** Inferences of the batch. */
  count: number
  /** Why, in words. */
  reason: string
  /** Gas of the whole that waits, inline, at most. */
  inlineGas: number
  /** Gas of the same, external, at most. */
  externalGas: number
  /** In wei; undefined if it is not known or plays no part. */
  gasPrice: bigint | undefined
  /** `inlineGas` at that price, in wei. */
  inlineFee: bigint | undefined
}

export type ModeRules = {
  mode: SettlementMode
  /** Whether there is a place for the data of external batches. */
  hasStore: boolean
  /** What a batch may cost inline, in wei, before `auto` takes it elsewhere. */
  maxInlineFee: bigint
  /** Undefined: not known. */
  gasPrice: () => Promise<bigint | undefined>
}

/** Of `settleExternal`, an instance's first, with room for a URI of 200 bytes; from `pnpm bench:gas`. */
const externalGas = 90_000

/**
 * Chooses how the next batch is settled, and how many of the inferences that wait it takes.
 *
 * @param records - What waits, in order, no more than `maxExportBatchSize`; at least one.
 */
export async function chooseMode(
  records: readonly Pick<BatchRecord, 'modelId' | 'environmentId'>[],
  rules: ModeRules,
): Promise<ModeChoice> {
  const waiting = records.length
  const inlineGas = inlineGasOf(records)
  const fitting = inlinePrefix(records, waiting)
  const known = { inlineGas, externalGas, gasPrice: undefined, inlineFee: undefined }
  const inline = (reason: string, more: Partial<ModeChoice> = {}): ModeChoice => ({
    ...{ ...known, mode: 'inline', count: fitting, reason },
    ...more,
  })
  const external = (reason: string, more: Partial<ModeChoice> = {}): ModeChoice => ({
    ...{ ...known, mode: 'external', count: waiting, reason },
    ...more,
  })
  if (rules.mode === 'inline') return inline('asked for')
  if (rules.mode === 'external') return external('asked for')
  if (!rules.hasStore) return inline('there is no store for its data')
  if (fitting < waiting) {
    return external(
      `${waiting} inferences need ${inlineGas} gas inline, more than a transaction has`,
    )
  }
  const gasPrice = await rules.gasPrice()
  if (gasPrice === undefined) return inline('it fits, and what gas costs is not known')
  const inlineFee = BigInt(inlineGas) * gasPrice
  const sum = `${inlineGas} gas at ${gasPrice} wei are ${inlineFee} wei`
  const more = { gasPrice, inlineFee }
  return inlineFee > rules.maxInlineFee && inlineGas > externalGas
    ? external(`${sum}, above ${rules.maxInlineFee}`, more)
    : inline(`${sum}, not above ${rules.maxInlineFee}`, more)
}
