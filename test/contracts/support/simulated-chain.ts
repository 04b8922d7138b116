import { readFile } from 'node:fs/promises'
import { network } from 'hardhat'
import {
  type Abi,
  type Address,
  createPublicClient,
  custom,
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  parseEventLogs,
  type RpcLog,
  toHex,
  zeroAddress,
} from 'viem'
import { hardhat } from 'viem/chains'

export const contractNames = [
  'ModelRegistry',
  'EnvironmentRegistry',
  'InferenceLog',
  'VerdictRegistry',
] as const
export type ContractName = (typeof contractNames)[number]
export type Call = {
  contract: ContractName
  functionName: string
  args: readonly unknown[]
  from: Address
  gas: number
}

/** A contract refused a call. */
export class CallReverted extends Error {
  /** One that its interface declares; `no reason` where it gave none. */
  readonly errorName: string
  readonly args: readonly unknown[]

  constructor(abi: Abi, data: Hex) {
    const decoded = data === '0x' ? { errorName: 'no reason' } : decodeErrorResult({ abi, data })
    super(decoded.errorName)
    this.errorName = decoded.errorName
    this.args = 'args' in decoded ? (decoded.args ?? []) : []
  }
}

/** The four contracts on a simulated chain in this process, without HTTP between. Any account may send: none has to sign. */
export async function startSimulatedChain(hardfork?: string) {
  const connection = await network.create(
    hardfork ? { override: { hardfork } as never } : undefined,
  )
  return simulatedChainOf(connection.provider, () => connection.close())
}

/** What a simulated chain is asked by. An error that a contract reverts with has the reason as its `data`. */
type Provider = { request(call: { method: string; params: readonly unknown[] }): Promise<unknown> }

/** The four contracts, put on a chain where nothing has happened yet. */
export async function simulatedChainOf(provider: Provider, close: () => Promise<void>) {
  const request = (method: string, params: readonly unknown[]) =>
    provider.request({ method, params }) as Promise<never>
  const client = createPublicClient({
    ...{ chain: hardhat, transport: custom(provider), cacheTime: 0 },
  })
  const [deployer] = (await request('eth_accounts', [])) as Address[]

  const contracts = {} as Record<ContractName, { address: Address; abi: Abi }>
  for (const [i, name] of contractNames.entries()) {
    const file = new URL(`../../../artifacts/contracts/${name}.sol/${name}.json`, import.meta.url)
    const { abi, bytecode } = JSON.parse(await readFile(file, 'utf8')) as {
      abi: Abi
      bytecode: Hex
    }
    await request('eth_sendTransaction', [{ from: deployer, data: bytecode }])
    contracts[name] = {
      abi,
      address: getContractAddress({ from: deployer!, nonce: BigInt(i) }),
    }
  }

  /** Gives accounts the means to send. */
  async function fund(...addresses: Address[]) {
    for (const address of addresses) {
      await request('hardhat_impersonateAccount', [address])
      await request('hardhat_setBalance', [address, toHex(10n ** 30n)])
    }
  }

  /** Mines a call as the only one of a block with this time. */
  async function send({ contract, functionName, args, from, gas }: Call, time: number) {
    const { abi, address } = contracts[contract]
    await request('evm_setNextBlockTimestamp', [time])
    const data = encodeFunctionData({ abi, functionName, args })
    let hash: Hex
    try {
      hash = await request('eth_sendTransaction', [{ from, to: address, data, gas: toHex(gas) }])
    } catch (error) {
      const { data: reason } = error as { data?: Hex }
      if (reason === undefined) throw error
      return { error: new CallReverted(abi, reason).errorName }
    }
    const { logs } = (await request('eth_getTransactionReceipt', [hash])) as { logs: RpcLog[] }
    const events = parseEventLogs({ abi, logs: logs }).map(({ eventName, args }) => {
      const { reason } = args as unknown as { reason?: Hex }
      return eventName === 'BatchRejected'
        ? `${eventName} ${new CallReverted(abi, reason ?? '0x').errorName}`
        : eventName
    })
    return { events }
  }

  /**
   * What a function would answer, without a transaction.
   *
   * @throws CallReverted.
   */
  async function simulate<T>(
    from: Address,
    contract: ContractName,
    functionName: string,
    args: readonly unknown[],
  ): Promise<T> {
    const { abi, address } = contracts[contract]
    const call = { from, to: address, data: encodeFunctionData({ abi, functionName, args }) }
    let data: Hex
    try {
      data = await request('eth_call', [call, 'latest'])
    } catch (error) {
      const { data: reason } = error as { data?: Hex }
      if (reason === undefined) throw error
      throw new CallReverted(abi, reason)
    }
    return decodeFunctionResult({ abi, functionName, data }) as T
  }

  /** What a view function answers. */
  const read = <T>(contract: ContractName, functionName: string, ...args: unknown[]) =>
    simulate<T>(zeroAddress, contract, functionName, args)

  return { client, contracts, request, fund, send, simulate, read, close }
}

export type SimulatedChain = Awaited<ReturnType<typeof startSimulatedChain>>
