import { createHash } from 'node:crypto'
import { createRecorder } from '@assay/sdk'
import { hexToString, keccak256 } from 'viem'
import { afterAll, describe, expect, test } from 'vitest'
import { shown } from '../support/shown.ts'
import { localRecorder, stopRecorders } from './support/recorder.ts'

afterAll(stopRecorders)

const digest = (bytes: Uint8Array) => `0x${createHash('sha256').update(bytes).digest('hex')}`

/** A PNG of one pixel. */
const png = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
)

describe('recorder.record', () => {
  test('default: an image from a prompt, with everything that can be said of it', async () => {
    const recorder = await localRecorder()
    const modelId = keccak256('0x01')
    const recorded = await recorder.record({
      request: 'Grüße',
      response: png,
      outputText: 'none',
      model: 'painter',
      endpoint: 'local',
      outcome: 'truncated',
      modelId,
      environmentId: keccak256('0x02'),
      servedAt: 1_700_000_000_000,
      extensions: { 'x.steps': '20', 'x.latent': png },
    })
    const receipt = await recorder.receiptOf(recorded)
    expect(receipt?.inference).toMatchObject({
      modelId,
      environmentId: keccak256('0x02'),
      servedAt: '1700000000000',
      sequence: String(recorded?.sequence),
    })
    const { 'x.latent': latent, ...fields } = Object.fromEntries(
      (receipt?.fields.opened ?? []).map(({ name, value }) => [name, value]),
    )
    expect(latent).toBe(`0x${Buffer.from(png).toString('hex')}`)
    expect(hexToString(fields['x.steps'] ?? '0x')).toBe('20')
    expect(shown(receipt)).toMatchObject({
      'request.sha256': digest(new TextEncoder().encode('Grüße')),
      'response.sha256': digest(png),
      'output.text.sha256': digest(new TextEncoder().encode('none')),
      'model.requested': 'painter',
      endpoint: 'local',
      outcome: 'truncated',
    })
  })

  test('behavior: tensors as a runtime such as ONNX’s holds them: a part of a larger memory', async () => {
    const recorder = await localRecorder()
    const memory = new Float32Array([1, 2, 3, 4]).buffer
    const input = new Float32Array(memory, 4, 2)
    const output = new BigInt64Array([7n, -1n])
    const recorded = recorder.record({ request: input, response: output })
    // The runtime may use its memory again at once.
    const wanted = [
      digest(new Uint8Array(new Float32Array([2, 3]).buffer)),
      digest(new Uint8Array(new BigInt64Array([7n, -1n]).buffer)),
    ]
    input.fill(0)
    output.fill(0n)
    const fields = shown(await recorder.receiptOf(await recorded))
    expect([fields['request.sha256'], fields['response.sha256']]).toEqual(wanted)
  })

  test.each([
    ['Uint8Array', () => png],
    ['Buffer', () => Buffer.from(png)],
    ['ArrayBuffer', () => png.slice().buffer],
    ['DataView', () => new DataView(png.slice().buffer)],
    ['Blob', () => new Blob([png])],
    ['stream', () => new Blob([png]).stream()],
    [
      'stream of many pieces',
      () =>
        new ReadableStream<Uint8Array>({
          start(controller) {
            for (const byte of png) controller.enqueue(Uint8Array.of(byte))
            controller.close()
          },
        }),
    ],
  ])('behavior: the digest of the same bytes as %s', async (_, make) => {
    const recorder = await localRecorder()
    const recorded = await recorder.record({ request: make(), response: make() })
    const fields = shown(await recorder.receiptOf(recorded))
    expect([fields['request.sha256'], fields['response.sha256']]).toEqual([
      digest(png),
      digest(png),
    ])
  })

  test('behavior: nothing and much', async () => {
    const recorder = await localRecorder()
    const much = new Uint8Array(2 ** 24).fill(7)
    const recorded = await recorder.record({ request: '', response: much })
    const fields = shown(await recorder.receiptOf(recorded))
    expect(fields['request.sha256']).toBe(digest(new Uint8Array(0)))
    expect(fields['response.sha256']).toBe(digest(much))
  })

  test('error: of a stream that breaks, told to who called', async () => {
    const recorder = await localRecorder()
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new TypeError('broken')),
    })
    await expect(recorder.record({ request: 'q', response: broken })).rejects.toThrow('broken')
    await recorder.flush()
    expect(recorder.status()).toMatchObject({ recorded: 0, failed: 0, dropped: 0 })
  })

  test('behavior: a recorder that is off takes it, and does nothing', async () => {
    const off = createRecorder({ enabled: false })
    expect(await off.record({ request: png, response: png })).toBeUndefined()
    expect(off.status()).toMatchObject({ recorded: 0, failed: 0 })
  })
})
