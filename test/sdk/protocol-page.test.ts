import { readFile } from 'node:fs/promises'
import { parseReceipt, verifyReceipt } from '@assay/sdk'
import { inferenceLogAbi } from '@assay/sdk/abi'
import {
  batchDigest,
  batchTypes,
  buildBatch,
  canonicalMessage,
  commitmentOf,
  createManifest,
  createMerkleTree,
  createMessageSalter,
  dataDigestOf,
  decodeBatchData,
  decodeKind,
  domainOf,
  encodeInference,
  encodeManifest,
  environmentIdOf,
  fieldEntry,
  fieldSalt,
  hashLeaf,
  inferenceIdOf,
  type Manifest,
  manifestDigestOf,
  messageDigest,
  messageLeafHash,
  messagesValue,
  modelIdOf,
  namedModelIdOf,
  standardFields,
} from '@assay/sdk/formats'
import {
  concatHex,
  decodeAbiParameters,
  encodeFunctionData,
  hashDomain,
  hashStruct,
  hashTypedData,
  hexToBytes,
  hexToString,
  keccak256,
  recoverAddress,
  sha256,
  stringToHex,
  toHex,
} from 'viem'
import { describe, expect, test } from 'vitest'
import {
  abi,
  address,
  bare,
  batch,
  batchData,
  type Block,
  blockOf,
  blocks,
  bytes,
  line,
  logId,
  number,
  page,
  place,
  signature,
  words,
} from './support/protocol-page.ts'

/** Every block of the page, computed anew from as few of its lines as it takes. */
const recompute: Record<string, (block: Block) => Block | Promise<Block>> = {
  tree() {
    const leaves = [0, 1, 2].map((i) => hashLeaf(Uint8Array.of(i)))
    const tree = createMerkleTree(leaves)
    return {
      ...Object.fromEntries(leaves.map((leaf, i) => [`leaf ${i}`, bare(leaf)])),
      node: bare(createMerkleTree(leaves.slice(0, 2)).root),
      root: bare(tree.root),
      'proof of 2': tree.proof(2).map(bare).join(''),
      'proof of 0': tree.proof(0).map(bare).join(''),
    }
  },

  async content(block) {
    // What `fetch` yields of a body is what is hashed, whatever coding it came in.
    const coded = new Blob([new Uint8Array(bytes(block, 'content'))]).stream()
    const whole = coded
      .pipeThrough(new CompressionStream('gzip'))
      .pipeThrough(new DecompressionStream('gzip'))
    const content = toHex(new Uint8Array(await new Response(whole).arrayBuffer()))
    expect(hexToString(content)).toBe('{"id":"1"}')
    const stream = stringToHex('data: {"id":"1"}\n\ndata: [DONE]\n\n')
    return {
      content: bare(content),
      digest: bare(sha256(content)),
      stream: bare(stream),
      'digest of the stream': bare(dataDigestOf(stream)),
    }
  },

  salt(block) {
    const [sequence, index] = [number(block, 'sequence'), Number(number(block, 'index'))]
    return {
      seed: block.seed as string,
      label: bare(stringToHex('assay/salt/v1')),
      logId: bare(logId()),
      sequence: bare(toHex(sequence, { size: 8 })),
      index: bare(toHex(index, { size: 4 })),
      salt: bare(fieldSalt(bytes(block, 'seed'), hexToBytes(logId()), sequence, index)),
    }
  },

  entry(block) {
    const index = standardFields.indexOf('outcome')
    const field = { name: 'outcome', salt: bytes(block, 'salt'), value: bytes(block, 'value') }
    expect(fieldEntry(field)).toEqual(
      hexToBytes(concatHex(['salt', 'name', 'value'].map((name) => line(block, name)))),
    )
    const hashes = standardFields.map((_, i) =>
      i === index ? hashLeaf(fieldEntry(field)) : bytes(block, `leaf hash ${i}`),
    )
    return {
      salt: blockOf('salt').salt as string,
      name: bare(sha256(stringToHex('outcome'))),
      value: bare(stringToHex('complete')),
      ...Object.fromEntries(hashes.map((hash, i) => [`leaf hash ${i}`, bare(hash)])),
      commitment: bare(commitmentOf(hashes)),
    }
  },

  messages(block) {
    const [sequence, index] = [number(block, 'sequence'), Number(number(block, 'index'))]
    const salt = createMessageSalter(bytes(block, 'seed'), hexToBytes(logId()))(sequence, index)
    const message = canonicalMessage(JSON.parse(block.message as string))
    const digest = messageDigest(JSON.parse(message))
    const hashes = [0, 1, 2].map((i) =>
      i === index ? messageLeafHash({ salt, digest }) : bytes(block, `leaf hash ${i}`),
    )
    const value = bare(messagesValue(hashes))
    return {
      seed: blockOf('salt').seed as string,
      label: bare(stringToHex('assay/message-salt/v1')),
      logId: bare(logId()),
      sequence: bare(toHex(sequence, { size: 8 })),
      index: bare(toHex(index, { size: 4 })),
      ...{ salt: bare(salt), message, digest: bare(digest) },
      ...Object.fromEntries(hashes.map((hash, i) => [`leaf hash ${i}`, bare(hash)])),
      ...{ count: value.slice(0, 8), root: value.slice(8) },
    }
  },

  logId() {
    const { chainId, inferenceLog, owner, sessionKey, instance } = place()
    const encoded = abi('uint256 address address address bytes32', [
      ...[BigInt(chainId), inferenceLog, owner, sessionKey, instance],
    ])
    expect(keccak256(encoded)).toBe(logId())
    return {
      ...words('chainId, inferenceLog, owner, sessionKey, instance', encoded),
      logId: bare(logId()),
    }
  },

  model(block) {
    const names =
      'publisher, at of name, at of version, manifestDigest, length of name, name, length of version, version'
    const [publisher, name, version, manifestDigest] = decodeAbiParameters(
      [{ type: 'address' }, { type: 'string' }, { type: 'string' }, { type: 'bytes32' }],
      concatHex(names.split(', ').map((it) => line(block, it))),
    )
    const encoded = abi('address string string bytes32', [
      ...[publisher, name, version, manifestDigest],
    ])
    expect(modelIdOf({ publisher, name, version, manifestDigest })).toBe(keccak256(encoded))
    return { ...words(names, encoded), modelId: bare(keccak256(encoded)) }
  },

  named() {
    const label = keccak256(stringToHex('assay/named-model/v1'))
    const [origin, name] = ['https://api.example.com', 'gpt-example'] as const
    const encoded = abi('bytes32 string string', [label, origin, name])
    return {
      ...words(
        'label, at of origin, at of name, length of origin, origin, length of name, name',
        encoded,
      ),
      modelId: bare(namedModelIdOf(origin, name)),
    }
  },

  environment(block) {
    const registry = {
      chainId: Number(number(block, 'chainId')),
      environmentRegistry: address(block, 'registry'),
      registrant: address(block, 'registrant'),
    }
    const claim = {
      kind: decodeKind(line(block, 'kind')),
      measurement: line(block, 'measurement'),
      keyType: 'ed25519',
      key: line(block, 'key'),
      attestationDigest: line(block, 'attestationDigest'),
    } as const
    const encoded = abi('uint256 address address bytes32 bytes32 uint8 bytes32 bytes32', [
      ...[31337n, registry.environmentRegistry, registry.registrant, line(block, 'kind')],
      ...[claim.measurement, 3, keccak256(claim.key), claim.attestationDigest],
    ])
    expect(claim.kind).toBe('nitro')
    expect(keccak256(encoded)).toBe(environmentIdOf(claim, registry))
    return {
      key: block.key as string,
      ...words(
        'chainId, registry, registrant, kind, measurement, keyType, keccak256(key), attestationDigest',
        encoded,
      ),
      environmentId: bare(environmentIdOf(claim, registry)),
    }
  },

  manifest(block) {
    const manifest = createManifest((JSON.parse(block.manifest as string) as Manifest).files)
    return {
      manifest: new TextDecoder().decode(encodeManifest(manifest)),
      digest: bare(manifestDigestOf(manifest)),
    }
  },

  leaf(block) {
    const inference = {
      logId: logId(),
      modelId: line(blockOf('model'), 'modelId'),
      environmentId: line(blockOf('environment'), 'environmentId'),
      commitment: line(block, 'commitment'),
      sequence: number(block, 'sequence'),
      servedAt: 1_790_000_000_123n,
    }
    const data = encodeInference(inference)
    expect(data).toHaveLength(192)
    return {
      ...words('logId, modelId, environmentId, commitment, sequence, servedAt', toHex(data)),
      inferenceId: bare(inferenceIdOf(inference)),
    }
  },

  data(block) {
    const built = buildBatch(logId(), 0n, decodeBatchData(batchData()), 'inline')
    expect(toHex(built.data)).toBe(batchData())
    const { modelId, environmentId } = decodeBatchData(batchData())[0] ?? expect.unreachable()
    expect(built.data).toHaveLength(115)
    return {
      ...block,
      'model 0': bare(modelId),
      'environment 0': bare(environmentId),
      servedAt: bare(toHex(1_790_000_000_000n, { size: 6 })),
      dataDigest: bare(built.dataDigest),
      root: bare(built.root),
    }
  },

  async signature(block) {
    const { chainId, inferenceLog, sessionKey } = place()
    const { logId, first, count, root, dataDigest } = batch()
    const domain = domainOf(chainId, inferenceLog)
    const message = { logId, first, count, root, mode: 0, dataDigest }
    const type =
      'Batch(bytes32 logId,uint64 first,uint32 count,bytes32 root,uint8 mode,bytes32 dataDigest)'
    const names = 'type, logId, first, count, root, mode, dataDigest'
    const encoded = abi('bytes32 bytes32 uint64 uint32 bytes32 uint8 bytes32', [
      keccak256(stringToHex(type)),
      ...Object.values(message),
    ])
    const typed = { domain, types: batchTypes, primaryType: 'Batch', message } as const
    const domainHash = hashDomain({
      domain: { ...domain, chainId: BigInt(chainId) },
      types: { EIP712Domain: domainFields },
    })
    expect(keccak256(encoded)).toBe(hashStruct({ ...typed, data: message }))
    const digest = keccak256(concatHex(['0x1901', domainHash, keccak256(encoded)]))
    expect(digest).toBe(hashTypedData(typed))
    expect(digest).toBe(batchDigest(batch(), chainId, inferenceLog))
    expect((await recoverAddress({ hash: digest, signature: signature() })).toLowerCase()).toBe(
      sessionKey,
    )
    const { r = '', s = '', v = '' } = block
    return {
      domain: bare(domainHash),
      ...words(names, encoded),
      struct: bare(keccak256(encoded)),
      digest: bare(digest),
      ...{ r, s, v },
    }
  },

  async many() {
    const { owner, sessionKey, instance } = place()
    const { first, count, root } = batch()
    const call = encodeFunctionData({
      abi: inferenceLogAbi,
      functionName: 'settleMany',
      args: [
        [
          {
            log: { owner, sessionKey, instance },
            ...{ first, count, root, mode: 0, dataDigest: toHex(0, { size: 32 }) },
            ...{ data: batchData(), signature: signature() },
          },
        ],
      ],
    })
    const source = await readFile(
      new URL('../../contracts/InferenceLog.sol', import.meta.url),
      'utf8',
    )
    const constant = (name: string) =>
      Number(new RegExp(` ${name} = ([0-9_]+);`).exec(source)?.[1]?.replaceAll('_', ''))
    const gas = constant('BATCH_GAS') + constant('BATCH_GAS_PER_BYTE') * 115
    const names =
      'at of batches, batches, at of batch 0, owner, sessionKey, instance, first, count, root, mode, dataDigest, at of data, at of signature, length of data, data 0, data 1, data 2, data 3, length of signature, signature 0, signature 1, signature 2'
    const parts = Object.entries(words(names, `0x${call.slice(10)}`))
    const joined: Block = {}
    for (const [name, word] of parts) {
      const whole = name.replace(/^(data|signature) \d$/, '$1')
      joined[whole] = (joined[whole] ?? '') + word
    }
    return {
      function: call.slice(2, 10),
      ...joined,
      gas: String(gas),
      'gas left': String(gas + Math.floor(gas / 8)),
    }
  },

  verdict(block) {
    const encoded = abi('uint256 address address uint8 bytes32 uint8 bytes32 bytes32', [
      ...[31337n, address(block, 'registry'), address(block, 'author'), 2],
      ...[line(blockOf('leaf'), 'inferenceId'), 100, keccak256(stringToHex('replay'))],
      line(block, 'evidenceDigest'),
    ])
    return {
      ...words(
        'chainId, registry, author, subjectKind, subject, score, keccak256(tag), evidenceDigest',
        encoded,
      ),
      verdictId: bare(keccak256(encoded)),
    }
  },
}

const domainFields = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
] as const

describe('docs/protocol.md', () => {
  test('default: each block of worked bytes is computed here', () => {
    expect([...blocks.keys()]).toEqual(Object.keys(recompute))
    expect([...page.matchAll(/^```\w* ?\w*\n/gm)]).toHaveLength(2 * blocks.size + 2)
  })

  test.each(Object.entries(recompute))('behavior: %s', async (name, computed) => {
    expect(await computed(blockOf(name))).toEqual(blockOf(name))
  })

  test('behavior: the receipt is one, and holds but for the chain', async () => {
    const json = /^```json\n(.*?)^```/ms.exec(page)?.[1]
    const receipt = parseReceipt(json)
    const { checks } = await verifyReceipt(json)
    const verified = checks.filter(({ status }) => status === 'verified').map(({ name }) => name)
    expect(verified).toEqual(['commitment', 'inclusion', 'signature'])
    expect(receipt.inference.commitment).toBe(line(blockOf('entry'), 'commitment'))
    const members = new Set(Object.keys(receipt))
    for (const [, member = ''] of page.matchAll(/^\| `([a-zA-Z]+)(?=[.`])/gm))
      members.delete(member)
    expect([...members]).toEqual(['schema'])
  })
})
