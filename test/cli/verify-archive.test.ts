import { encodeArchive, reportDataOf, verifyArchive } from '@assay/attestation'
import type { InferenceReceipt, VerificationReport } from '@assay/sdk'
import { hexToBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  behindNow,
  documentHolding,
  registerArchived,
  registerWith,
} from '../attestation/support/attested-environment.ts'
import { judgedAt } from '../attestation/support/chains.ts'
import { createSnpAuthority } from '../attestation/support/snp-authority.ts'
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

  test('behavior: a machine at another level is proven to who accepts that level', async () => {
    const sessionKey = await at.newKey(farFuture)
    const key = privateKeyToAccount(sessionKey)
    const { document, collateral, pin } = createSnpAuthority().documentOf({
      report: (bytes) => {
        bytes.writeUInt32LE(1, 0x30)
        bytes.set(hexToBytes(reportDataOf('secp256k1', key.publicKey)), 0x50)
      },
    })
    const kind = 'sev-snp'
    const archive = { kind, document, collateral } as const
    const bytes = encodeArchive(archive)
    const { measurement } = verifyArchive(archive, { at: judgedAt, pins: [pin], vmpl: 1 })
    const environmentId = await registerArchived(at, key, { kind, measurement, bytes })
    const recorded = await at.receiptOf({}, await at.recorder({ sessionKey, environmentId }))
    const input = await at.file('of-level-1.json', recorded)
    const environments = { attestationRoots: [pin] }
    const require = [...at.policy.require, 'environment']
    const policy = await at.file('snp.json', { ...at.policy, require, environments })
    const asked = ['--policy', policy, '--rpc', at.chain.rpcUrl, '--json']
    const file = await at.file('snp-archive.json', Buffer.from(bytes).toString())
    const judged = async (...args: string[]) => {
      const { code, stdout } = await assay(['verify', input, ...asked, '--archive', file, ...args])
      return { code, said: JSON.parse(stdout) as VerificationReport }
    }
    const usual = await judged()
    expect([usual.code, lineOf(usual.said)]).toMatchObject([2, { status: 'unknown' }])
    expect(lineOf(usual.said)?.reason).toContain('`vmpl`')
    const accepted = await judged('--vmpl', '1', '--tcb-status', 'OutOfDate')
    expect([accepted.code, lineOf(accepted.said)]).toMatchObject([0, { source: 'proven' }])
    for (const odd of [
      ['--vmpl', '4'],
      ['--tcb-status', 'Revoked'],
      ['--tcb-status', 'any'],
    ]) {
      const { code, said } = await judged(...odd)
      expect([code, said]).toMatchObject([3, { error: { code: 'UsageError' } }])
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
