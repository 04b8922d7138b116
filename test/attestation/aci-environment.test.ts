import { attestationReader, encodeArchive, verifyArchive } from '@assay/attestation'
import { type InferenceReceipt, registerEnvironment, verifyReceipt } from '@assay/sdk'
import { attachEvidence } from '@assay/sdk/formats'
import { createWalletClient, type Hex, http, sha256 } from 'viem'
import { hardhat } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../indexer/support/chain.ts'
import { judge, publish } from '../sdk/support/registered.ts'
import { farFuture, type Session, startSession } from '../sdk/support/session.ts'
import { lineOf } from '../sdk/support/verified.ts'
import { type AciService, createAciService } from './support/aci-service.ts'
import { behindNow } from './support/attested-environment.ts'
import { judgedAt } from './support/chains.ts'
import { createSnpAuthority } from './support/snp-authority.ts'

const authority = createSnpAuthority()
const service = createAciService()
const auditor = accountOf(5)

/** An archive of a machine that binds the keyset of a service. */
function archiveOf({ keyset, reportDataOf }: AciService) {
  const { document, collateral, pin } = authority.documentOf({
    report: (bytes) => bytes.set(reportDataOf(), 0x50),
  })
  const archive = { kind: 'sev-snp', document, collateral, aci: { keyset } } as const
  const { measurement } = verifyArchive(archive, { at: judgedAt, pins: [pin] })
  return { bytes: encodeArchive(archive), pin, measurement }
}
const own = archiveOf(service)
/** Of a service whose keyset holds another key. */
const foreign = archiveOf(createAciService())

let session: Session
let modelId: Hex
let environments: Map<typeof own, Hex>
beforeAll(async () => {
  session = await startSession(behindNow())
  modelId = await publish(session, accountOf(1))
  environments = new Map([
    [own, await register(own)],
    [foreign, await register(foreign)],
  ])
})
afterAll(() => session.stop())

/** Registers the service's key with an archive; an auditor says that the model runs there. */
async function register({ bytes, measurement }: typeof own): Promise<Hex> {
  const { rpcUrl, addresses, mined } = session.chain
  const wallet = createWalletClient({
    ...{ account: accountOf(1), chain: hardhat, transport: http(rpcUrl) },
  })
  const { environmentId, transactionHash } = await registerEnvironment(wallet, {
    ...{ kind: 'sev-snp', measurement, keyType: 'ed25519', key: service.key },
    ...{ attestationDigest: sha256(bytes), validUntil: farFuture },
    environmentRegistry: addresses.environmentRegistry,
  })
  await mined(transactionHash)
  await judge(session, auditor, {
    ...{ subjectKind: 'environment', subject: environmentId, score: 100 },
    ...{ tag: 'measurement-to-model', evidenceDigest: sha256(modelId) },
  })
  return environmentId
}

/** The lines of a receipt with evidence of the service, served there by itself or passed on. */
async function linesOf(archive: typeof own, upstream: boolean) {
  const recorder = await session.recorder({ environmentId: environments.get(archive)!, modelId })
  const [request, response] = [`q ${Math.random()}`, `a ${Math.random()}`]
  const recorded = await recorder.record({ request, response })
  const receipt = (await recorder.receiptOf(recorded)) as InferenceReceipt
  const digestOf = (text: string) => sha256(Buffer.from(text))
  const exchange = { requestDigest: digestOf(request), responseDigest: digestOf(response) }
  const given = attachEvidence(receipt, [service.evidenceOf(exchange, upstream)])
  const report = await verifyReceipt(given, {
    policy: {
      ...session.policy,
      environments: { attestationRoots: [archive.pin] },
      auditors: [
        {
          ...{ account: auditor.address, minScore: 100, tags: ['measurement-to-model'] },
          subjects: ['environment'],
        },
      ],
    },
    client: session.chain.client,
    attestations: attestationReader({ archives: [archive.bytes] }),
  })
  return (['environment', 'evidence', 'output'] as const).map((name) => lineOf(report, name))
}

describe('evidence of an ACI service whose keyset its environment binds', () => {
  test('default: served there: environment, exchange and output are shown', async () => {
    const [environment, evidence, output] = await linesOf(own, false)
    expect(environment).toMatchObject({ status: 'verified', source: 'proven' })
    expect(environment?.reason).toContain('as the model’s enclave')
    expect(evidence).toMatchObject({ status: 'verified', source: 'proven' })
    expect(output).toMatchObject({ status: 'verified', source: 'vouched' })
  })

  test('behavior: passed on: the gateway is proven, and never which model answered', async () => {
    const [environment, evidence, output] = await linesOf(own, true)
    expect(environment).toMatchObject({ status: 'verified', source: 'proven' })
    expect(environment?.reason).toContain('as a gateway')
    expect(evidence?.reason).toContain('not which model wrote it')
    expect(output).toMatchObject({ status: 'unknown', source: 'declared' })
  })

  test('behavior: a keyset without the registered key shows neither environment nor output', async () => {
    const [environment, evidence, output] = await linesOf(foreign, false)
    expect(environment).toMatchObject({ status: 'unknown', source: 'declared' })
    expect(environment?.reason).toContain('`registeredKey`')
    expect(evidence).toMatchObject({ status: 'verified', source: 'proven' })
    expect(output).toMatchObject({ status: 'unknown', source: 'declared' })
  })
})
