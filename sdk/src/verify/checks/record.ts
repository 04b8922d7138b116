import type { Hex } from 'viem'
import { printable } from '../../errors/printable.ts'
import { bytesToHex, writeHex } from '../../formats/bytes.ts'
import { fieldLeafHashOf, standardFields } from '../../formats/fields.ts'
import { inferenceIdOf } from '../../formats/inference.ts'
import { merkleRootInPlace } from '../../formats/merkle-tree.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'

/** Whether the opened fields are those of the commitment. */
export function checkCommitment({ receipt }: Subject): Check {
  const line = (status: Check['status'], reason: string): Check => ({
    name: 'commitment',
    question: 'record',
    status,
    source: 'proven',
    reason,
  })
  const { leafHashes, opened } = receipt.fields
  if (leafHashes.length < standardFields.length) {
    return line(
      'refuted',
      `The commitment has ${leafHashes.length} fields; the standard ones alone are ${standardFields.length}.`,
    )
  }
  if (rootOf(leafHashes) !== receipt.inference.commitment) {
    return line('refuted', 'The leaf hashes of the fields do not give the commitment.')
  }
  const seen: string[] = []
  for (const { index, name, salt, value } of opened) {
    const place = Number(index)
    const isStandard = place < standardFields.length
    if (
      seen.includes(index) ||
      (isStandard ? standardFields[place] !== name : standardFields.includes(name as never))
    ) {
      return line(
        'refuted',
        `The field ${printable(name)} is opened twice or at a place that is not its own.`,
      )
    }
    seen.push(index)
    if (fieldLeafHashOf(name, salt, value) !== leafHashes[place]) {
      return line('refuted', `The field ${printable(name)} is not the one that was committed to.`)
    }
  }
  return line(
    'verified',
    `${opened.length} of ${leafHashes.length} fields are shown, each as it was committed to.`,
  )
}

function rootOf(leafHashes: readonly Hex[]): Hex {
  const joined = new Uint8Array(32 * leafHashes.length)
  for (const [i, hash] of leafHashes.entries()) writeHex(hash, joined, 32 * i)
  return bytesToHex(merkleRootInPlace(joined))
}

/** Whether the inference is in the batch, at its place. */
export function checkInclusion({ receipt, inference, batch, isIncluded }: Subject): Check {
  const line = (status: Check['status'], reason: string): Check => ({
    name: 'inclusion',
    question: 'record',
    status,
    source: 'proven',
    reason,
  })
  if (inferenceIdOf(inference) !== receipt.inferenceId) {
    return line('refuted', 'The id is not the one that the inference’s data gives.')
  }
  const index = inference.sequence - batch.first
  if (index < 0n || index >= BigInt(batch.count)) {
    return line('refuted', `Its sequence number ${inference.sequence} lies outside the batch.`)
  }
  if (!isIncluded(receipt.inferenceId, Number(index), receipt.batch.proof)) {
    return line('refuted', 'The inclusion proof does not lead to the batch’s root.')
  }
  return line(
    'verified',
    `It is number ${inference.sequence} of its log, in a batch of ${batch.count}.`,
  )
}
