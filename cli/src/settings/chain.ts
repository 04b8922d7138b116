import {
  ChainMismatchError,
  type ContractName,
  DeploymentNotFoundError,
  deploymentOf,
} from '@assay/sdk'
import { explainFailure } from '@assay/sdk/relay'
import { viemChain } from '@assay/sdk/transactions'
import {
  type Account,
  type Address,
  type Chain,
  createPublicClient,
  createWalletClient,
  fallback,
  getAddress,
  http,
  isAddress,
  type PublicClient,
  type Transport,
} from 'viem'
import { UsageError } from '../errors.ts'

/** Options of commands that ask the chain. */
export type ChainOptions = {
  /** One endpoint, or several with commas between them. Default: ASSAY_RPC_URL. */
  rpc?: string
}

/** A chain, and where the contracts stand on it. */
export type OpenChain = {
  /** Its endpoints, with commas between them. */
  rpcUrl: string
  chainId: number
  chain: Chain
  client: PublicClient<Transport, Chain>
  /** Sends as an account. */
  as(account: Account): ReturnType<typeof walletClient>
  /** Address of a contract: that of its variable, else that of the chain's deployment. @throws DeploymentNotFoundError */
  contract(name: ContractName): Address
}

/** Variables that name the contracts. */
export const contractVariables: Record<ContractName, string> = {
  modelRegistry: 'ASSAY_MODEL_REGISTRY',
  environmentRegistry: 'ASSAY_ENVIRONMENT_REGISTRY',
  inferenceLog: 'ASSAY_INFERENCE_LOG',
  verdictRegistry: 'ASSAY_VERDICT_REGISTRY',
}

/** In ms; a local chain mines at once. */
const pollingInterval = 250

/**
 * Asks which chain an endpoint serves.
 *
 * @throws UsageError without an endpoint; ChainMismatchError if ASSAY_CHAIN_ID names another chain; RpcUnreachableError
 */
export async function openChain({ rpc }: ChainOptions, timeoutMillis: number): Promise<OpenChain> {
  const urls = endpointsOf(rpc)
  const transport = fallback(
    urls.map((url) => http(url, { timeout: timeoutMillis, retryCount: 1 })),
    { retryCount: 0 },
  )
  const chainId = await createPublicClient({ transport })
    .getChainId()
    .catch((error: unknown) => {
      throw explainFailure(error, 'inferenceLog', '')
    })
  const configured = chainIdSet()
  if (configured !== undefined && configured !== chainId) {
    throw new ChainMismatchError(configured, chainId)
  }
  const chain = viemChain(chainId, urls)
  return {
    rpcUrl: urls.join(','),
    chainId,
    chain,
    client: createPublicClient({ chain, transport, pollingInterval, cacheTime: 0 }),
    as: (account) => walletClient(account, chain, transport),
    contract(name) {
      const address = addressSet(contractVariables[name]) ?? deploymentOf(chainId)?.[name]
      if (!address) throw new DeploymentNotFoundError(name, chainId)
      return address
    },
  }
}

function walletClient(account: Account, chain: Chain, transport: Transport) {
  return createWalletClient({ account, chain, transport, pollingInterval })
}

/** The endpoints to ask, of which the next is asked where one fails. @throws UsageError */
export function endpointsOf(rpc: string | undefined): string[] {
  const given = rpc ?? process.env.ASSAY_RPC_URL
  const where = rpc === undefined ? 'ASSAY_RPC_URL' : '`--rpc`'
  if (!given) {
    throw new UsageError('No endpoint of the chain is named.', {
      metaMessages: ['Name one by --rpc, ASSAY_RPC_URL, or in the file of --settings.'],
    })
  }
  const urls = given.split(',').map((url) => url.trim())
  if (urls.every((url) => /^https?:\/\//i.test(url) && URL.canParse(url))) return urls
  // Not shown: what stands there may be a key.
  throw new UsageError(`${where} must be the URL of an endpoint, by http or https.`)
}

/** ASSAY_CHAIN_ID. @throws UsageError */
export function chainIdSet(): number | undefined {
  const { ASSAY_CHAIN_ID: id } = process.env
  if (id === undefined) return undefined
  if (!/^[1-9][0-9]{0,14}$/.test(id)) throw new UsageError('ASSAY_CHAIN_ID must be a whole number.')
  return Number(id)
}

/** The address that a variable holds. @throws UsageError */
export function addressSet(variable: string): Address | undefined {
  const value = process.env[variable]
  return value === undefined ? undefined : addressFrom(value, variable)
}

/** An address that somebody gave. @throws UsageError */
export function addressFrom(value: string, where: string): Address {
  if (!isAddress(value)) throw new UsageError(`${where} must be an address: 0x and 40 hex digits.`)
  return getAddress(value)
}
