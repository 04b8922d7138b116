import { type Address, encodeAbiParameters, type Hex, keccak256, toHex, zeroHash } from 'viem'
import { sha256Hex } from '../crypto/sha256.ts'
import { InvalidInputError } from '../errors/input.ts'
import { bytesToHex, writeHex } from './bytes.ts'
import { encodeWords } from './words.ts'

/** What names an inference log. */
export type InferenceLogKey = {
  /** In whose name is recorded. */
  owner: Address
  /** The key that signs batches. */
  sessionKey: Address
  /** 32 random bytes, made by each journal. */
  instance: Hex
}

/** Where an inference log lives. */
export type InferenceLogPlace = InferenceLogKey & {
  chainId: number
  /** Address of the InferenceLog contract. */
  inferenceLog: Address
}

/** Data of one leaf. */
export type Inference = {
  logId: Hex
  /** Zero: the model is not registered. */
  modelId: Hex
  /** Zero: the environment is not registered. */
  environmentId: Hex
  /** Root over the salted private fields. */
  commitment: Hex
  /** Place in the inference log, from 0, 64 bits. */
  sequence: bigint
  /** Unix milliseconds, declared by the recorder, 48 bits in batch data. */
  servedAt: bigint
}

/** Id of what is not registered. */
export const unregistered = zeroHash

const words = (...types: string[]) => types.map((type) => ({ type }))
const modelTypes = words('address', 'string', 'string', 'bytes32')
const namedModelTypes = words('bytes32', 'string', 'string')

/**
 * Name of an inference log: keccak256(abi.encode(chainId, inferenceLog, owner, sessionKey, instance)).
 *
 * @throws InvalidInputError if a part has not its form.
 */
export function logIdOf(place: InferenceLogPlace): Hex {
  const data = encodeWords(
    ['uint256', place.chainId],
    ['address', place.inferenceLog],
    ['address', place.owner],
    ['address', place.sessionKey],
    ['bytes32', place.instance],
  )
  return keccak256(data)
}

/** Name of a published model: keccak256(abi.encode(publisher, name, version, manifestDigest)). */
export function modelIdOf(model: {
  publisher: Address
  name: string
  version: string
  /** SHA-256 of the manifest. */
  manifestDigest: Hex
}): Hex {
  return keccak256(
    encodeAbiParameters(modelTypes, [
      model.publisher,
      model.name,
      model.version,
      model.manifestDigest,
    ]),
  )
}

/**
 * Public name of a model behind a closed API, which nobody published:
 * keccak256(abi.encode(keccak256("assay/named-model/v1"), origin, name)). Always declared, never verified.
 *
 * @param origin - Origin of the API, such as `https://api.openai.com`.
 * @param name - The model's name there.
 */
export function namedModelIdOf(origin: string, name: string): Hex {
  const label = keccak256(toHex('assay/named-model/v1'))
  return keccak256(encodeAbiParameters(namedModelTypes, [label, origin, name]))
}

/**
 * Data of a leaf: abi.encode(logId, modelId, environmentId, commitment, uint64 sequence, uint64 servedAt), 192 bytes.
 *
 * Written by hand: it runs once an inference, and a general encoder costs fifty times as much.
 */
export function encodeInference(inference: Inference): Uint8Array {
  const bytes = new Uint8Array(192)
  writeInference(inference, bytes, 0)
  return bytes
}

/**
 * Reads the data of a leaf: what encodeInference gives, and nothing else.
 *
 * @param data - Not trusted.
 * @throws InvalidInputError if it is not 192 bytes, or a number does not fit 64 bits.
 */
export function decodeInference(data: Uint8Array): Inference {
  if (data.length !== 192) throw new InvalidInputError('leaf', '', 'must be 192 bytes')
  const word = (offset: number) => bytesToHex(data.subarray(offset, offset + 32))
  const number = (name: string, offset: number) => {
    const value = BigInt(word(offset))
    if (value >= 2n ** 64n) throw new InvalidInputError('leaf', name, 'must be below 2^64')
    return value
  }
  return {
    logId: word(0),
    modelId: word(32),
    environmentId: word(64),
    commitment: word(96),
    sequence: number('sequence', 128),
    servedAt: number('servedAt', 160),
  }
}

function writeInference(inference: Inference, target: Uint8Array, offset: number): void {
  const { logId, modelId, environmentId, commitment, sequence, servedAt } = inference
  const words = [logId, modelId, environmentId, commitment]
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Hex
    // What is shorter would leave bytes of the inference before it.
    if (word.length !== 66) {
      throw new InvalidInputError('inference', '', `has a part that is not 32 bytes: ${word}`)
    }
    writeHex(word, target, offset + 32 * i)
  }
  const view = new DataView(target.buffer, target.byteOffset)
  view.setBigUint64(offset + 152, sequence)
  view.setBigUint64(offset + 184, servedAt)
}

const leaf = new Uint8Array(193)

/** Leaf hash of an inference: SHA-256(0x00 ‖ leaf data). Its id, known before anything is mined. */
export function inferenceIdOf(inference: Inference): Hex {
  writeInference(inference, leaf, 1)
  return sha256Hex(leaf)
}
