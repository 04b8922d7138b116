import 'reflect-metadata'
import { generateKeyPairSync, type KeyObject, sign, webcrypto } from 'node:crypto'
import { checkModelSignature, type SignatureProblem } from '@assay/attestation/model'
import * as x509 from '@peculiar/x509'
import { describe, expect, test } from 'vitest'
import { bundleOf, preAuthEncoding, statementOf } from './support/statement.ts'

const payload = statementOf([
  ['a', '1'],
  ['b', '2'],
])
const newKey = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve })
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string
const hashes = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' }

type Pair = ReturnType<typeof newKey>
const signed = (said: string, { privateKey }: Pair, type?: string, hash = 'sha256') =>
  bundleOf(said, sign(hash, preAuthEncoding(said, type), privateKey), { publicKey: {} }, type)

const codeOf = (bundle: unknown, trust: Parameters<typeof checkModelSignature>[1]) => {
  try {
    checkModelSignature(typeof bundle === 'string' ? bundle : JSON.stringify(bundle), trust)
    return 'holds'
  } catch (error) {
    return (error as { code?: SignatureProblem }).code ?? (error as Error).name
  }
}

describe('checkModelSignature, by a key', () => {
  const key = newKey()
  const by = { by: 'key' as const, publicKey: pemOf(key.publicKey) }

  test('default: each curve with its hash', () => {
    for (const [curve, hash] of Object.entries(hashes)) {
      const pair = newKey(curve)
      const trust = { by: 'key' as const, publicKey: pemOf(pair.publicKey) }
      expect(codeOf(signed(payload, pair, undefined, hash), trust)).toBe('holds')
    }
  })

  test('error: ModelSignatureError: another key, other bytes, another hint', () => {
    expect(codeOf(signed(payload, newKey()), by)).toBe('bad-signature')
    const held = signed(payload, key)
    const moved = structuredClone(held)
    moved.dsseEnvelope.payload = Buffer.from(payload.replace('"a"', '"c"')).toString('base64')
    expect(codeOf(moved, by)).toBe('bad-signature')
    const hinted = { ...held, verificationMaterial: { publicKey: { hint: '00' } } }
    expect(codeOf(hinted, by)).toBe('other-key')
    expect(codeOf(held, { by: 'certificates', certificates: '' })).not.toBe('holds')
  })

  test('error: ModelSignatureError: what was signed is no model, or contradicts itself', () => {
    const files = [['a', '1']] as const
    const said: [string, string][] = [
      [
        'no-model',
        statementOf(files, { statement: { predicateType: 'https://slsa.dev/provenance/v1' } }),
      ],
      [
        'no-model',
        statementOf(files, { statement: { _type: 'https://in-toto.io/Statement/v0.1' } }),
      ],
      ['no-model', statementOf(files, { statement: { subject: [] } })],
      ['no-model', statementOf(files, { predicate: { resources: {} } })],
      ['no-model', statementOf([...files, ...files])],
      ['no-model', statementOf([['../a', '1']])],
      ['no-model', statementOf([['/a', '1']])],
      ['no-model', 'null'],
      ['no-model', '{'],
      ['inconsistent', statementOf(files, { root: '0'.repeat(64) })],
      ['unsupported', statementOf(files, { serialization: { method: 'shards' } })],
      ['unsupported', statementOf(files, { serialization: { hash_type: 'blake3' } })],
    ]
    for (const [code, text] of said) expect(codeOf(signed(text, key), by), text).toBe(code)
    expect(codeOf(signed(payload, key, 'text/plain'), by)).toBe('no-model')
  })

  test('error: InvalidSignatureInputError: what is no bundle, and no key', () => {
    const held = signed(payload, key)
    const twice = structuredClone(held)
    twice.dsseEnvelope.signatures.push(...twice.dsseEnvelope.signatures)
    const both = structuredClone(held)
    both.verificationMaterial.certificate = { rawBytes: 'AA==' }
    const message = { ...held, messageSignature: { signature: 'AA==' } }
    const many = { ...held, more: Array.from({ length: 100_001 }, () => 0) }
    const odd = [
      message,
      many,
      '',
      '{',
      '[]',
      'null',
      '{}',
      { ...held, mediaType: 'text/plain' },
      twice,
      both,
    ]
    for (const bundle of odd) expect(codeOf(bundle, by)).toBe('InvalidSignatureInputError')
    const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const secret = key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    for (const publicKey of ['', secret, pemOf(rsa), pemOf(newKey('secp256k1').publicKey)]) {
      expect(codeOf(held, { by: 'key', publicKey })).toBe('InvalidSignatureInputError')
    }
  })
})

describe('checkModelSignature, by certificates', () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const day = 24 * 3_600_000
  type Issued = { cert: x509.X509Certificate; keys: webcrypto.CryptoKeyPair }
  type IssueOptions = {
    ca?: boolean
    length?: number
    usage?: x509.KeyUsageFlags
    until?: number
    more?: x509.Extension[]
  }

  async function issue(name: string, issuer?: Issued, options: IssueOptions = {}): Promise<Issued> {
    const { ca = true, length, until = Date.now() + day, more = [] } = options
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const { keyCertSign, digitalSignature } = x509.KeyUsageFlags
    const usage = options.usage ?? (ca ? keyCertSign : digitalSignature)
    const cert = await x509.X509CertificateGenerator.create(
      {
        subject: `CN=${name}`,
        issuer: issuer?.cert.subject ?? `CN=${name}`,
        notBefore: new Date(until - 2 * day),
        notAfter: new Date(until),
        signingAlgorithm: algorithm,
        publicKey: keys.publicKey,
        signingKey: (issuer?.keys ?? keys).privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(ca, length, true),
          new x509.KeyUsagesExtension(usage, true),
          ...more,
        ],
      },
      webcrypto as never,
    )
    return { cert, keys }
  }

  async function made({ cert, keys }: Issued, ...others: Issued[]) {
    const data = preAuthEncoding(payload)
    const raw = Buffer.from(await webcrypto.subtle.sign(algorithm, keys.privateKey, data))
    const chain = [cert, ...others.map((it) => it.cert)]
    const certificates = chain.map((it) => ({
      rawBytes: Buffer.from(it.rawData).toString('base64'),
    }))
    return bundleOf(payload, derOf(raw), { x509CertificateChain: { certificates } })
  }

  const trusting = (...roots: Issued[]) => ({
    by: 'certificates' as const,
    certificates: roots.map(({ cert }) => cert.toString('pem')).join('\n'),
  })

  test('default: a chain over an issuer in between', async () => {
    const root = await issue('root')
    const between = await issue('between', root)
    const leaf = await issue('signer', between, { ca: false })
    const bundle = JSON.stringify(await made(leaf, between))
    expect(checkModelSignature(bundle, trusting(root)).signer).toBe('CN=signer')
    // Whom to trust is not for the bundle to say.
    expect(codeOf(await made(leaf, between, root), trusting(await issue('root')))).toBe('untrusted')
    expect(codeOf(await made(leaf), trusting(root))).toBe('untrusted')
    expect(codeOf(await made(leaf), trusting(between))).toBe('holds')
  })

  test('error: ModelSignatureError: expired, not for it, too long, restricted', async () => {
    const root = await issue('root')
    const short = await issue('short', root, { length: 0 })
    const plain = await issue('plain', root, { ca: false })
    const old = Date.now() - day
    const critical = new x509.Extension('1.2.3.4', true, new Uint8Array([5, 0]))
    const leaf = (options: IssueOptions, issuer = root) =>
      issue('signer', issuer, { ca: false, ...options })
    const cases: [SignatureProblem, unknown][] = [
      ['expired', await made(await leaf({ until: old }))],
      ['bad-certificate', await made(await leaf({ until: Date.now() + 4 * day }))],
      ['bad-certificate', await made(await leaf({ usage: x509.KeyUsageFlags.keyAgreement }))],
      ['bad-certificate', await made(await leaf({ more: [critical] }))],
      // What is no authority issues nothing, nor does one beyond its length.
      ['untrusted', await made(await leaf({}, plain), plain)],
      [
        'untrusted',
        await made(await leaf({}, await issue('sub', short)), await issue('sub', short), short),
      ],
      ['bad-signature', await swapped(await made(await leaf({})), await made(await leaf({})))],
    ]
    for (const [code, bundle] of cases) expect(codeOf(bundle, trusting(root))).toBe(code)
    const gone = await issue('gone', undefined, { until: old })
    expect(codeOf(await made(await leaf({}, gone)), trusting(gone))).toBe('expired')
  })

  test('behavior: many that issue each other take no time', async () => {
    const root = await issue('root')
    const crowd = await Promise.all(Array.from({ length: 14 }, () => issue('crowd')))
    const signed = await Promise.all(crowd.map((_, i) => issue('crowd', crowd[(i + 1) % 14])))
    const leaf = await issue('signer', crowd[0], { ca: false })
    const start = performance.now()
    expect(codeOf(await made(leaf, ...signed), trusting(root))).toBe('untrusted')
    expect(performance.now() - start).toBeLessThan(5000)
  })

  const swapped = async (a: Awaited<ReturnType<typeof made>>, b: typeof a) => ({
    ...a,
    dsseEnvelope: b.dsseEnvelope,
  })
})

/** ECDSA signatures are two numbers: WebCrypto has them side by side, X.509 in DER. */
function derOf(raw: Buffer): Buffer {
  const integer = (bytes: Buffer) => {
    const start = bytes.findIndex((byte) => byte !== 0)
    const plain = bytes.subarray(Math.max(start, 0))
    const value = plain[0]! & 0x80 ? Buffer.concat([Buffer.of(0), plain]) : plain
    return Buffer.concat([Buffer.of(2, value.length), value])
  }
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))])
  return Buffer.concat([Buffer.of(0x30, body.length), body])
}
