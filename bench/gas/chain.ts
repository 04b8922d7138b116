import { readFile } from 'node:fs/promises'
import { network } from 'hardhat'
import type { Abi, Address, Hex, TransactionReceipt } from 'viem'

/** A call to measure. */
export type Call = { address: Address; abi: Abi; functionName: string; args: readonly unknown[] }

/** A fresh chain in this process, whose accounts, addresses and so gas are the same in each run. */
export async function startChain() {
  const connection = await network.create()
  const client = await connection.viem.getPublicClient()
  const [deployer, owner, sessionKey, relay] = await connection.viem.getWalletClients()
  if (!deployer || !owner || !sessionKey || !relay) throw new TypeError('Four accounts are needed.')

  async function deploy(artifact: { abi: Abi; bytecode: Hex }, args: readonly unknown[] = []) {
    const hash = await deployer!.deployContract({ ...artifact, args })
    const { contractAddress } = await client.getTransactionReceipt({ hash })
    if (!contractAddress) throw new TypeError('The deployment gave no address.')
    return { address: contractAddress, abi: artifact.abi }
  }

  /** Sends a call, and gives its receipt. */
  async function send(from: typeof owner, call: Call): Promise<TransactionReceipt> {
    // Not estimated: a call that fails should say why by itself. The most that a transaction may use (EIP-7825).
    const hash = await from!.writeContract({ ...call, gas: 16_777_216n })
    const receipt = await client.getTransactionReceipt({ hash })
    if (receipt.status !== 'success') throw new TypeError(`${call.functionName} reverted.`)
    return receipt
  }

  /** Gas that a transaction uses, all of it. */
  const gasOf = async (from: typeof owner, call: Call) => Number((await send(from, call)).gasUsed)

  /** Gas of the call itself: without the transaction's base and calldata, as another contract would pay it. */
  async function executionGasOf(call: Call): Promise<number> {
    const { transactionHash } = await send(relay, call)
    const trace: unknown = await connection.provider.request({
      method: 'debug_traceTransaction',
      params: [transactionHash, { disableMemory: true, disableStack: true, disableStorage: true }],
    })
    const { structLogs } = trace as { structLogs: { gas: number }[] }
    return structLogs[0]!.gas - structLogs.at(-1)!.gas
  }

  /** What EIP-7623 asks for a transaction's calldata at least. */
  async function floorOf({ transactionHash: hash }: TransactionReceipt): Promise<number> {
    const { input } = await client.getTransaction({ hash })
    const bytes = Buffer.from(input.slice(2), 'hex')
    return 21_000 + bytes.reduce((gas, byte) => gas + (byte === 0 ? 10 : 40), 0)
  }

  return { client, owner, sessionKey, relay, deploy, send, gasOf, executionGasOf, floorOf }
}

export type Chain = Awaited<ReturnType<typeof startChain>>

/** A compiler's output file. */
export async function readArtifact(url: URL): Promise<{ abi: Abi; bytecode: Hex }> {
  return JSON.parse(await readFile(url, 'utf8')) as { abi: Abi; bytecode: Hex }
}
