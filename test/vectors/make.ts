/**
 * What the vectors hold, computed by the SDK from fixed inputs. `node vectors/write.ts` writes them; a test compares the files
 * with this and with the independent implementations, so neither can change unseen.
 */
import {
  batchDigest,
  batchTypedData,
  buildBatch,
  canonicalMessage,
  commitmentOf,
  createMerkleTree,
  createMessageSalter,
  createReceipt,
  encodeInference,
  encodeKind,
  environmentIdOf,
  fieldEntry,
  fieldLeafHash,
  fieldSalt,
  hashLeaf,
  type Inference,
  inferenceIdOf,
  logIdOf,
  messageDigest,
  messageLeafHash,
  messagesValue,
  modelIdOf,
  namedModelIdOf,
  orderFields,
  saltFields,
  saltMessages,
  type Verdict,
  verdictIdOf,
} from '@assay/sdk/formats'
import { es256kSigner, exportCoseReceipt } from '@assay/sdk/cose'
import {
  bytesToHex,
  concatBytes,
  concatHex,
  type Hex,
  hexToBytes,
  stringToBytes,
  toHex,
  zeroHash,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hostileReceipts } from './hostile.ts'
import { addressOf, claim, pattern, registry } from './inputs.ts'
import { statements } from './statements.ts'

/** Not a secret: a key for tests alone. */
export const sessionKey = privateKeyToAccount(pattern('session key'))
/** Not a secret: a key for tests alone. */
export const owner = privateKeyToAccount(pattern('owner'))

const place = {
  chainId: 31337,
  inferenceLog: addressOf('InferenceLog'),
  owner: owner.address.toLowerCase() as Hex,
  sessionKey: sessionKey.address.toLowerCase() as Hex,
  instance: pattern('instance'),
}
const logId = logIdOf(place)
const seed = pattern('seed')
const text = stringToBytes

const model = {
  publisher: addressOf('publisher'),
  name: 'assay/example, “größer”',
  version: '1.0.0',
  manifestDigest: pattern('manifest'),
}
const verdict: Verdict = {
  subjectKind: 'environment',
  subject: pattern('subject'),
  score: 87,
  tag: 'measurement-to-model “ä”',
  evidenceDigest: pattern('evidence'),
}
const court = {
  chainId: 31337,
  verdictRegistry: addressOf('VerdictRegistry'),
  author: addressOf('author'),
}

function ids() {
  const named = { origin: 'https://api.example.com', name: 'gpt-example' }
  return {
    log: { ...place, logId },
    model: { ...model, modelId: modelIdOf(model) },
    namedModel: { ...named, modelId: namedModelIdOf(named.origin, named.name) },
    environment: {
      ...registry,
      ...claim,
      kindBytes: encodeKind(claim.kind),
      keyTypeNumber: 3,
      environmentId: environmentIdOf(claim, registry),
    },
    verdict: { ...court, ...verdict, subjectKindNumber: 1, verdictId: verdictIdOf(verdict, court) },
  }
}

function salts() {
  const places: [bigint, number][] = [
    [0n, 0],
    [0n, 1],
    [1n, 0],
    [255n, 8],
    [256n, 9],
    [2n ** 32n, 0],
    [2n ** 64n - 1n, 2 ** 32 - 1],
  ]
  return places.map(([sequence, index]) => ({
    seed,
    logId,
    sequence: String(sequence),
    index: String(index),
    salt: toHex(fieldSalt(hexToBytes(seed), hexToBytes(logId), sequence, index)),
  }))
}

const fieldSets = {
  none: orderFields({}),
  chat: orderFields({
    'request.sha256': hexToBytes(pattern('request')),
    'response.sha256': hexToBytes(pattern('response')),
    'output.text.sha256': hexToBytes(pattern('text')),
    endpoint: text('https://api.example.com/v1/chat/completions'),
    'model.requested': text('gpt-example'),
    'model.returned': text('gpt-example-2026-01-01'),
    outcome: text('complete'),
    usage: text('{"completion_tokens":7,"prompt_tokens":5,"total_tokens":12}'),
    finish_reason: text('stop'),
  }),
  extended: orderFields({ outcome: text('aborted') }, [
    { name: 'x.note', value: text('ünïcödé 🙂') },
    { name: 'x.bytes', value: new Uint8Array([0, 255, 10, 13]) },
    { name: 'x.long', value: new Uint8Array(300).fill(7) },
  ]),
}

function saltedSet(name: keyof typeof fieldSets, sequence: bigint) {
  return saltFields(fieldSets[name], hexToBytes(seed), hexToBytes(logId), sequence)
}

function commitments() {
  return (Object.keys(fieldSets) as (keyof typeof fieldSets)[]).map((name, i) => {
    const fields = saltedSet(name, BigInt(i))
    return {
      name,
      sequence: String(i),
      fields: fields.map(({ name, salt, value }) => ({
        name,
        salt: toHex(salt),
        value: toHex(value),
      })),
      entries: fields.map((field) => toHex(fieldEntry(field))),
      leafHashes: fields.map((field) => toHex(fieldLeafHash(field))),
      commitment: toHex(commitmentOf(fields.map((field) => fieldLeafHash(field)))),
    }
  })
}

function inference(sequence: bigint, servedAt: bigint, registered: boolean): Inference {
  return {
    logId,
    modelId: registered ? modelIdOf(model) : zeroHash,
    environmentId: registered ? environmentIdOf(claim, registry) : zeroHash,
    commitment: pattern(`commitment ${sequence}`),
    sequence,
    servedAt,
  }
}

function leaves() {
  return [
    inference(0n, 0n, false),
    inference(1n, 1_790_000_000_123n, true),
    inference(2n ** 32n + 5n, 2n ** 48n - 1n, true),
    inference(2n ** 64n - 1n, 2n ** 64n - 1n, false),
  ].map((leaf) => ({
    ...leaf,
    sequence: String(leaf.sequence),
    servedAt: String(leaf.servedAt),
    data: toHex(encodeInference(leaf)),
    inferenceId: inferenceIdOf(leaf),
  }))
}

/** Trees of every size from 1 to 70: the i-th leaf's data is the one byte i. Proofs are the hashes one after the other. */
function trees() {
  const leafHashes = Array.from({ length: 70 }, (_, i) => hashLeaf(Uint8Array.of(i)))
  return leafHashes.map((_, i) => {
    const tree = createMerkleTree(leafHashes.slice(0, i + 1))
    return {
      size: tree.size,
      root: toHex(tree.root),
      proofs: Array.from({ length: tree.size }, (_, index) =>
        concatHex(tree.proof(index).map((hash) => bytesToHex(hash))),
      ),
    }
  })
}

async function batches() {
  const shapes: [bigint, number, 'inline' | 'external'][] = [
    [0n, 1, 'inline'],
    [1n, 2, 'inline'],
    [3n, 3, 'external'],
    [6n, 70, 'inline'],
    [76n, 5, 'external'],
  ]
  return Promise.all(
    shapes.map(async ([first, count, mode]) => {
      const records = Array.from({ length: count }, (_, i) =>
        inference(first + BigInt(i), 1_790_000_000_000n + BigInt(i * i), i % 3 !== 1),
      )
      const built = buildBatch(logId, first, records, mode)
      const { data, root, dataDigest } = built
      return {
        logId,
        first: String(first),
        count: String(count),
        mode,
        root,
        dataDigest,
        data: toHex(data),
        digest: batchDigest(built, place.chainId, place.inferenceLog),
        signature: await sessionKey.signTypedData(
          batchTypedData(built, place.chainId, place.inferenceLog),
        ),
        records: records.map(({ modelId, environmentId, commitment, servedAt }) => ({
          modelId,
          environmentId,
          commitment,
          servedAt: String(servedAt),
        })),
      }
    }),
  )
}

async function receipts() {
  const entries = (['none', 'chat', 'extended'] as const).map((name, i) => {
    const sequence = BigInt(i)
    const fields = saltedSet(name, sequence)
    const commitment = toHex(commitmentOf(fields.map((field) => fieldLeafHash(field))))
    return {
      fields,
      inference: { ...inference(sequence, 1_790_000_000_000n, name === 'chat'), commitment },
    }
  })
  const batch = buildBatch(
    logId,
    0n,
    entries.map((entry) => entry.inference),
    'inline',
  )
  const signature = await sessionKey.signTypedData(
    batchTypedData(batch, place.chainId, place.inferenceLog),
  )
  return entries.map((entry) => createReceipt({ ...entry, place, batch, signature }))
}

const chatMessages = [
  { role: 'system', content: 'Answer in one word.' },
  { role: 'user', content: 'ünïcödé 🙂\n', name: 'a' },
  { role: 'user', content: [{ type: 'text', text: 'Is it so?' }], temperature: 1e21 },
]

/** The messages of one inference, and its receipt, in a batch of its own. */
async function messages() {
  const sequence = 3n
  const digests = concatBytes(chatMessages.map(messageDigest))
  const salter = createMessageSalter(hexToBytes(seed), hexToBytes(logId))
  const salted = saltMessages(digests, salter, sequence)
  const leafHashes = salted.map(messageLeafHash)
  const value = messagesValue(leafHashes)
  const fields = saltFields(
    orderFields({ outcome: text('complete') }, [{ name: 'messages', value }]),
    hexToBytes(seed),
    hexToBytes(logId),
    sequence,
  )
  const commitment = toHex(commitmentOf(fields.map((field) => fieldLeafHash(field))))
  const leaf = { ...inference(sequence, 1_790_000_000_000n, false), commitment }
  const batch = buildBatch(logId, sequence, [leaf], 'inline')
  const signature = await sessionKey.signTypedData(
    batchTypedData(batch, place.chainId, place.inferenceLog),
  )
  return {
    seed,
    logId,
    sequence: String(sequence),
    messages: chatMessages.map((message, i) => ({
      json: canonicalMessage(message),
      digest: toHex(salted[i]?.digest ?? new Uint8Array()),
      salt: toHex(salted[i]?.salt ?? new Uint8Array()),
      leafHash: toHex(leafHashes[i] ?? new Uint8Array()),
    })),
    value: toHex(value),
    receipt: createReceipt({
      ...{ place, inference: leaf, fields, messages: salted, batch, signature },
    }),
  }
}

/** COSE receipts of the receipts: with the batch's own signature, and with one of ES256K by the session key beside it. */
async function coseReceipts() {
  const signer = es256kSigner(pattern('session key'))
  return Promise.all(
    (await receipts()).map(async (receipt) => ({
      inferenceId: receipt.inferenceId,
      batchSignature: toHex(await exportCoseReceipt(receipt)),
      es256k: toHex(await exportCoseReceipt(receipt, { signer })),
    })),
  )
}

/** All vectors, by file name. */
export async function makeVectors(): Promise<Record<string, unknown>> {
  const [, chat] = await receipts()
  return {
    'hostile-receipts.json': hostileReceipts(chat!),
    'ids.json': ids(),
    'salts.json': salts(),
    'commitments.json': commitments(),
    'leaves.json': leaves(),
    'trees.json': trees(),
    'batches.json': await batches(),
    'receipts.json': await receipts(),
    'messages.json': await messages(),
    'cose.json': await coseReceipts(),
    'statements.json': await statements(),
  }
}
