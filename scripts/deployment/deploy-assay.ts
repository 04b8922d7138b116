import type { NetworkConnection } from 'hardhat/types/network'
import { type Address, getAddress, keccak256, type PublicClient, stringToHex } from 'viem'
import { assayModule, type ContractKey } from '../../ignition/modules/Assay.ts'
import { type Addresses, expectedAddresses } from './addresses.ts'
import { hasCreateX, installCreateX } from './create-x.ts'
import type { Deployment } from './deployment-file.ts'
import { DeploymentError } from './errors.ts'
import { confirmStartBlock, findStartBlock } from './start-block.ts'

/** Chain id of Hardhat's, Foundry's and everybody's local chain. */
export const localChainId = 31337

/** How often a deployment is begun before it is given up. */
const maxRounds = 3

/** How {@link deployAssay} deploys. */
export type DeployAssayOptions = {
  /** Bring CreateX to a chain that lacks it, for up to 0.3 of its currency. Default: only on chain 31337. */
  installCreateX?: boolean
  /** First block of the deployment, where it is known. Default: it is looked for. */
  startBlock?: number | undefined
  /** What the deployment file says so far: spares the search for the start block. */
  recorded?: Deployment | undefined
}

/**
 * Deploys through Ignition whatever of Assay a chain lacks; does nothing where all stands. The chain itself is the record:
 * an address made by CREATE2 holds the expected code or none.
 *
 * @param connection - Hardhat's connection to the chain; its first account pays.
 * @returns Addresses and start block.
 * @throws {DeploymentError} When the RPC is down, CreateX is missing, or nobody can pay.
 *
 * @example
 * const deployment = await deployAssay(await network.create())
 */
export async function deployAssay(
  connection: NetworkConnection,
  options: DeployAssayOptions = {},
): Promise<Deployment> {
  const client = (await connection.viem.getPublicClient()) as PublicClient
  const chainId = await reachableChainId(connection)
  const addresses = await expectedAddresses()
  // Each round deploys what the chain shows to be missing, so a round that was lost on the way is made good by the next.
  let missing = await missingFrom(client, addresses)
  for (let round = 1; missing.length > 0; round++) {
    if (round > maxRounds)
      throw new DeploymentError('The contracts are not where they should be.', [
        ...missing.map((key) => `${key}: nothing at ${getAddress(addresses[key])}`),
        'The compiled code may have changed meanwhile: run it again.',
      ])
    await provideCreateX(connection, client, options.installCreateX ?? chainId === localChainId)
    await connection.ignition.deploy(assayModule(missing), {
      strategy: 'create2',
      deploymentId: await deploymentId(client, addresses),
    })
    missing = await missingFrom(client, addresses)
  }
  const list = Object.values(addresses)
  const startBlock =
    options.startBlock ??
    (await confirmStartBlock(client, list, options.recorded)) ??
    (await findStartBlock(client, list))
  return { chainId, startBlock, ...addresses }
}

/**
 * The chain id that an RPC tells.
 *
 * @throws {DeploymentError} When it doesn't answer.
 */
export async function reachableChainId(connection: NetworkConnection): Promise<number> {
  try {
    return Number(await connection.provider.request({ method: 'eth_chainId' }))
  } catch (cause) {
    const unset = /(?:Configuration Variable|Key) "(\w+)" not found/.exec(String(cause))?.[1]
    if (unset)
      throw new DeploymentError(`${unset} is not set.`, [
        `Set it in the environment, or by \`npx hardhat keystore set ${unset}\`.`,
      ])
    throw new DeploymentError(
      'The RPC does not answer.',
      ['Check ASSAY_RPC_URL, and that the node is up.'],
      cause,
    )
  }
}

async function missingFrom(client: PublicClient, addresses: Addresses): Promise<ContractKey[]> {
  const entries = Object.entries(addresses) as [ContractKey, Address][]
  const codes = await Promise.all(entries.map(([, address]) => client.getCode({ address })))
  return entries.filter((_, i) => codes[i] === undefined).map(([key]) => key)
}

async function provideCreateX(
  connection: NetworkConnection,
  client: PublicClient,
  install: boolean,
): Promise<void> {
  const [wallet] = await connection.viem.getWalletClients()
  if (!wallet)
    throw new DeploymentError('No account to deploy from.', [
      'Set ASSAY_DEPLOYER_KEY, in the environment or by `hardhat keystore set`.',
    ])
  const { address } = wallet.account
  if ((await client.getBalance({ address })) === 0n)
    throw new DeploymentError('The deployer has no money on this chain.', [
      `Deployer: ${address}`,
      'Send it some of the chain’s currency; a testnet’s comes from a faucet.',
    ])
  if (await hasCreateX(client)) return
  if (!install)
    throw new DeploymentError('This chain lacks the factory CreateX.', [
      'With --install-createx it is brought there, for up to 0.3 of the chain’s currency.',
    ])
  await installCreateX(client, wallet)
}

/**
 * Name of Ignition's journal, by which a deployment that was interrupted goes on. It must not be taken for another: not one of
 * other code, nor one of a local chain that was started afresh.
 */
async function deploymentId(client: PublicClient, addresses: Addresses): Promise<string> {
  const genesis = await client.getBlock({ blockNumber: 0n })
  const digest = keccak256(stringToHex(`${genesis.hash} ${JSON.stringify(addresses)}`))
  return `chain-${String(await client.getChainId())}-${digest.slice(2, 10)}`
}
