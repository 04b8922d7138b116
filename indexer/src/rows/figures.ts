import { batchRecordLength, type BatchDataLayout, keyAddressOf } from '@assay/sdk/formats'
import type { Context } from 'ponder:registry'
import { environment } from 'ponder:schema'
import { bytesToHex, type Hex, zeroHash } from 'viem'
import { delays } from '../../delays.ts'
import type { LoadedFigures } from './activity.ts'
import type { SettledBatch } from './inferences.ts'

/** Of batch data that lists more environments none is looked up. */
const maxEnvironments = 16

/**
 * What is counted of inferences, from batch data.
 *
 * @param data - Batch data of a settlement.
 * @param layout - Of the data.
 * @param start - The first inference that is counted, from 0.
 * @param end - The one behind the last.
 */
export async function figuresOf(
  db: Context['db'],
  batch: SettledBatch,
  data: Uint8Array,
  layout: BatchDataLayout,
  start: number,
  end: number,
): Promise<LoadedFigures> {
  const settledAt = Number(batch.settledAt) * 1_000
  const within = delays.map(() => 0)
  const ofModel = new Uint32Array(layout.models)
  const ofEnvironment = new Uint32Array(layout.environments)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  for (let i = start; i < end; i++) {
    const at = layout.records + batchRecordLength * i
    ofModel[view.getUint16(at)]!++
    ofEnvironment[view.getUint16(at + 2)]!++
    const delay = settledAt - (view.getUint16(at + 4) * 2 ** 32 + view.getUint32(at + 6))
    within[delays.findIndex(([, millis]) => delay < millis)]!++
  }
  const models = idsOf(data, layout.records - 32 * (layout.models + layout.environments), ofModel)
  const environments = idsOf(data, layout.records - 32 * layout.environments, ofEnvironment)
  const counted = Object.fromEntries(delays.map(([name], i) => [name, BigInt(within[i]!)])) as Pick<
    LoadedFigures,
    (typeof delays)[number][0]
  >
  return {
    available: BigInt(end - start),
    namesModel: total(models),
    namesEnvironment: total(environments),
    byEnvironmentKey:
      layout.environments > maxEnvironments
        ? 0n
        : total(await signedByTheirKey(db, batch, environments)),
    ...counted,
  }
}

type Named = readonly (readonly [Hex, number])[]

const total = (named: Named) => named.reduce((sum, [, count]) => sum + BigInt(count), 0n)

/** The ids of a dictionary that inferences name, and how many do. */
function idsOf(data: Uint8Array, offset: number, counts: Uint32Array): Named {
  return [...counts]
    .map((count, i) => {
      const at = offset + 32 * i
      return [count === 0 ? zeroHash : bytesToHex(data.subarray(at, at + 32)), count] as const
    })
    .filter(([id]) => id !== zeroHash)
}

/** The environments by whose own key the batch was signed. */
async function signedByTheirKey(
  db: Context['db'],
  { signedByKey, sessionKey, position }: SettledBatch,
  environments: Named,
): Promise<Named> {
  if (!signedByKey) return []
  const own = await Promise.all(
    environments.map(async ([environmentId]) => {
      const known = await db.find(environment, { environmentId })
      // One that was registered later says nothing, and might not be here yet when the batch's data comes.
      return known && known.position < position && keyAddressOf(known) === sessionKey
    }),
  )
  return environments.filter((_, i) => own[i])
}
