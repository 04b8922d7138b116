import { inferenceLogAbi } from '@assay/sdk/abi'
import {
  type Address,
  createWalletClient,
  type Hex,
  http,
  parseEther,
  publicActions,
  toHex,
} from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAddress } from 'viem/accounts'
import { hardhat } from 'viem/chains'

/** An owner and the session key that it authorized. */
export type Identity = { owner: Address; sessionKey: Hex }

const accounts = 'test test test test test test test test test test test junk'
const validity = 30 * 24 * 60 * 60

/**
 * Private key of one of the local chain's funded accounts, which everybody knows.
 *
 * @param index - Which of them.
 */
export function localAccountKey(index: number): Hex {
  const { privateKey } = mnemonicToAccount(accounts, { addressIndex: index }).getHdKey()
  return toHex(privateKey as Uint8Array)
}

/**
 * Makes a session key and has its owner authorize it, in one transaction: the only confirmation there ever is. The key also gets
 * a little of the local chain's ether, to pay for its settlements.
 *
 * @param index - Which of the local chain's funded accounts is the owner.
 */
export async function createIdentity(
  rpcUrl: string,
  inferenceLog: Address,
  index: number,
): Promise<Identity> {
  const owner = mnemonicToAccount(accounts, { addressIndex: index })
  const client = createWalletClient({
    account: owner,
    chain: hardhat,
    transport: http(rpcUrl),
    pollingInterval: 50,
  }).extend(publicActions)
  const sessionKey = generatePrivateKey()
  const address = privateKeyToAddress(sessionKey)
  const authorization = await client.writeContract({
    address: inferenceLog,
    abi: inferenceLogAbi,
    functionName: 'authorize',
    args: [address, Math.floor(Date.now() / 1000) + validity],
  })
  await client.waitForTransactionReceipt({ hash: authorization })
  const funding = await client.sendTransaction({ to: address, value: parseEther('1') })
  await client.waitForTransactionReceipt({ hash: funding })
  return { owner: owner.address, sessionKey }
}
