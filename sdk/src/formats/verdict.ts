import { type Address, encodeAbiParameters, type Hex, keccak256, stringToHex } from 'viem'
import { InvalidInputError } from '../errors/input.ts'

/** Numbers of the subject kinds in the contract's enum `SubjectKind`. */
export const subjectKinds = { model: 0, environment: 1, inference: 2 } as const

/** What a verdict speaks of. */
export type SubjectKind = keyof typeof subjectKinds

/** A third party's scored statement; the fields follow the validation response of ERC-8004. */
export type Verdict = {
  subjectKind: SubjectKind
  /** The model id, environment id or inference id. */
  subject: Hex
  /** 0 to 100: from "checked and refuted" to "checked and confirmed". */
  score: number
  /** What was checked, such as `replay`. */
  tag: string
  /** SHA-256 of the evidence, or zero. */
  evidenceDigest: Hex
}

const idTypes = [
  'uint256',
  'address',
  'address',
  'uint8',
  'bytes32',
  'uint8',
  'bytes32',
  'bytes32',
].map((type) => ({ type }))

/**
 * Id of a verdict: keccak256(abi.encode(chainId, registry, author, subjectKind, subject, score, keccak256(tag), evidenceDigest)).
 *
 * @throws InvalidInputError if the score is not a whole number from 0 to 100.
 */
export function verdictIdOf(
  verdict: Verdict,
  place: { chainId: number; verdictRegistry: Address; author: Address },
): Hex {
  checkScore(verdict.score)
  return keccak256(
    encodeAbiParameters(idTypes, [
      BigInt(place.chainId),
      place.verdictRegistry,
      place.author,
      subjectKinds[verdict.subjectKind],
      verdict.subject,
      verdict.score,
      keccak256(stringToHex(verdict.tag)),
      verdict.evidenceDigest,
    ]),
  )
}

/** @throws InvalidInputError if a score is not a whole number from 0 to 100. */
export function checkScore(score: number): void {
  if (!Number.isInteger(score) || score < 0 || score > 100) {
    throw new InvalidInputError('verdict', 'score', 'must be a whole number from 0 to 100')
  }
}
