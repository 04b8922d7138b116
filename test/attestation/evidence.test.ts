import { constants, generateKeyPairSync, sign } from 'node:crypto'
import {
  type ChatSignature,
  checkSigningAddress,
  EvidenceRefusedError,
  openGradientFormat,
  readChatSignature,
  readOpenGradient,
} from '@assay/attestation/evidence'
import type { EvidenceExchange } from '@assay/sdk/evidence'
import { concatHex, type Hex, hexToBytes, keccak256, numberToHex, sha256, toHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { pythonJson } from '../../attestation/src/evidence/python-json.ts'

const exchangeOf = (request: Uint8Array, response: Uint8Array): EvidenceExchange => ({
  ...{ request, response, requestDigest: sha256(request), responseDigest: sha256(response) },
})
const exchange = exchangeOf(Buffer.from('{"a":1}'), Buffer.from('data: 1\n\n'))
const other = exchangeOf(Buffer.from('{"a":1}'), Buffer.from('data: 2\n\n'))
const textOf = ({ requestDigest, responseDigest }: EvidenceExchange) =>
  `${requestDigest.slice(2)}:${responseDigest.slice(2)}`

/** The code of the refusal, or `accepted`. */
async function codeOf(read: () => unknown): Promise<string> {
  try {
    await read()
    return 'accepted'
  } catch (error) {
    if (error instanceof EvidenceRefusedError) return error.code
    throw error
  }
}

/** The points of Ed25519 whose order divides 8, in every way that they can be written. */
const smallOrder = [
  ...['00', '80'].flatMap((end) => [`00${'00'.repeat(30)}${end}`, `01${'00'.repeat(30)}${end}`]),
  ...['7f', 'ff'].flatMap((end) => ['ec', 'ed', 'ee'].map((it) => it + 'ff'.repeat(30) + end)),
  ...['05', '85'].map(
    (end) => `26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc${end}`,
  ),
  ...['7a', 'fa'].map(
    (end) => `c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03${end}`,
  ),
]

describe('a chat signature', () => {
  const account = privateKeyToAccount(generatePrivateKey())
  const ed25519 = generateKeyPairSync('ed25519')
  const rawKey = ed25519.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const byEcdsa = async (text: string): Promise<ChatSignature> => ({
    text,
    signature: await account.signMessage({ message: text }),
    signing_address: account.address,
    signing_algo: 'ecdsa',
  })
  const byEd25519 = (text: string): Promise<ChatSignature> =>
    Promise.resolve({
      text,
      signature: sign(null, Buffer.from(text), ed25519.privateKey).toString('hex'),
      signing_address: rawKey.toString('hex'),
      signing_algo: 'ed25519',
    })

  test.each([
    ['ecdsa', byEcdsa, account.address.toLowerCase(), 'eip191-secp256k1'],
    ['ed25519', byEd25519, toHex(rawKey), 'ed25519'],
  ] as const)('default: of a gateway and of a model, by %s', async (_, make, key, algorithm) => {
    const gateway = await readChatSignature(await make(textOf(exchange)), exchange)
    expect(gateway).toEqual({
      provider: 'chat signature',
      speaker: 'gateway',
      algorithm,
      key,
      requestDigest: exchange.requestDigest,
      responseDigest: exchange.responseDigest,
    })
    // A name may hold what parts the members.
    for (const model of ['deepseek-ai/DeepSeek-V3.1', 'qwen:7b:latest', 'ab'.repeat(32)]) {
      const text = `${model}:${textOf(exchange)}`
      const report = await readChatSignature(await make(text), exchange)
      expect(report).toMatchObject({ speaker: 'model', model })
    }
  })

  test('error: EvidenceRefusedError for another exchange, and for one that is turned round', async () => {
    for (const make of [byEcdsa, byEd25519]) {
      const given = await make(`m:${textOf(exchange)}`)
      expect(await codeOf(() => readChatSignature(given, other))).toBe('exchange')
      const turned = {
        requestDigest: exchange.responseDigest,
        responseDigest: exchange.requestDigest,
      }
      expect(await codeOf(() => readChatSignature(given, turned))).toBe('exchange')
    }
  })

  test('error: EvidenceRefusedError where a gateway would pass for a model', async () => {
    for (const make of [byEcdsa, byEd25519]) {
      const given = await make(textOf(exchange))
      const forged = { ...given, text: `m:${given.text}` }
      expect(await codeOf(() => readChatSignature(forged, exchange))).toBe('signature')
    }
  })

  test('error: EvidenceRefusedError for another key, and for any byte of the signature', async () => {
    for (const make of [byEcdsa, byEd25519]) {
      const given = await make(textOf(exchange))
      const stranger = {
        ...given,
        signing_address: given.signing_address.replace(/.$/, (it) => (it === '0' ? '1' : '0')),
      }
      expect(await codeOf(() => readChatSignature(stranger, exchange))).toBe('signature')
      const bytes = Buffer.from(given.signature.replace(/^0x/, ''), 'hex')
      for (let i = 0; i < 64; i++) {
        const signature = Buffer.from(bytes.with(i, bytes[i]! ^ 1)).toString('hex')
        expect(await codeOf(() => readChatSignature({ ...given, signature }, exchange))).toBe(
          'signature',
        )
      }
    }
  })

  test('error: EvidenceRefusedError for half of a surrogate pair, which is signed as U+FFFD', async () => {
    for (const make of [byEcdsa, byEd25519]) {
      const given = await make(`m\ufffd:${textOf(exchange)}`)
      expect(await codeOf(() => readChatSignature(given, exchange))).toBe('accepted')
      const half = { ...given, text: `m\ud800:${textOf(exchange)}` }
      expect(await codeOf(() => readChatSignature(half, exchange))).toBe('form')
    }
  })

  test.each(smallOrder)(
    'error: EvidenceRefusedError for %s, by which anybody signs',
    async (key) => {
      // A signature that fits needs no secret: one of a few fits any text, with s = 0.
      for (let i = 0; i < 20; i++) {
        for (const r of smallOrder) {
          const given = {
            ...{ text: `${i}:${textOf(exchange)}`, signature: r + '00'.repeat(32) },
            ...{ signing_address: key, signing_algo: 'ed25519' as const },
          }
          expect(await codeOf(() => readChatSignature(given, exchange))).toBe('signature')
        }
      }
    },
  )

  test.each([
    ['no text', { text: undefined }],
    ['one digest', { text: 'ab'.repeat(32) }],
    ['digests in capitals', { text: textOf(exchange).toUpperCase() }],
    ['a model without name', { text: `:${textOf(exchange)}` }],
    ['a line end behind', { text: `${textOf(exchange)}\n` }],
    ['a text that is too long', { text: `${'m'.repeat(1_000)}:${textOf(exchange)}` }],
    ['another algorithm', { signing_algo: 'rsa' }],
    ['a signature that is no hex', { signature: 'zz'.repeat(65) }],
    ['a signature that is cut off', { signature: '00' }],
    ['an address that is a key', { signing_address: '00'.repeat(32) }],
  ])('error: EvidenceRefusedError for %s', async (_, change) => {
    const given = { ...(await byEcdsa(textOf(exchange))), ...change } as ChatSignature
    expect(await codeOf(() => readChatSignature(given, exchange))).toBe('form')
  })

  test('behavior: report data bind the address, alone or with a TLS certificate, to the nonce', async () => {
    const key = account.address
    const [nonce, tlsFingerprint] = [sha256('0x01'), sha256('0x02')]
    const padded = concatHex([key.toLowerCase() as Hex, `0x${'00'.repeat(12)}`, nonce])
    const hashed = concatHex([sha256(concatHex([key, tlsFingerprint])), nonce])
    const check = (reportData: Hex, expected: Parameters<typeof checkSigningAddress>[1]) =>
      codeOf(() => checkSigningAddress(reportData, expected))
    expect(await check(padded, { key, nonce })).toBe('accepted')
    expect(await check(hashed, { key, nonce, tlsFingerprint })).toBe('accepted')
    expect(await check(padded, { key, nonce, tlsFingerprint })).toBe('key')
    expect(await check(hashed, { key, nonce })).toBe('key')
    const stranger = privateKeyToAccount(generatePrivateKey()).address
    expect(await check(padded, { key: stranger, nonce })).toBe('key')
    expect(await check(padded, { key, nonce: sha256('0x03') })).toBe('nonce')
  })
})

describe('OpenGradient', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicKey = rsa.publicKey.export({ type: 'spki', format: 'der' })
  const request = {
    model: 'gpt-4.1',
    messages: [{ role: 'user', content: 'Grüße 😀' }],
    temperature: 0.7,
  }
  const message = { role: 'assistant', content: 'Hallo' }

  function signed(
    body: object = request,
    answer: object = { finish_reason: 'stop', message },
    output = 'Hallo',
  ) {
    const time = 1_790_000_000
    const hashes = [pythonJson(body)!, output].map((text) => keccak256(Buffer.from(text)))
    const hash = keccak256(concatHex([...hashes, numberToHex(time, { size: 32 })]))
    const signature = sign('sha256', hexToBytes(hash), {
      key: rsa.privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32,
    })
    const members = {
      choices: [answer],
      tee_signature: signature.toString('base64'),
      tee_request_hash: hashes[0]!.slice(2),
      tee_output_hash: hashes[1]!.slice(2),
      tee_timestamp: time,
    }
    return { request: body, members }
  }
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
  const read = (body: unknown, members: unknown, key: Uint8Array = publicKey) =>
    readOpenGradient({ publicKey: key }, exchangeOf(bytes(body), bytes(members)))

  test('default: the gateway speaks, whatever the model', () => {
    const { members } = signed()
    expect(read(request, members)).toMatchObject({
      provider: 'OpenGradient',
      speaker: 'gateway',
      signedAt: 1_790_000_000,
      key: toHex(publicKey),
      requestDigest: sha256(bytes(request)),
      responseDigest: sha256(bytes(members)),
    })
    const calls = [{ id: '1', function: { name: 'f', arguments: '{}' } }]
    const called = signed(
      request,
      { finish_reason: 'tool_calls', message: { content: null, tool_calls: calls } },
      pythonJson(calls),
    )
    expect(read(request, called.members)).toHaveProperty('speaker', 'gateway')
  })

  test('error: EvidenceRefusedError for whatever is another exchange', async () => {
    const { members } = signed()
    const without = { ...members, tee_request_hash: undefined, tee_output_hash: undefined }
    const answered = (content: string) => ({ choices: [{ message: { content } }] })
    for (const [body, change, code] of [
      [{ ...request, temperature: 0.8 }, members, 'exchange'],
      [request, { ...members, ...answered('Hello') }, 'exchange'],
      [{ ...request, temperature: 0.8 }, without, 'signature'],
      [request, { ...without, ...answered('Hello') }, 'signature'],
      [request, { ...members, tee_timestamp: 1_790_000_001 }, 'signature'],
      [request, { ...members, tee_signature: '' }, 'signature'],
      [request, { ...members, tee_timestamp: '1' }, 'form'],
      [request, { ...members, tee_signature: 1 }, 'form'],
      [request, { ...members, choices: [] }, 'form'],
      [
        { ...request, messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
        members,
        'form',
      ],
      [{ ...request, temperature: 1e-7 }, members, 'form'],
      [[], members, 'form'],
    ] as const) {
      expect(await codeOf(() => read(body, change)), JSON.stringify(change)).toBe(code)
    }
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    const key = stranger.export({ type: 'spki', format: 'der' })
    expect(await codeOf(() => read(request, members, key))).toBe('signature')
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
    const weak = small.export({ type: 'spki', format: 'der' })
    expect(await codeOf(() => read(request, members, weak))).toBe('form')
    expect(await codeOf(() => read(request, members, Buffer.of(1)))).toBe('form')
  })

  test('error: EvidenceRefusedError for half of a surrogate pair, which is signed as U+FFFD', async () => {
    const answered = (content: string) => ({ finish_reason: 'stop', message: { content } })
    const { members } = signed(request, answered('a\ufffd'), 'a\ufffd')
    expect(await codeOf(() => read(request, members))).toBe('accepted')
    const half = { ...members, tee_output_hash: undefined, choices: [answered('a\ud800')] }
    expect(await codeOf(() => read(request, half))).toBe('form')
  })

  test('error: EvidenceRefusedError for key and signature in another encoding than their one', async () => {
    const { members } = signed()
    const { tee_signature: signature } = members
    for (const other of [` ${signature}`, signature.replace('==', ''), `${signature}é`]) {
      expect(await codeOf(() => read(request, { ...members, tee_signature: other }))).toBe('form')
    }
    // A byte behind the key, of which readers of DER take no notice.
    const longer = Buffer.concat([publicKey, Buffer.of(0)])
    expect(await codeOf(() => read(request, members, longer))).toBe('form')
    const base64 = publicKey.toString('base64')
    const whole = exchangeOf(bytes(request), bytes(members))
    for (const other of [` ${base64}`, `${base64}é`, base64.replace('/', '_').replace('+', '-')]) {
      const content = JSON.stringify({ publicKey: other })
      expect(await codeOf(() => openGradientFormat.read(content, whole))).toBe('form')
    }
  })

  test('error: EvidenceRefusedError without the bytes, or for other bytes than the digests’', async () => {
    const { members } = signed()
    const whole = exchangeOf(bytes(request), bytes(members))
    const content = JSON.stringify({ publicKey: publicKey.toString('base64') })
    const judged = (given: EvidenceExchange, of = content) =>
      codeOf(() => openGradientFormat.read(of, given))
    expect(await judged(whole)).toBe('accepted')
    expect(await judged({ ...whole, request: undefined })).toBe('contents')
    expect(await judged({ ...whole, response: undefined })).toBe('contents')
    expect(await judged({ ...whole, requestDigest: whole.responseDigest })).toBe('exchange')
    expect(await judged({ ...whole, responseDigest: whole.requestDigest })).toBe('exchange')
    for (const none of ['', '[]', '{}', '{"publicKey":1}', 'null']) {
      expect(await judged(whole, none), none).toBe('form')
    }
  })

  test('behavior: JSON is written as Python writes it', () => {
    const value = JSON.parse(
      '{"model":"gpt-4.1","b":[1,-2,0.7,0.0001,null,true,false],"a":"é€😀\\u007f\\"\\\\\\n\\u0001/","messages":[{"role":"user","content":"hi"}],"é":1,"z":{},"y":[],"😀":2,"\\uffff":3}',
    ) as unknown
    // Made by Python 3.11: json.dumps(value, sort_keys=True).
    expect(pythonJson(value)).toBe(
      String.raw`{"a": "\u00e9\u20ac\ud83d\ude00\u007f\"\\\n\u0001/", "b": [1, -2, 0.7, 0.0001, null, true, false], "messages": [{"content": "hi", "role": "user"}], "model": "gpt-4.1", "y": [], "z": {}, "\u00e9": 1, "\uffff": 3, "\ud83d\ude00": 2}`,
    )
    let deep: unknown = 1
    for (let i = 0; i < 10_000; i++) deep = [deep]
    for (const none of [1e-5, 1e21, 2 ** 60, -0, deep]) expect(pythonJson(none)).toBeUndefined()
  })
})
