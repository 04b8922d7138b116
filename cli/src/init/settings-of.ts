import type { ContractName } from '@assay/sdk'
import type { Address } from 'viem'
import { DeploymentNotFoundError } from '@assay/sdk/errors'
import { contractVariables, type OpenChain } from '../settings/chain.ts'
import type { Variables } from '../settings/env-file.ts'
import { relayOf } from '../owner/relay.ts'
import type { InitOptions } from './options.ts'

/**
 * The variables that `createRecorder()` and the other commands read.
 *
 * @param present - Those that are there, the session key among them.
 */
export function settingsOf(
  present: Variables & { ASSAY_SESSION_KEY: string },
  place: OpenChain,
  owner: Address | undefined,
  options: InitOptions,
): Variables {
  const { ASSAY_JOURNAL, ASSAY_INDEXER_URL } = process.env
  const contracts = Object.entries(contractVariables).map(
    ([name, variable]) => [variable, knownAddress(place, name as ContractName)] as const,
  )
  const found: Record<string, string | undefined> = {
    ...present,
    ASSAY_CHAIN_ID: String(place.chainId),
    ASSAY_RPC_URL: place.rpcUrl,
    ...Object.fromEntries(contracts),
    ASSAY_OWNER: owner ?? present.ASSAY_OWNER,
    ASSAY_JOURNAL,
    ASSAY_INDEXER_URL,
    ASSAY_RELAY_URL: relayOf(options),
  }
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** The registries are a help to other commands; a recorder needs the inference log alone. */
function knownAddress(place: OpenChain, name: ContractName): Address | undefined {
  try {
    return place.contract(name)
  } catch (error) {
    if (name !== 'inferenceLog' && error instanceof DeploymentNotFoundError) return undefined
    throw error
  }
}
