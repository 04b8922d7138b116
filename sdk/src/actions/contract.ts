import type { Abi, Account, Address, Chain, Client, Hex, Transport } from 'viem'
import { simulateContract, writeContract } from 'viem/actions'
import { DeploymentNotFoundError } from '../errors/chain.ts'
import { type Deployment, deploymentOf } from '../config/deployment.ts'
import { explain } from './refusal.ts'

/** A client that reads: any viem client. */
export type ReadClient = Client

/** A client that writes: a viem client with an account. */
export type WriteClient = Client<Transport, Chain | undefined, Account>

/** Contracts by the names that parameters and deployments use. */
export type ContractName = keyof Omit<Deployment, 'chainId' | 'startBlock'>

/** The address given, or the one that the deployment on the client's chain has. */
export function addressOf(client: ReadClient, contract: ContractName, given?: Address): Address {
  const address = given ?? deploymentOf(client.chain?.id)?.[contract]
  if (!address) throw new DeploymentNotFoundError(contract, client.chain?.id)
  return address
}

/** Simulates a call, so that a refusal costs nothing and can be explained, then sends it. */
export async function write(
  client: WriteClient,
  contract: ContractName,
  call: { address: Address; abi: Abi; functionName: string; args: readonly unknown[] },
): Promise<Hex> {
  try {
    const { request } = await simulateContract(client, { ...call, account: client.account })
    return await writeContract(client, { ...request, chain: client.chain ?? null } as never)
  } catch (error) {
    throw explain(error, contract, call.address)
  }
}
