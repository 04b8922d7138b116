import { generateKeyPairSync, sign } from 'node:crypto'
import type { ChatSignature } from '@assay/attestation/evidence'
import { toHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import type { Random } from '../../contracts/support/random.ts'
import { exchangeOf } from './exchanges.ts'
import { hostileEvidence, type Piece, type Signer } from './hostile-evidence.ts'
import type { HostileKind } from './hostile-run.ts'

type Account = { signer: Signer; sign: (text: string) => Promise<ChatSignature> }

/** Whose word it is: of a gateway, or of a model's enclave, whose name may hold what parts the members. */
const models = [
  undefined,
  'deepseek-ai/DeepSeek-V3.1',
  'qwen:7b:latest',
  'ab'.repeat(32),
  'm\ufffd',
]

/** Makes cases of chat signatures, of gateways and of models, by both algorithms. */
export async function hostileChatSignature(): Promise<HostileKind> {
  const exchanges = [1, 2].map((id) =>
    exchangeOf(Buffer.from(`{"a":${id}}`), Buffer.from(`data: ${id}\n\n`)),
  )
  const accounts = [byEcdsa(), byEcdsa(), byEd25519(), byEd25519()]
  const pieces: Piece[] = []
  for (const exchange of exchanges) {
    const digests = `${exchange.requestDigest.slice(2)}:${exchange.responseDigest.slice(2)}`
    for (const { signer, sign } of accounts) {
      for (const model of models) {
        const given = await sign(model === undefined ? digests : `${model}:${digests}`)
        const evidence = { format: 'chat-signature', content: JSON.stringify(given) }
        const speaker = model === undefined ? 'gateway' : 'model'
        pieces.push({ evidence, exchange, signer, speaker })
      }
    }
  }
  return hostileEvidence({ pieces, meaningOf, forged })
}

function byEcdsa(): Account {
  const account = privateKeyToAccount(generatePrivateKey())
  return {
    signer: { keyType: 'secp256k1', key: account.publicKey },
    sign: async (text) => ({
      ...{ text, signature: await account.signMessage({ message: text }) },
      ...{ signing_address: account.address, signing_algo: 'ecdsa' },
    }),
  }
}

function byEd25519(): Account {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return {
    signer: { keyType: 'ed25519', key: toHex(key) },
    sign: (text) =>
      Promise.resolve({
        ...{ text, signature: sign(null, Buffer.from(text), privateKey).toString('hex') },
        ...{ signing_address: key.toString('hex'), signing_algo: 'ed25519' },
      }),
  }
}

/**
 * Its four members; what else stands there nobody reads. Hex may begin with 0x and be in capitals, as providers write it, and which of two
 * points a signature is of is 0 or 1 to some, 27 or 28 to others.
 */
function meaningOf(content: string): string {
  const { text, signature, signing_address, signing_algo } = JSON.parse(content) as ChatSignature
  const [bytes, key] = [signature, signing_address].map((hex) =>
    hex.replace(/^0x/, '').toLowerCase(),
  )
  const point = /^(.{128})0([01])$/.exec(bytes!)
  const isEcdsa = signing_algo === 'ecdsa'
  const written = isEcdsa && point ? `${point[1]}1${'bc'[Number(point[2])]}` : bytes
  return JSON.stringify([text, written, key, signing_algo])
}

/** A name put before a gateway's text, taken from a model's, or another one; or a key by which everything is signed. */
function forged(
  { evidence, exchange }: Piece,
  random: Random,
): Pick<Piece, 'evidence' | 'exchange'> {
  const given = JSON.parse(evidence.content) as ChatSignature
  const digests = given.text.slice(-129)
  const renamed = random.pick(models.filter((it) => given.text !== textOf(it, digests)))
  const change = random.chance(0.8) ? { text: textOf(renamed, digests) } : signedByNobody(random)
  return {
    evidence: { ...evidence, content: JSON.stringify({ ...given, ...change }) },
    exchange,
  }
}

const textOf = (model: string | undefined, digests: string) =>
  model === undefined ? digests : `${model}:${digests}`

/** A key and a signature of Ed25519 that fit every text: both are points of small order, for which nobody needs to know anything. */
export function signedByNobody(random: Random) {
  const zeros = '00'.repeat(31)
  return {
    signing_address: random.pick([`01${zeros}`, `01${'00'.repeat(30)}80`]),
    signature: `01${zeros}${zeros}00`,
    signing_algo: 'ed25519' as const,
  }
}
