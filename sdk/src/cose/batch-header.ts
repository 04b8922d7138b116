import type { Hex } from 'viem'
import { type Batch, batchModes } from '../formats/batch.ts'
import { bytesToHex, toBytes } from '../formats/bytes.ts'
import type { InferenceLogPlace } from '../formats/inference.ts'
import { InvalidCoseReceiptError } from '../errors/input.ts'
import { bytesAt, mapAt, uintAt } from './values.ts'

/** What the header says of a batch: all but its size and its root, which follow from the inclusion proof. */
export type BatchHeader = Pick<Batch, 'first' | 'mode' | 'dataDigest'> & {
  place: InferenceLogPlace
  /** The EIP-712 signature of the batch, where the COSE signature is another one. */
  signature?: Hex
}

const names = [
  'chainId',
  'inferenceLog',
  'owner',
  'sessionKey',
  'instance',
  'first',
  'mode',
  'dataDigest',
] as const

/** The value of the header parameter. */
export function encodeBatchHeader(header: BatchHeader): Map<string, unknown> {
  const { place, first, mode, dataDigest, signature } = header
  const values: Record<(typeof names)[number], unknown> = {
    chainId: place.chainId,
    inferenceLog: toBytes(place.inferenceLog),
    owner: toBytes(place.owner),
    sessionKey: toBytes(place.sessionKey),
    instance: toBytes(place.instance),
    first,
    mode: batchModes[mode],
    dataDigest: toBytes(dataDigest),
  }
  const signed = signature === undefined ? {} : { signature: toBytes(signature) }
  return new Map(Object.entries({ ...values, ...signed }))
}

/**
 * Reads the value of the header parameter.
 *
 * @param more - Names that stand beside those of every batch.
 * @throws InvalidCoseReceiptError
 */
export function decodeBatchHeader(value: unknown, more: readonly 'signature'[]): BatchHeader {
  const map = mapAt(value, 'batch', [...names, ...more])
  const bytes = (name: string, length?: number) =>
    bytesToHex(bytesAt(map.get(name), `batch.${name}`, length))
  const number = (name: string, bits: number) => uintAt(map.get(name), `batch.${name}`, bits)
  return {
    place: {
      chainId: Number(number('chainId', 53)),
      inferenceLog: bytes('inferenceLog', 20),
      owner: bytes('owner', 20),
      sessionKey: bytes('sessionKey', 20),
      instance: bytes('instance', 32),
    },
    first: number('first', 64),
    mode: modeOf(map.get('mode')),
    dataDigest: bytes('dataDigest', 32),
    ...(map.has('signature') ? { signature: bytes('signature') } : {}),
  }
}

function modeOf(value: unknown) {
  if (value === batchModes.inline) return 'inline'
  if (value === batchModes.external) return 'external'
  throw new InvalidCoseReceiptError('batch.mode', 'must be 0 or 1')
}
