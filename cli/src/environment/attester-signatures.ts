import {
  type AttesterSignature,
  decodeAttesterStatement,
  encodeAttesterStatement,
  type EnvironmentStatement,
  environmentStatementTypedData,
  InvalidStatementError,
} from '@assay/sdk'
import { explainFailure } from '@assay/sdk/relay'
import {
  AbiDecodingDataSizeTooSmallError,
  type Address,
  type BaseError,
  ContractFunctionRevertedError,
  ContractFunctionZeroDataError,
  hashTypedData,
  type Hex,
  isAddressEqual,
  parseAbi,
  recoverAddress,
} from 'viem'
import { UsageError } from '../errors.ts'
import { bytesFrom } from '../input/words.ts'
import { timeOf } from '../output/time.ts'
import { addressFrom, type OpenChain } from '../settings/chain.ts'
import { chainNow } from '../settings/now.ts'
import { secondsFrom } from './judging.ts'
import { nameInQuorum } from './verifiers.ts'

/** A word, and not `bytes4`: the verifier compares all of it. */
const erc1271 = parseAbi([
  'function isValidSignature(bytes32 hash, bytes signature) view returns (bytes32)',
])
const magic = `0x1626ba7e${'00'.repeat(28)}`

/** `<address>:<deadline>:<hex>`, of which the deadline may have colons too. @throws UsageError */
export function attesterSignatureFrom(value: string): AttesterSignature {
  const [, address, deadline, signature] = /^([^:]*):(.*):([^:]*)$/.exec(value) ?? []
  if (address === undefined || deadline === undefined || signature === undefined) {
    throw new UsageError('`--attester-signature` must be <address>:<deadline>:<hex>.', {
      metaMessages: ['The deadline is the one that was signed: Unix seconds, or as --deadline.'],
    })
  }
  return {
    attester: addressFrom(address, 'The address of `--attester-signature`'),
    deadline: secondsFrom(deadline, 'The deadline of `--attester-signature`'),
    signature: bytesFrom(signature, 'The signature of `--attester-signature`'),
  }
}

/** A statement with more signatures in it. @throws InvalidStatementError */
export function joined(statement: Hex, signatures: readonly AttesterSignature[]): Hex {
  if (signatures.length === 0) return statement
  return encodeAttesterStatement([...decodeAttesterStatement(statement), ...signatures])
}

/**
 * Asks the chain whether a quorum would take signatures: of its attesters, in time, by their keys or their code (ERC-1271). Whether
 * they are enough, the verifier says.
 *
 * @throws UsageError, InvalidStatementError, RpcUnreachableError
 */
export async function checkAttesterSignatures(
  signatures: readonly AttesterSignature[],
  said: Omit<EnvironmentStatement, 'deadline'>,
  verifier: Address,
  place: OpenChain,
): Promise<void> {
  for (const { attester, deadline, signature } of signatures) {
    await nameInQuorum(attester, verifier, place)
    if (BigInt(deadline) < (await chainNow(place))) {
      const ended = `may be used no more: its deadline was ${timeOf(BigInt(deadline))}`
      throw new InvalidStatementError(attester, ended)
    }
    const statement = { ...said, deadline }
    const digest = hashTypedData(environmentStatementTypedData(statement, place.chainId, verifier))
    const problem = await problemOf(attester, digest, signature, place)
    if (problem === undefined) continue
    throw new InvalidStatementError(attester, problem, {
      metaMessages: [
        `To be signed: ${JSON.stringify(statement)}, on chain ${place.chainId} for ${verifier}`,
        `Its digest: ${digest}`,
      ],
    })
  }
}

/** What is wrong with a signature; continues the name of the attester. */
async function problemOf(
  attester: Address,
  hash: Hex,
  signature: Hex,
  { client }: OpenChain,
): Promise<string | undefined> {
  // As the verifier does: an account with delegated code is believed by its key, too.
  const signer = await recoverAddress({ hash, signature }).catch(() => undefined)
  if (signer && isAddressEqual(signer, attester)) return undefined
  const code = await client.getCode({ address: attester }).catch(explain)
  if (code === undefined) return 'has not signed this, and has no code that could'
  const answer = await client
    .readContract({
      address: attester,
      abi: erc1271,
      functionName: 'isValidSignature',
      args: [hash, signature],
    })
    .catch((error: unknown) => {
      if (!isNoAnswer(error)) explain(error)
      return undefined
    })
  return answer === magic ? undefined : 'does not accept this signature (isValidSignature)'

  function explain(error: unknown): never {
    throw explainFailure(error, 'isValidSignature', attester)
  }
}

/** Whether the code reverted, gave nothing, or something too short: whatever it is, it is not the word that is asked for. */
function isNoAnswer(error: unknown): boolean {
  const found = (error as Partial<BaseError>).walk?.(
    (it) =>
      it instanceof ContractFunctionRevertedError ||
      it instanceof ContractFunctionZeroDataError ||
      it instanceof AbiDecodingDataSizeTooSmallError,
  )
  return found instanceof Error
}
