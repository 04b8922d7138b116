import { checkModelSignature, type SignatureProblem } from '@assay/attestation/model'
import { beforeAll, describe, expect, test } from 'vitest'
import { startSigstore, type SigstoreSigning } from './support/sigstore.ts'
import { statementOf } from './support/statement.ts'

type Sigstore = Awaited<ReturnType<typeof startSigstore>>
let [ours, theirs]: Sigstore[] = []
beforeAll(async () => {
  ;[ours, theirs] = await Promise.all([startSigstore(), startSigstore()])
})

const identity = 'mailto:release@example.org'
const issuer = 'https://accounts.example.org'
const payload = statementOf([['model.onnx', 'weights']])

const at = (root: Sigstore | undefined) => ({
  by: 'sigstore' as const,
  trustedRoot: root!.trustedRoot,
  identity,
  issuer,
})
const made = (options?: SigstoreSigning, said = payload) => ours!.signModel(said, options)
type Bundle = Awaited<ReturnType<typeof made>>
const codeOf = (bundle: unknown, trust: Parameters<typeof checkModelSignature>[1]) => {
  try {
    checkModelSignature(JSON.stringify(bundle), trust)
    return 'holds'
  } catch (error) {
    return (error as { code?: SignatureProblem }).code ?? (error as Error).name
  }
}

describe('checkModelSignature, by Sigstore', () => {
  test('default: certificate, log and identity hold, timed by the log or by an authority', async () => {
    for (const timestamp of ['log', 'authority'] as const) {
      const checked = checkModelSignature(JSON.stringify(await made({ timestamp })), at(ours))
      expect(checked.signer).toBe(identity)
      expect(checked.model.files.map(({ path }) => path)).toEqual(['model.onnx'])
    }
  })

  test('error: ModelSignatureError: each break has its name', async () => {
    const held = await made()
    const broken = (change: (bundle: Bundle) => void) => {
      const copy = structuredClone(held)
      change(copy)
      return copy
    }
    const material = (bundle: Bundle) => bundle.verificationMaterial as Record<string, never>
    const cases: [SignatureProblem, unknown, ReturnType<typeof at>][] = [
      ['untrusted', held, at(theirs)],
      ['other-identity', held, { ...at(ours), identity: 'mailto:someone@example.org' }],
      ['other-identity', held, { ...at(ours), issuer: 'https://accounts.example.com' }],
      // Names are no patterns, and no beginnings.
      ['other-identity', held, { ...at(ours), identity: '.*' }],
      ['other-identity', held, { ...at(ours), identity: 'release@example.org' }],
      ['expired', await made({ delay: 3_600_000 }), at(ours)],
      ['no-timestamp', await made({ timestamp: 'none' }), at(ours)],
      ['not-logged', await made({ isLogged: false, timestamp: 'authority' }), at(ours)],
      [
        'not-logged',
        broken((it) => {
          const other = statementOf([['model.onnx', 'others']])
          it.dsseEnvelope.payload = Buffer.from(other).toString('base64')
        }),
        at(ours),
      ],
      [
        'not-logged',
        broken((it) => {
          const [entry] = material(it).tlogEntries as unknown as { integratedTime: string }[]
          entry!.integratedTime = String(Number(entry!.integratedTime) + 1)
        }),
        at(ours),
      ],
    ]
    for (const [code, bundle, trust] of cases) expect(codeOf(bundle, trust)).toBe(code)
    expect(codeOf(held, at(ours))).toBe('holds')
  })

  test('error: InvalidSignatureInputError: what is no bundle, and no trusted root', async () => {
    const held = await made()
    const without = structuredClone(held)
    const [entry] = without.verificationMaterial.tlogEntries as Record<string, unknown>[]
    delete entry!.inclusionProof
    const certificate = { rawBytes: Buffer.from('none').toString('base64') }
    const odd = { ...held, verificationMaterial: { ...held.verificationMaterial, certificate } }
    for (const bundle of [without, odd]) {
      expect(codeOf(bundle, at(ours))).toBe('InvalidSignatureInputError')
    }
    for (const trustedRoot of ['', '{}', '[]', 'null', '{"tlogs":[{}]}']) {
      expect(codeOf(held, { ...at(ours), trustedRoot })).not.toBe('holds')
    }
  })

  test('behavior: no byte of the envelope or of the certificate can be another', async () => {
    const held = await made()
    const places = [
      (it: Bundle) => it.dsseEnvelope as unknown as Record<string, string>,
      (it: Bundle) => it.dsseEnvelope.signatures[0] as unknown as Record<string, string>,
      (it: Bundle) => it.verificationMaterial.certificate as Record<string, string>,
    ] as const
    for (const [i, name] of ['payload', 'sig', 'rawBytes'].entries()) {
      const bytes = Buffer.from(places[i]!(held)[name]!, 'base64')
      for (let byte = 0; byte < bytes.length; byte += 3) {
        const copy = structuredClone(held)
        const changed = Buffer.from(bytes)
        changed[byte]! ^= 1
        places[i]!(copy)[name] = changed.toString('base64')
        expect(codeOf(copy, at(ours)), `${name} at ${byte}`).not.toBe('holds')
      }
    }
  })
})
