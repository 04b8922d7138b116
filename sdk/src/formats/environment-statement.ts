import {
  type Address,
  concatHex,
  encodePacked,
  type Hex,
  hexToNumber,
  isAddress,
  isHex,
  size,
  slice,
} from 'viem'
import { InvalidStatementError } from '../errors/input.ts'
import { domainOf } from './batch.ts'

/** What attesters say: that this environment is what its registration says. */
export type EnvironmentStatement = {
  environmentId: Hex
  /** End of the environment as it is registered, in Unix seconds. */
  validUntil: number
  /** Last second in which the statement may be used for a registration, in Unix seconds. */
  deadline: number
}

/** An attester's signature over a statement. */
export type AttesterSignature = {
  attester: Address
  /** As it was signed, in Unix seconds. */
  deadline: number
  /** r, s, v of the account's key; or what the account's code takes (ERC-1271), at most 65,535 bytes. */
  signature: Hex
}

/** Before each signature of a statement: attester, deadline, length. In bytes. */
const headerLength = 28

/** What an attester signs for one verifier on one chain (EIP-712), in the form that viem's accounts take. */
export function environmentStatementTypedData(
  statement: EnvironmentStatement,
  chainId: number,
  verifier: Address,
) {
  return {
    domain: domainOf(chainId, verifier),
    types: {
      EnvironmentStatement: [
        { name: 'environmentId', type: 'bytes32' },
        { name: 'validUntil', type: 'uint48' },
        { name: 'deadline', type: 'uint48' },
      ],
    },
    primaryType: 'EnvironmentStatement',
    message: statement,
  } as const
}

/**
 * The statement that an `AttesterQuorum` takes: the signatures in ascending order of the attesters' addresses, each as
 * abi.encodePacked(address attester, uint48 deadline, uint16 length, bytes signature).
 *
 * @throws InvalidStatementError if an attester comes twice, or a value is out of range.
 */
export function encodeAttesterStatement(signatures: readonly AttesterSignature[]): Hex {
  const sorted = signatures.toSorted((a, b) => compare(a.attester, b.attester))
  const parts = sorted.map(({ attester, deadline, signature }, i) => {
    const refuse = (problem: string) => new InvalidStatementError(attester, problem)
    if (!isAddress(attester, { strict: false })) throw refuse('is no address')
    if (i > 0 && compare(attester, (sorted[i - 1] as AttesterSignature).attester) === 0) {
      throw refuse('has signed twice')
    }
    if (!isHex(signature) || signature.length % 2 !== 0 || size(signature) > 0xffff) {
      throw refuse('has signed by what is no hex, or more than 65,535 bytes')
    }
    return encodePacked(
      ['address', 'uint48', 'uint16', 'bytes'],
      [attester, checkedDeadline(deadline), size(signature), signature],
    )
  })
  return concatHex(parts)
}

/**
 * The signatures in a statement of `encodeAttesterStatement`. Nothing of them is checked.
 *
 * @throws InvalidStatementError if it ends inside a signature, or the attesters are not in strictly ascending order.
 */
export function decodeAttesterStatement(statement: Hex): AttesterSignature[] {
  if (!isHex(statement) || statement.length % 2 !== 0) {
    throw new InvalidStatementError('', 'is no hex of whole bytes')
  }
  const signatures: AttesterSignature[] = []
  for (let offset = 0; offset < size(statement);) {
    const start = offset + headerLength
    const truncated = new InvalidStatementError('', 'ends inside a signature')
    if (start > size(statement)) throw truncated
    const end = start + hexToNumber(slice(statement, offset + 26, start))
    if (end > size(statement)) throw truncated
    const attester = slice(statement, offset, offset + 20)
    const previous = signatures.at(-1)
    if (previous && compare(attester, previous.attester) <= 0) {
      throw new InvalidStatementError(attester, 'is not above the attester before it')
    }
    signatures.push({
      attester,
      deadline: hexToNumber(slice(statement, offset + 20, offset + 26)),
      signature: start === end ? '0x' : slice(statement, start, end),
    })
    offset = end
  }
  return signatures
}

/**
 * The statement that a `P256Attester` takes: abi.encodePacked(uint48 deadline, bytes32 r, bytes32 s).
 *
 * @param deadline - As it was signed, in Unix seconds.
 * @param signature - r and low s, 64 bytes, over the SHA-256 of the 32 bytes of the EIP-712 digest.
 * @throws InvalidStatementError if the signature has another length, or the deadline is out of range.
 */
export function encodeP256Statement(deadline: number, signature: Hex): Hex {
  if (!isHex(signature) || signature.length !== 130) {
    throw new InvalidStatementError('signature', 'must be r and s, 64 bytes')
  }
  return encodePacked(['uint48', 'bytes'], [checkedDeadline(deadline), signature])
}

function checkedDeadline(deadline: number): number {
  if (Number.isInteger(deadline) && deadline >= 0 && deadline < 2 ** 48) return deadline
  throw new InvalidStatementError('deadline', 'must be Unix seconds')
}

/** As the numbers that the addresses are. */
function compare(a: Address, b: Address): number {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()]
  return left < right ? -1 : left > right ? 1 : 0
}
