import type { InferenceReceipt, VerificationReport } from '@assay/sdk'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  behindNow,
  documentHolding,
  registerWith,
} from '../attestation/support/attested-environment.ts'
import { farFuture } from '../sdk/support/session.ts'
import { assay } from './support/assay.ts'
import { type Receipts, startReceipts } from './support/receipts.ts'

let at: Receipts
let receipt: InferenceReceipt
let files: { receipt: string; policy: string; archive: string; other: string }
beforeAll(async () => {
  at = await startReceipts({}, behindNow())
  const sessionKey = await at.newKey(farFuture)
  const key = privateKeyToAccount(sessionKey)
  const attestation = documentHolding(key.publicKey)
  const environmentId = await registerWith(at, key, attestation)
  receipt = await at.receiptOf({}, await at.recorder({ sessionKey, environmentId }))
  files = {
    receipt: await at.file('receipt.json', receipt),
    policy: await at.file('attested.json', {
      ...at.policy,
      require: [...at.policy.require, 'environment'],
      environments: { attestationRoots: [attestation.pin] },
    }),
    archive: await at.file('document.cbor', attestation.document),
    other: await at.file('other.cbor', documentHolding(key.publicKey).document),
  }
})
afterAll(() => at.stop())

async function verify(...args: string[]) {
  const asked = ['--policy', files.policy, '--rpc', at.chain.rpcUrl, '--json']
  const { code, stdout } = await assay(['verify', files.receipt, ...asked, ...args])
  return { code, said: JSON.parse(stdout) as VerificationReport }
}
const lineOf = ({ checks }: VerificationReport) => checks.find((it) => it.name === 'environment')

describe('verify --archive', () => {
  test('default: the archived attestation proves the environment whose key signed', async () => {
    const { code, said } = await verify('--archive', files.other, '--archive', files.archive)
    expect(code).toBe(0)
    expect(lineOf(said)).toMatchObject({ status: 'verified', source: 'proven' })
  })

  test('behavior: without it, or with another one, it is unknown', async () => {
    for (const args of [[], ['--archive', files.other]]) {
      const { code, said } = await verify(...args)
      expect(code).toBe(2)
      expect(lineOf(said)).toMatchObject({ status: 'unknown', source: 'declared' })
      expect(lineOf(said)?.reason).toContain('is not at hand')
    }
  })

  test('error: InputError for a file that can’t be read', async () => {
    const { code, said } = await verify('--archive', `${at.files}/nowhere.json`)
    expect(code).toBe(3)
    expect(said).toMatchObject({ error: { code: 'InputError' } })
  })

  test('behavior: of a bundle too', async () => {
    const bundle = `${at.files}/bundle.jsonl`
    expect((await assay(['receipt', 'bundle', files.receipt, '-o', bundle])).code).toBe(0)
    const args = ['--policy', files.policy, '--rpc', at.chain.rpcUrl]
    const verified = await assay(['verify', bundle, ...args, '--archive', files.archive])
    expect(verified.code).toBe(0)
    expect((await assay(['verify', bundle, ...args])).code).toBe(2)
  })
})
