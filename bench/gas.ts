/**
 * Gas of settling, measured on an in-process chain with the contracts as they are deployed. Prints a table, then one line of JSON.
 */
import { inferenceLogAbi } from '@assay/sdk/abi'
import { batchTypedData, buildBatch, logIdOf } from '@assay/sdk/formats'
import { network } from 'hardhat'
import {
  type Account,
  type Chain,
  getContract,
  type Hex,
  keccak256,
  toHex,
  type Transport,
  type WalletClient,
} from 'viem'

type Wallet = WalletClient<Transport, Chain, Account>

const { viem } = await network.create()
const [owner, key, relay] = (await viem.getWalletClients()) as [Wallet, Wallet, Wallet]
const client = await viem.getPublicClient()
const { address } = await viem.deployContract('InferenceLog')
const chainId = await client.getChainId()
const as = (wallet: Wallet) =>
  getContract({ abi: inferenceLogAbi, address, client: { public: client, wallet } })
await as(owner).write.authorize([key.account.address, 4_102_444_800])

let instances = 0
function newLog() {
  const instance = toHex(++instances, { size: 32 })
  const place = { owner: owner.account.address, sessionKey: key.account.address, instance }
  return { place, logId: logIdOf({ ...place, chainId, inferenceLog: address }) }
}

function batchOf(logId: Hex, first: bigint, count: number, mode: 'inline' | 'external') {
  const records = Array.from({ length: count }, (_, i) => ({
    modelId: keccak256('0x01'),
    environmentId: keccak256('0x02'),
    commitment: keccak256(toHex(first + BigInt(i))),
    servedAt: 1_790_000_000_000n + BigInt(i),
  }))
  return buildBatch(logId, first, records, mode)
}

async function gasOf(sending: Promise<Hex>): Promise<number> {
  const { gasUsed } = await client.getTransactionReceipt({ hash: await sending })
  return Number(gasUsed)
}

/** What a transaction costs at least by its calldata (EIP-7623): 21,000 and 10 a token, a zero byte being one, others four. */
function floorOf(data: Uint8Array): number {
  return 21_000 + data.reduce((sum, byte) => sum + (byte === 0 ? 10 : 40), 0)
}

const byKey = as(key).write
const rows: Record<string, number>[] = []
for (const count of [1, 10, 100, 1_000, 5_000]) {
  const { place, logId } = newLog()
  const opening = batchOf(logId, 0n, 1, 'inline')
  await byKey.settleInline([place, 0n, 1, opening.root, toHex(opening.data)])
  const { first, root, data } = batchOf(logId, 1n, count, 'inline')
  const gas = await gasOf(byKey.settleInline([place, first, count, root, toHex(data)]))
  rows.push({ count, gas, perInference: gas / count, overFloor: gas / floorOf(data) })
}
console.table(rows)

const million = 1_048_576
const { place, logId } = newLog()
const external = (i: number) =>
  [place, BigInt(i * million), million, keccak256(toHex(i)), keccak256('0x07')] as const
const firstOfInstance = await gasOf(byKey.settleExternal([...external(0), '']))
const direct = await gasOf(byKey.settleExternal([...external(1), '']))
const [, first, count, root, dataDigest] = external(2)
const statement = { logId, first, count, root, mode: 'external', dataDigest } as const
const signature = await key.signTypedData(batchTypedData(statement, chainId, address))
const relayed = await gasOf(as(relay).write.settleExternalBySig([...external(2), '', signature]))
const thousand = rows.find((row) => row.count === 1_000)
console.log(
  JSON.stringify({
    external: { direct, relayed, firstOfInstance },
    inline: { n: 1_000, perInference: thousand?.perInference, overFloor: thousand?.overFloor },
  }),
)
