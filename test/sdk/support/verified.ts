import {
  type CheckName,
  type InferenceReceipt,
  type Recorder,
  type RecordParameters,
  registerEnvironment,
  type VerificationReport,
} from '@assay/sdk'
import { createWalletClient, type Hex, http, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { expect } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { farFuture, type Session } from './session.ts'

/** Records an inference, waits until it is settled, and gives its receipt. */
export async function receiptBy(
  recorder: Recorder,
  parameters: Partial<RecordParameters> = {},
): Promise<InferenceReceipt> {
  const recorded = await recorder.record({ request: 'q', response: 'a', ...parameters })
  const receipt = await recorder.receiptOf(recorded)
  if (!receipt) return expect.unreachable('there is no receipt')
  return receipt
}

/** What a report says in one line. */
export function lineOf(report: VerificationReport, name: CheckName) {
  const { status, source, reason } = report.checks.find((check) => check.name === name) ?? {}
  return { status, source, reason }
}

/** Registers an environment of a key, by the session's owner, under a measurement of its own. */
export async function environmentOf(
  { chain: { rpcUrl, addresses, mined } }: Session,
  key: Hex,
  options: { kind?: string; validUntil?: number; verifier?: Hex } = {},
): Promise<Hex> {
  const { kind = 'none', validUntil = farFuture, verifier } = options
  const client = createWalletClient({
    account: accountOf(1),
    chain: hardhat,
    transport: http(rpcUrl),
  })
  const account = privateKeyToAccount(key)
  const { environmentId, transactionHash } = await registerEnvironment(client, {
    kind,
    measurement: `0x${Math.random().toString(16).slice(2).padEnd(64, '0').slice(0, 64)}`,
    keyType: 'secp256k1',
    key: account.publicKey,
    attestationDigest: zeroHash,
    validUntil,
    proveKey: (typedData) => account.signTypedData(typedData),
    environmentRegistry: addresses.environmentRegistry,
    ...(verifier ? { verifier } : {}),
  })
  await mined(transactionHash)
  return environmentId
}
