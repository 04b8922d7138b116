import { hashNode } from '@assay/sdk/formats'
import { bytesToHex, type Hex, hexToBytes } from 'viem'
import type { ValueMutation } from './mutation.ts'
import { at, listAt, put } from './places.ts'

const isWord = (held: unknown): held is Hex =>
  typeof held === 'string' && /^0x[0-9a-f]{64}$/.test(held)

/** The proof leads from another place: a node poses as the leaf, the leaf as the root, or the batch is said to have another size. */
export const climbTree: ValueMutation = (receipt, { random }) => {
  const proof = listAt(receipt, 'batch', 'proof').filter(isWord)
  const leaf = at(receipt, 'inferenceId')
  if (!isWord(leaf)) return receipt
  const [sibling = leaf] = proof
  const pair = random.chance(0.5) ? [leaf, sibling] : [sibling, leaf]
  const node = bytesToHex(hashNode(hexToBytes(pair[0] as Hex), hexToBytes(pair[1] as Hex)))
  random.pick([
    () => {
      put(receipt, ['inferenceId'], node)
      put(receipt, ['batch', 'proof'], proof.slice(1))
    },
    () => {
      put(receipt, ['batch', 'root'], leaf)
      put(receipt, ['batch', 'proof'], [])
      put(receipt, ['batch', 'count'], '1')
      put(receipt, ['batch', 'first'], at(receipt, 'inference', 'sequence'))
    },
    () => put(receipt, ['inferenceId'], at(receipt, 'batch', 'root')),
    () => put(receipt, ['batch', 'count'], String(random.below(2 ** random.below(32)))),
    () => put(receipt, ['batch', 'proof'], [...proof, ...proof].slice(0, random.below(33))),
    () => put(receipt, ['batch', 'root'], node),
  ])()
  return receipt
}
