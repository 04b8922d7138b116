import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { formatEther, type Hex, parseEther, type PublicClient, type WalletClient } from 'viem'
import { createXAddress } from './addresses.ts'
import { DeploymentError } from './errors.ts'

/** The account that signed CreateX's deployment once for all chains, and what that transaction can cost at most. */
const presigner = '0xeD456e05CaAb11d66C4c797dD6c1D6f9A7F352b5'
const presignedCost = parseEther('0.3')

/** Whether the factory stands on this chain. */
export async function hasCreateX(client: PublicClient): Promise<boolean> {
  return (await client.getCode({ address: createXAddress })) !== undefined
}

/**
 * Brings CreateX to a chain that lacks it, by its authors' presigned transaction, so that it stands where it stands everywhere.
 *
 * @param publicClient - Reads the chain.
 * @param walletClient - Pays: up to 0.3 of the chain's currency.
 * @throws {DeploymentError} When the chain doesn't take the transaction.
 */
export async function installCreateX(
  publicClient: PublicClient,
  walletClient: WalletClient,
): Promise<void> {
  try {
    const balance = await publicClient.getBalance({ address: presigner })
    if (balance < presignedCost) {
      const { account } = walletClient
      if (!account) throw new DeploymentError('No account pays for CreateX.', [])
      const hash = await walletClient.sendTransaction({
        account,
        chain: null,
        to: presigner,
        value: presignedCost - balance,
      })
      await publicClient.waitForTransactionReceipt({ hash })
    }
    const serializedTransaction = await presignedTransaction()
    const hash = await publicClient.sendRawTransaction({ serializedTransaction })
    await publicClient.waitForTransactionReceipt({ hash })
  } catch (cause) {
    throw new DeploymentError(
      'CreateX could not be brought to this chain.',
      [
        `It takes ${formatEther(presignedCost)} of the chain's currency and an RPC that accepts transactions from before EIP-155.`,
        'https://createx.rocks says how else to get it.',
      ],
      cause,
    )
  }
}

/** Ignition carries the transaction for its local chains, but doesn't export it; its version is pinned. */
async function presignedTransaction(): Promise<Hex> {
  const ignition = createRequire(import.meta.resolve('@nomicfoundation/hardhat-ignition'))
  const core = pathToFileURL(ignition.resolve('@nomicfoundation/ignition-core'))
  const file = new URL('internal/execution/strategy/createx-artifact.js', core)
  const { presignedTx } = (await import(file.href)) as { presignedTx: Hex }
  return presignedTx
}
