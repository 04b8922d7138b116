import type { Sent } from '@assay/sdk/transactions'
import { size } from 'viem'
import type { CheckedBatch } from './checked-batch.ts'
import { bytesOf, gasBound, gasToBeLeft } from './settle-call.ts'

/** Batches of one inference log that follow each other, to be settled by one transaction. */
export type Unit = {
  batches: readonly CheckedBatch[]
  /** Others' code takes part, so that nobody else's batch should be in the same transaction. */
  alone: boolean
}

type Waiting = Unit & { resolve: (sent: Sent) => void; reject: (error: unknown) => void }

/**
 * Bytes of batch data of several batches in one transaction at most: one transaction less saves 21,000 gas, and `settleMany` copies
 * each batch's data into memory, whose price grows with its square.
 */
export const maxSharedBytes = 32_768

const bytesOfUnit = ({ batches }: Unit) =>
  batches.reduce((sum, { batch }) => sum + size(bytesOf(batch)), 0)

/** Gas that a transaction of some batches uses, or has to have left, at most. */
export function gasOfMany(batches: readonly CheckedBatch[]): bigint {
  const used = batches.reduce((sum, { batch }) => sum + gasBound(batch), 21_000n)
  if (batches.length === 1) return used
  const left = batches.map(({ batch }) => gasToBeLeft(batch))
  return used + left.reduce((most, it) => (it > most ? it : most), 0n)
}

/** Puts units together that fit into one transaction, in the order in which they came. */
export function pack<T extends Unit>(units: readonly T[], maxGas: bigint): T[][] {
  const packs: T[][] = []
  let shared: T[] = []
  for (const unit of units) {
    const bytes = bytesOfUnit(unit)
    if (unit.alone || bytes > maxSharedBytes) {
      packs.push([unit])
      continue
    }
    const together = [...shared, unit]
    const fits =
      together.reduce((sum, it) => sum + bytesOfUnit(it), 0) <= maxSharedBytes &&
      gasOfMany(together.flatMap(({ batches }) => batches)) <= maxGas
    if (!fits && shared.length) packs.push(shared)
    shared = fits ? together : [unit]
  }
  if (shared.length) packs.push(shared)
  return packs
}

/** Lets units of several requests wait for each other, for a short while. */
export function createGatherer(options: {
  gatherMillis: number
  maxGas: bigint
  /** Sends one transaction. */
  send: (batches: readonly CheckedBatch[]) => Promise<Sent>
}) {
  const { gatherMillis, maxGas, send } = options
  let waiting: Waiting[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  async function sendPack(units: Waiting[]): Promise<void> {
    try {
      const sent = await send(units.flatMap(({ batches }) => batches))
      for (const { resolve } of units) resolve(sent)
    } catch (error) {
      if (units.length === 1) {
        units[0]?.reject(error)
        return
      }
      // Whatever it is about one of them, it is nothing to the others.
      await Promise.all(units.map((unit) => sendPack([unit])))
    }
  }

  function flush(): void {
    timer = undefined
    const units = waiting
    waiting = []
    for (const together of pack(units, maxGas)) void sendPack(together)
  }

  return {
    /** @throws what `send` throws. */
    add(unit: Unit): Promise<Sent> {
      const sent = new Promise<Sent>((resolve, reject) => {
        waiting.push({ ...unit, resolve, reject })
      })
      timer ??= setTimeout(flush, gatherMillis)
      return sent
    },
  }
}
