import { encodeEventTopics, type Hex, numberToHex, zeroAddress, zeroHash } from 'viem'
import { addressOf, type ContractName } from '../actions/contract.ts'
import { getEnvironment } from '../actions/getEnvironment.ts'
import { getHead } from '../actions/getHead.ts'
import { getModel } from '../actions/getModel.ts'
import { getSessionKey } from '../actions/getSessionKey.ts'
import { getSettlement } from '../actions/getSettlement.ts'
import { explainRpc } from '../actions/rpc-failure.ts'
import { InvalidConfigError } from '../errors/config.ts'
import { environmentIdOf } from '../formats/environment.ts'
import { inferenceIdOf, logIdOf, modelIdOf } from '../formats/inference.ts'
import { verdictIdOf } from '../formats/verdict.ts'
import { verdictRegistryVerdictPosted as posted } from '../generated/reads.ts'
import type { IndexedChain, IndexerClient } from './client.ts'
import { IndexerContradictedError } from './errors.ts'
import { getInferenceProof } from './getInferenceProof.ts'
import type { IndexerRow, IndexerTable } from './rows.ts'

/** Says which of a row's members the chain does not say. */
type Verifier<T extends IndexerTable> = (
  row: IndexerRow<T>,
  chain: IndexedChain & { chainId: number },
  indexer: IndexerClient,
) => Promise<string[]>

const verifiers: { [T in IndexerTable]?: Verifier<T> } = {
  inference: verifyInference,
  settlement: verifySettlement,
  model: verifyModel,
  environment: verifyEnvironment,
  sessionKey: verifySessionKey,
  inferenceLog: verifyInferenceLog,
  verdict: verifyVerdict,
}

/**
 * Checks rows against the latest block of the chain that the indexer's client was made with.
 *
 * @throws IndexerContradictedError if the chain says otherwise; InvalidConfigError if there is no chain to ask, or the chain keeps nothing
 * that such rows could be checked by; RpcUnreachableError, NoContractError.
 */
export async function verifyRows<T extends IndexerTable>(
  indexer: IndexerClient,
  table: T,
  rows: readonly IndexerRow<T>[],
): Promise<void> {
  const verifier: Verifier<T> | undefined = verifiers[table]
  if (!verifier)
    throw new InvalidConfigError('verify', `is for ${Object.keys(verifiers).join(', ')}`)
  const { chain } = indexer
  if (!chain) throw new InvalidConfigError('verify', 'needs `chain`, a viem client, in the options')
  const chainId = chain.client.chain?.id
  if (chainId === undefined) throw new InvalidConfigError('chain', 'has to be a client of a chain')
  for (const row of rows) {
    const contradicted = await verifier(row, { ...chain, chainId }, indexer)
    if (contradicted.length > 0)
      throw new IndexerContradictedError(`a row of ${table}`, contradicted)
  }
}

type Comparable = string | number | bigint | boolean | undefined

/** Names of the pairs that differ. */
function differing(pairs: Readonly<Record<string, readonly [Comparable, Comparable]>>): string[] {
  const text = (value: Comparable) => String(value ?? '').toLowerCase()
  return Object.entries(pairs).flatMap(([name, [a, b]]) => (text(a) === text(b) ? [] : [name]))
}

async function verifyInference(
  row: IndexerRow<'inference'>,
  chain: IndexedChain & { chainId: number },
  indexer: IndexerClient,
): Promise<string[]> {
  if (inferenceIdOf(row) !== row.inferenceId) return ['inferenceId']
  const proof = await getInferenceProof(indexer, row)
  if (!proof) return ['proof']
  const { batch, log, inference } = proof
  // The proof holds, and binds all of the leaf by its id; what is left are the batch and the log.
  const known = await getSettlement(chain.client, { ...batch, ...addressIn(chain, 'inferenceLog') })
  const { owner, sessionKey, instance } = log
  const logId =
    owner && sessionKey && instance
      ? logIdOf({
          ...{ chainId: chain.chainId, owner, sessionKey, instance },
          ...addressIn(chain, 'inferenceLog'),
        })
      : inference.logId
  return differing({
    root: [batch.root, row.root],
    first: [batch.first, known?.first],
    count: [batch.count, known?.count],
    mode: [batch.mode, known?.mode],
    settledAt: [row.settledAt, known?.settledAt],
    owner: [row.owner, owner],
    logId: [row.logId, logId],
  })
}

async function verifySettlement(
  row: IndexerRow<'settlement'>,
  chain: IndexedChain,
): Promise<string[]> {
  const known = await getSettlement(chain.client, {
    ...row,
    ...addressIn(chain, 'inferenceLog'),
    blockNumber: undefined,
  })
  return differing({
    first: [row.first, known?.first],
    count: [row.count, known?.count],
    mode: [row.mode, known?.mode],
    settledAt: [row.settledAt, known?.settledAt],
    signedByKey: [row.signedByKey, known?.signedByKey],
  })
}

async function verifyModel(row: IndexerRow<'model'>, chain: IndexedChain): Promise<string[]> {
  const known = await getModel(chain.client, {
    modelId: row.modelId,
    ...addressIn(chain, 'modelRegistry'),
  })
  return differing({
    'name or version': [modelIdOf(row), row.modelId],
    publisher: [row.publisher, known?.publisher],
    manifestDigest: [row.manifestDigest, known?.manifestDigest],
    signingRoot: [row.signingRoot ?? zeroHash, known?.signingRoot],
    publishedAt: [row.publishedAt, known?.publishedAt],
    retiredAt: [row.retiredAt, known?.retiredAt],
  })
}

async function verifyEnvironment(
  row: IndexerRow<'environment'>,
  chain: IndexedChain & { chainId: number },
): Promise<string[]> {
  const place = addressIn(chain, 'environmentRegistry')
  const { environmentId, registrant } = row
  const known = await getEnvironment(chain.client, { environmentId, ...place })
  if (!known) return ['environmentId']
  const id = environmentIdOf(known, {
    chainId: chain.chainId,
    registrant: known.registrant,
    ...place,
  })
  return differing({
    environmentId: [environmentId, id],
    registrant: [registrant, known.registrant],
    kind: [row.kind, known.kind],
    measurement: [row.measurement, known.measurement],
    keyType: [row.keyType, known.keyType],
    key: [row.key, known.key],
    attestationDigest: [row.attestationDigest ?? zeroHash, known.attestationDigest],
    verifier: [row.verifier ?? zeroAddress, known.verifier ?? zeroAddress],
    registeredAt: [row.registeredAt, known.registeredAt],
    validUntil: [row.validUntil, known.validUntil],
    revokedAt: [row.revokedAt, known.revokedAt],
    compromisedSince: [row.compromisedSince, known.compromise?.since],
    compromiseReportedAt: [row.compromiseReportedAt, known.compromise?.reportedAt],
    reporter: [row.reporter, known.compromise?.reporter],
  })
}

async function verifySessionKey(
  row: IndexerRow<'sessionKey'>,
  chain: IndexedChain,
): Promise<string[]> {
  const { owner, address: sessionKey } = row
  const key = { owner, sessionKey, ...addressIn(chain, 'inferenceLog') }
  const known = await getSessionKey(chain.client, key)
  return differing({
    authorizedAt: [row.authorizedAt ?? 0n, known?.authorizedAt ?? 0],
    expiresAt: [row.expiresAt ?? 0n, known?.expiresAt ?? 0],
    revokedAt: [row.revokedAt, known?.revokedAt],
    compromisedSince: [row.compromisedSince, known?.compromise?.since],
    compromiseReportedAt: [row.compromiseReportedAt, known?.compromise?.reportedAt],
  })
}

async function verifyInferenceLog(
  row: IndexerRow<'inferenceLog'>,
  chain: IndexedChain & { chainId: number },
): Promise<string[]> {
  const { logId, head, owner, sessionKey, instance } = row
  const place = addressIn(chain, 'inferenceLog')
  const known =
    owner && sessionKey && instance
      ? logIdOf({ chainId: chain.chainId, owner, sessionKey, instance, ...place })
      : logId
  return differing({
    head: [head, await getHead(chain.client, { logId, ...place })],
    'owner, sessionKey or instance': [logId, known],
  })
}

async function verifyVerdict(
  row: IndexerRow<'verdict'>,
  chain: IndexedChain & { chainId: number },
): Promise<string[]> {
  const { verdictId, author, subjectKind, blockNumber } = row
  if (subjectKind === 'unknown') return ['subjectKind']
  const place = addressIn(chain, 'verdictRegistry')
  const evidenceDigest = row.evidenceDigest ?? zeroHash
  const id = verdictIdOf(
    { ...row, subjectKind, evidenceDigest },
    { chainId: chain.chainId, author, ...place },
  )
  if (id !== verdictId) return ['verdictId']
  const block = numberToHex(blockNumber)
  const logs: unknown = await chain.client
    .request({
      method: 'eth_getLogs',
      params: [
        {
          address: place.verdictRegistry,
          fromBlock: block,
          toBlock: block,
          topics: encodeEventTopics({ abi: [posted], args: { verdictId, author } }) as Hex[],
        },
      ],
    } as never)
    .catch((error: unknown) => {
      throw explainRpc(error, 'eth_getLogs')
    })
  // The id binds all that was said; that it was not withdrawn since is the indexer's word.
  return Array.isArray(logs) && logs.length > 0 ? [] : ['posted']
}

function addressIn<N extends ContractName>(
  { client, contracts }: IndexedChain,
  name: N,
): Record<N, Hex> {
  return { [name]: addressOf(client, name, contracts?.[name]) } as Record<N, Hex>
}
