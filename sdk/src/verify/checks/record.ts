import { toHex } from 'viem'
import { printable } from '../../errors/printable.ts'
import { toBytes } from '../../formats/bytes.ts'
import { commitmentOf, fieldLeafHash, standardFields } from '../../formats/fields.ts'
import { encodeInference } from '../../formats/inference.ts'
import { hashLeaf, verifyInclusion } from '../../formats/merkle-tree.ts'
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
  if (
    toHex(commitmentOf(leafHashes.map((hash) => toBytes(hash)))) !== receipt.inference.commitment
  ) {
    return line('refuted', 'The leaf hashes of the fields do not give the commitment.')
  }
  const seen = new Set<string>()
  for (const { index, name, salt, value } of opened) {
    const place = Number(index)
    const standard = standardFields.indexOf(name as never)
    if (
      seen.has(index) ||
      (place < standardFields.length ? standardFields[place] !== name : standard >= 0)
    ) {
      return line(
        'refuted',
        `The field ${printable(name)} is opened twice or at a place that is not its own.`,
      )
    }
    seen.add(index)
    const field = { name, salt: toBytes(salt), value: toBytes(value) }
    if (toHex(fieldLeafHash(field)) !== leafHashes[place]) {
      return line('refuted', `The field ${printable(name)} is not the one that was committed to.`)
    }
  }
  return line(
    'verified',
    `${opened.length} of ${leafHashes.length} fields are shown, each as it was committed to.`,
  )
}

/** Whether the inference is in the batch, at its place. */
export function checkInclusion({ receipt, inference, batch }: Subject): Check {
  const line = (status: Check['status'], reason: string): Check => ({
    name: 'inclusion',
    question: 'record',
    status,
    source: 'proven',
    reason,
  })
  const leafHash = hashLeaf(encodeInference(inference))
  if (toHex(leafHash) !== receipt.inferenceId) {
    return line('refuted', 'The id is not the one that the inference’s data gives.')
  }
  const index = inference.sequence - batch.first
  if (index < 0n || index >= BigInt(batch.count)) {
    return line('refuted', `Its sequence number ${inference.sequence} lies outside the batch.`)
  }
  const proof = receipt.batch.proof.map((hash) => toBytes(hash))
  if (!verifyInclusion(leafHash, Number(index), batch.count, proof, toBytes(batch.root))) {
    return line('refuted', 'The inclusion proof does not lead to the batch’s root.')
  }
  return line(
    'verified',
    `It is number ${inference.sequence} of its log, in a batch of ${batch.count}.`,
  )
}
