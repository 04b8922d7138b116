import {
  environmentRegistryAbi,
  inferenceLogAbi,
  modelRegistryAbi,
  verdictRegistryAbi,
} from '@assay/sdk/abi'
import { readFile } from 'node:fs/promises'
import { network } from 'hardhat'
import {
  type Abi,
  type Account,
  type Address,
  createTestClient,
  getContract,
  type Hex,
  http,
  publicActions,
  walletActions,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'

const mnemonic = 'test test test test test test test test test test test junk'

/** A funded account of the local chain. */
export const accountOf = (addressIndex: number) => mnemonicToAccount(mnemonic, { addressIndex })

export type ChainOptions = {
  chainId?: number
  /** Where its clock begins. Default: now; else it would be when Hardhat was loaded, long before, where many tests share a process. */
  initialDate?: Date
}

/** Starts a chain in this process, reachable by HTTP and WebSocket, with the four contracts on it. */
export async function startChain({
  chainId = hardhat.id,
  initialDate = new Date(),
}: ChainOptions = {}) {
  const chain = { ...hardhat, id: chainId }
  const server = await network.createServer({ override: { chainId, initialDate } }, '127.0.0.1', 0)
  const { port } = await server.listen()
  const rpcUrl = `http://127.0.0.1:${port}`
  const client = createTestClient({
    chain,
    mode: 'hardhat',
    transport: http(rpcUrl),
    account: accountOf(0),
    pollingInterval: 20,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions)

  async function deploy(name: string): Promise<Address> {
    const file = new URL(`../../../artifacts/contracts/${name}.sol/${name}.json`, import.meta.url)
    const artifact = JSON.parse(await readFile(file, 'utf8')) as { abi: Abi; bytecode: Hex }
    const hash = await client.deployContract(artifact)
    const receipt = await client.waitForTransactionReceipt({ hash })
    return receipt.contractAddress as Address
  }
  const modelRegistry = await deploy('ModelRegistry')
  const environmentRegistry = await deploy('EnvironmentRegistry')
  const inferenceLog = await deploy('InferenceLog')
  const verdictRegistry = await deploy('VerdictRegistry')

  /** Waits until a transaction is mined. */
  async function mined(hash: Hex) {
    const receipt = await client.waitForTransactionReceipt({ hash })
    if (receipt.status !== 'success') throw new Error(`Transaction ${hash} failed`)
    const block = await client.getBlock({ blockNumber: receipt.blockNumber })
    return { ...receipt, timestamp: block.timestamp }
  }

  return {
    client,
    rpcUrl,
    wsUrl: `ws://127.0.0.1:${port}`,
    chainId,
    addresses: { modelRegistry, environmentRegistry, inferenceLog, verdictRegistry },
    mined,
    as: (account: Account) => {
      const signer = { public: client, wallet: withAccount(account) }
      return {
        models: getContract({ abi: modelRegistryAbi, address: modelRegistry, client: signer }),
        environments: getContract({
          abi: environmentRegistryAbi,
          address: environmentRegistry,
          client: signer,
        }),
        log: getContract({ abi: inferenceLogAbi, address: inferenceLog, client: signer }),
        verdicts: getContract({
          abi: verdictRegistryAbi,
          address: verdictRegistry,
          client: signer,
        }),
      }
    },
    stop: () => server.close(),
  }

  function withAccount(account: Account) {
    return createTestClient({
      chain,
      mode: 'hardhat',
      transport: http(rpcUrl),
      account,
    }).extend(walletActions)
  }
}

export type LocalChain = Awaited<ReturnType<typeof startChain>>
