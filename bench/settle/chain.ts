/**
 * A local chain with the contracts on it, blocks once a second, and an owner who has authorized a session key: in a process of its own,
 * so that what settles and what mines don't wait for each other. Tells its parent where it is.
 */
import { inferenceLogAbi } from '@assay/sdk/abi'
import { network } from 'hardhat'
import { createTestClient, createWalletClient, http, parseEther, publicActions } from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAddress } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { deployAssay } from '../../scripts/deployment/deploy-assay.ts'

/** Of blocks, in ms. */
const blockMillis = 1_000

const server = await network.createServer({}, '127.0.0.1', 0)
const { port } = await server.listen()
const rpcUrl = `http://127.0.0.1:${port}`
const connection = await network.create({
  network: 'target',
  override: { url: rpcUrl, accounts: 'remote' },
})
const { inferenceLog } = await deployAssay(connection)
const test = createTestClient({ chain: hardhat, mode: 'hardhat', transport: http(rpcUrl) }).extend(
  publicActions,
)
const owner = mnemonicToAccount('test test test test test test test test test test test junk', {
  addressIndex: 5,
})
const wallet = createWalletClient({ account: owner, chain: hardhat, transport: http(rpcUrl) })
const sessionKey = generatePrivateKey()
const address = privateKeyToAddress(sessionKey)
await test.setBalance({ address, value: parseEther('1000') })
const hash = await wallet.writeContract({
  address: inferenceLog,
  abi: inferenceLogAbi,
  functionName: 'authorize',
  args: [address, 4_102_444_800],
})
await test.waitForTransactionReceipt({ hash, pollingInterval: 20 })
await test.setAutomine(false)
await test.setIntervalMining({ interval: blockMillis / 1_000 })

process.send?.({ rpcUrl, inferenceLog, owner: owner.address, sessionKey })
process.once('disconnect', () => process.exit())
