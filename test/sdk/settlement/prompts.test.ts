/** One confirmation, then nothing asks: what a wallet's user is asked for ten thousand inferences, over eight processes. */
import { authorizeSessionKey, relaySignedCall, signCall } from '@assay/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { farFuture, type Stage, startStage } from '../../relay/support/relayed.ts'
import { runScript } from '../../support/run-script.ts'
import { countingWallet } from '../support/counting-wallet.ts'
import { settledInline } from '../support/on-chain.ts'

const processes = 8
const share = 1_250

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

/** All processes at once. @returns What they say was recorded. */
async function recordAll(env: Record<string, string>): Promise<string[]> {
  const runs = await Promise.all(
    Array.from({ length: processes }, () =>
      runScript('test/sdk/support/recording-share.ts', [String(share)], env),
    ),
  )
  for (const { code, stderr } of runs) expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return runs.flatMap(({ stdout }) => stdout.trim().split('\n'))
}

test.each([['transactions of the key'], ['a relay']])(
  'default: by %s: one prompt for 10,000 inferences over 8 processes',
  { timeout: 120_000 },
  async (means) => {
    const { chain } = stage
    const byRelay = means === 'a relay'
    const sessionKey = generatePrivateKey()
    const session = privateKeyToAccount(sessionKey).address
    const owner = byRelay ? privateKeyToAccount(generatePrivateKey()) : accountOf(3)
    const { wallet, prompts } = countingWallet(chain, owner)
    const authorization = { sessionKey: session, expiresAt: farFuture }
    const env: Record<string, string> = {
      ASSAY_CHAIN_ID: String(chain.chainId),
      ASSAY_RPC_URL: chain.rpcUrl,
      ASSAY_INFERENCE_LOG: stage.inferenceLog,
      ASSAY_OWNER: owner.address,
      ASSAY_SESSION_KEY: sessionKey,
      ASSAY_JOURNAL: await stage.directory(),
    }
    if (byRelay) {
      const { url } = await stage.relay({ budgetPerAccount: 10n ** 18n })
      env.ASSAY_RELAY_URL = url
      const call = await signCall(wallet, {
        kind: 'authorizeSessionKey',
        arguments: authorization,
        contract: stage.inferenceLog,
      })
      await relaySignedCall(chain.client, { call, url })
    } else {
      await chain.client.setBalance({ address: session, value: 10n ** 18n })
      const { inferenceLog } = stage
      await chain.mined(await authorizeSessionKey(wallet, { ...authorization, inferenceLog }))
    }

    const recorded = await recordAll(env)
    expect(new Set(recorded).size).toBe(processes * share)
    const settled = await settledInline(chain, session)
    expect(settled).toHaveLength(processes * share)
    expect(new Set(settled)).toEqual(new Set(recorded))
    expect(prompts).toEqual([byRelay ? 'eth_signTypedData_v4' : 'eth_sendTransaction'])
    const sent = (address: `0x${string}`) => chain.client.getTransactionCount({ address })
    expect(await sent(owner.address)).toBe(byRelay ? 0 : 1)
    if (byRelay) expect(await sent(session)).toBe(0)
  },
)
