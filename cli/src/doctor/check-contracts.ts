import { type ContractName, deploymentOf } from '@assay/sdk'
import { DeploymentNotFoundError } from '@assay/sdk/errors'
import { contractAbis } from '@assay/sdk/relay'
import { type Address, isAddressEqual } from 'viem'
import { contractVariables, type OpenChain } from '../settings/chain.ts'
import type { Finding } from './finding.ts'

const names = Object.keys(contractVariables) as ContractName[]

/**
 * Whether the contracts are where they are said to be: code that says of itself, by ERC-5267, that it is Assay's. What differs
 * from the published deployment is named, since anybody can put a contract anywhere.
 */
export async function checkContracts(place: OpenChain): Promise<Finding[]> {
  const findings = await Promise.all(names.map((name) => checkContract(place, name)))
  return findings.filter((it) => it !== undefined)
}

async function checkContract(place: OpenChain, name: ContractName): Promise<Finding | undefined> {
  const check = 'contracts'
  const needed = name === 'inferenceLog'
  let address: Address
  try {
    address = place.contract(name)
  } catch (error) {
    if (!(error instanceof DeploymentNotFoundError)) throw error
    // Recording needs the inference log alone.
    if (!needed) return undefined
    const fix = `Set ${contractVariables[name]}, or deploy it (docs/deploy.md).`
    return { check, status: 'fail', text: error.shortMessage, fix }
  }
  const fix = `Correct ${contractVariables[name]} or the endpoint. A local chain that restarted is empty.`
  if (!(await saysItIsAssay(place, name, address))) {
    const status = needed ? 'fail' : 'warn'
    return { check, status, text: `${name}: no contract of Assay answers at ${address}`, fix }
  }
  const published = deploymentOf(place.chainId)?.[name]
  if (published === undefined || isAddressEqual(published, address))
    return { check, status: 'ok', text: `${name} at ${address}` }
  const text = `${name} at ${address}, which is not the published one, ${published}`
  return {
    check,
    status: 'warn',
    text,
    fix: `Make sure that it is meant, or unset ${contractVariables[name]}.`,
  }
}

async function saysItIsAssay(place: OpenChain, name: ContractName, address: Address) {
  try {
    const [, domain, version, chainId, contract] = await place.client.readContract({
      address,
      abi: contractAbis[name],
      functionName: 'eip712Domain',
    })
    return (
      domain === 'Assay' &&
      version === '1' &&
      chainId === BigInt(place.chainId) &&
      isAddressEqual(contract, address)
    )
  } catch {
    return false
  }
}
