import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { findModelFiles, inspectModel } from '@assay/attestation/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { field, onnxModel, tensor } from './support/onnx.ts'
import { modelPlace } from './support/model-files.ts'

let place: Awaited<ReturnType<typeof modelPlace>>
beforeAll(async () => (place = await modelPlace()))
afterAll(() => place.remove())

async function found(content: Record<string, string | Uint8Array>) {
  const { files } = await findModelFiles([await place.model(content)])
  const findings = await inspectModel(files)
  return findings.map(({ kind, path, names, count }) => [kind, path, names, count])
}

const index = (names: readonly string[]) =>
  JSON.stringify({ weight_map: Object.fromEntries(names.map((name, i) => [`t${i}`, name])) })

function safetensors(bytes: number, said = bytes): Uint8Array {
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: {},
      t: { dtype: 'U8', shape: [said], data_offsets: [0, said] },
    }),
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, Buffer.alloc(bytes)])
}

describe('inspectModel', () => {
  test('error: ModelFilesError for a file in whose place there is a pipe now; nobody waits for it', async () => {
    const { files } = await findModelFiles([await place.model({ 'a.onnx': 'x' })])
    const { file } = files[0]!
    await rm(file)
    await once(spawn('mkfifo', [file]), 'close')
    await expect(inspectModel(files)).rejects.toMatchObject({ code: 'changed', file })
  })

  test('default: nothing is odd about a whole model', async () => {
    expect(
      await found({
        'model.safetensors.index.json': index([
          'm-00001-of-00002.safetensors',
          'm-00002-of-00002.safetensors',
        ]),
        'm-00001-of-00002.safetensors': safetensors(9),
        'm-00002-of-00002.safetensors': safetensors(0),
        'onnx/model.onnx': onnxModel([tensor('weights/w.bin'), tensor('../shared.bin')]),
        'onnx/weights/w.bin': 'w',
        'shared.bin': 's',
        'q-00001-of-00001.gguf': 'GGUF',
      }),
    ).toEqual([])
  })

  test('behavior: shards that an index or a name tells of, and that are not there', async () => {
    const shard = (i: number) => `m-0000${i}-of-00003.safetensors`
    expect(
      await found({
        'sub/model.safetensors.index.json': index([shard(1), shard(2), shard(3)]),
        [`sub/${shard(2)}`]: safetensors(1),
        'q-00002-of-00004.gguf': 'GGUF',
      }),
    ).toEqual([
      ['incomplete', 'sub/model.safetensors.index.json', [`sub/${shard(1)}`, `sub/${shard(3)}`], 2],
      [
        'incomplete',
        'q-00002-of-00004.gguf',
        ['1', '3', '4'].map((i) => `q-0000${i}-of-00004.gguf`),
        3,
      ],
    ])
    const [claim] = await found({ 'm-000001-of-999999.bin': '' })
    expect(claim?.[3]).toBe(999_998)
    expect(claim?.[2]).toHaveLength(20)
  })

  test('behavior: weights that were not fetched, or only in part', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 9\n`
    expect(
      await found({
        'a.safetensors': pointer,
        'b.gguf': pointer,
        'c.safetensors': safetensors(5, 9),
        'd.safetensors': safetensors(9).subarray(0, 20),
        'e.safetensors': safetensors(9, 5),
        'f.safetensors': 'none',
        'g.safetensors': Buffer.alloc(40, 0xff),
      }),
    ).toEqual([
      ['incomplete', 'a.safetensors', [], 0],
      ['incomplete', 'b.gguf', [], 0],
      ['incomplete', 'c.safetensors', [], 0],
      ['incomplete', 'd.safetensors', [], 0],
      ['malformed', 'e.safetensors', [], 0],
      ['malformed', 'f.safetensors', [], 0],
      ['malformed', 'g.safetensors', [], 0],
    ])
  })

  test('behavior: files outside of the model, however they are named', async () => {
    const ways = ['../w', '/etc/passwd', 'C:\\w', 'a/../../w', '..\\w', '\\w', '']
    expect(await found({ 'm.onnx': onnxModel(ways.map((way) => tensor(way))) })).toEqual([
      ['escapes', 'm.onnx', ways, ways.length],
    ])
    expect(await found({ 'model.safetensors.index.json': index(['../w']) })).toEqual([
      ['escapes', 'model.safetensors.index.json', ['../w'], 1],
    ])
  })

  test('behavior: tensors are found wherever ONNX has them, and nothing else is', async () => {
    const graph = (tensors: Uint8Array[]) => Buffer.concat(tensors.map((it) => field(5, it)))
    const nested = (inner: Uint8Array) => field(1, field(5, inner))
    const model = Buffer.concat([
      field(
        7,
        Buffer.concat([
          graph([tensor('initializer'), tensor('inside', { isExternal: false })]),
          nested(field(5, tensor('attribute'))),
          nested(field(6, graph([tensor('subgraph')]))),
          nested(field(10, tensor('list'))),
          field(15, field(1, tensor('sparse'))),
        ]),
      ),
      field(25, field(7, field(5, field(5, tensor('function'))))),
      field(20, field(1, graph([tensor('training')]))),
      // A text, not a tensor.
      field(3, tensor('producer')),
    ])
    const [finding] = await found({ 'm.onnx': model })
    expect(finding?.slice(0, 2)).toEqual(['incomplete', 'm.onnx'])
    expect(finding?.[2]).toEqual([
      'attribute',
      'function',
      'initializer',
      'list',
      'sparse',
      'subgraph',
      'training',
    ])
  })

  test('behavior: tensors in pieces, which protobuf puts together, are found too', async () => {
    const said = Buffer.of(14 << 3, 1)
    const place = (location: string) =>
      field(13, Buffer.concat([field(1, 'location'), field(2, location)]))
    const attribute = (...content: Uint8Array[]) =>
      field(7, field(1, field(5, Buffer.concat(content))))
    // Above 32 bits stands what no enum has.
    const long = Buffer.of(14 << 3, 0x81, 0x80, 0x80, 0x80, 0x10)
    const files = {
      'a.onnx': attribute(field(5, said), field(5, place('../a'))),
      'b.onnx': attribute(field(22, field(1, said)), field(22, field(1, place('../b')))),
      'c.onnx': onnxModel([Buffer.concat([long, place('../c')])]),
      'd.onnx': onnxModel([Buffer.concat([said, place('../d'), place('d.onnx')])]),
      // Two tensors, of which neither is elsewhere.
      'e.onnx': onnxModel([said, place('../e')]),
    }
    expect(await found(files)).toEqual(
      ['a', 'b', 'c', 'd'].map((it) => ['escapes', `${it}.onnx`, [`../${it}`], 1]),
    )
  })

  test('behavior: what takes gigabytes to read is not read', async () => {
    const one = '"t":{"data_offsets":[0,0]}'
    const header = Buffer.from(`{${`${one},`.repeat(500_000)}${one}}`)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    const many = `{"weight_map":{"t":"gone"},"metadata":[${'0,'.repeat(1_000_001)}0]}`
    const files = {
      'a.safetensors': Buffer.concat([length, header]),
      'b.safetensors.index.json': many,
    }
    expect(await found(files)).toEqual(Object.keys(files).map((path) => ['malformed', path, [], 0]))
  })

  test('behavior: hostile files are told, not followed', async () => {
    let deep: Uint8Array = Buffer.alloc(0)
    for (let i = 0; i < 60; i++) deep = field(1, field(5, field(6, deep)))
    const whole = onnxModel([tensor('w')])
    expect(
      await found({
        'a.onnx': field(7, deep),
        'b.onnx': whole.subarray(0, -3),
        'c.onnx': Buffer.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
        'd.onnx': Buffer.alloc(64, 0xff),
        'e.onnx': Buffer.of(0x0b),
        'f.onnx': onnxModel([tensor('x'.repeat(5000))]),
        'g.safetensors.index.json': '[]',
        'h.safetensors.index.json': '['.repeat(100_000),
        'i.safetensors.index.json': '{"weight_map":{"a":1}}',
      }),
    ).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f']
        .map((name) => ['malformed', `${name}.onnx`, [], 0])
        .concat(
          ['g', 'h', 'i'].map((name) => ['malformed', `${name}.safetensors.index.json`, [], 0]),
        ),
    )
  })

  test('behavior: names that not every system tells apart, and links to directories', async () => {
    expect(await found({ 'Model.bin': '', 'model.bin': '', é: '', 'e\u0301': '' })).toEqual([
      ['collision', 'Model.bin', ['model.bin'], 1],
      ['collision', expect.any(String), [expect.any(String)], 1],
    ])
    const directory = await place.model({ 'a/b': '1' })
    await symlink('a', join(directory, 'c'))
    const { files, linkedDirectories } = await findModelFiles([directory], { allowLinks: true })
    expect(await inspectModel(files, linkedDirectories)).toMatchObject([
      { kind: 'linked-directory', path: 'c' },
    ])
  })
})
