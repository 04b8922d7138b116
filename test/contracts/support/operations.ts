import {
  batchTypedData,
  buildBatch,
  dataDigestOf,
  encodeKind,
  environmentIdOf,
  environmentKeyTypedData,
  logIdOf,
  modelIdOf,
  verdictIdOf,
} from '@assay/sdk/formats'
import { type Hex, toHex, zeroAddress, zeroHash } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import { accountOf, type LocalChain } from '../../indexer/support/chain.ts'
import type { By, ContractsModel } from './contracts-model.ts'
import type { Random } from './random.ts'
import { type SignedMessage, signMessage } from './signed.ts'

export type ContractKey = keyof LocalChain['addresses']

/** One call to a contract, and what the model says of it: the errors that may refuse it. */
export type Operation = {
  contract: ContractKey
  functionName: string
  args: readonly unknown[]
  sender: LocalAccount
  expected: string[]
  /** Of many batches, those that the model rejects, by position. */
  rejected?: number[]
}

const far = 4_102_444_800
const owners = [1, 2, 3].map(accountOf)
const keys = [4, 5, 6].map(accountOf)
const relay = accountOf(7)
export const accounts = [...owners, ...keys, relay]
const lower = (account: LocalAccount) => account.address.toLowerCase()
const word = (n: number) => toHex(n, { size: 32 })

/** Makes random operations, most of them sound, each of the others wrong in some way. */
export function operations(chain: LocalChain, model: ContractsModel, random: Random) {
  const { addresses, chainId } = chain
  const known = { environments: [] as Hex[], roots: 0 }
  const at = (contract: ContractKey) => ({ address: addresses[contract], chainId })
  const since = () => model.time + (random.once(12) ? 50 : -random.below(3_000))
  const until = () =>
    random.once(12) ? model.time - 1 - random.below(9) : model.time + random.below(9_000)

  /** The account itself, a stranger, or a relay with a signature that is right or wrong in one way. */
  async function inNameOf(
    contract: ContractKey,
    account: LocalAccount,
    message: SignedMessage,
    content: Record<string, unknown>,
    options: { nonce?: boolean } = {},
  ): Promise<{ by: By; sender: LocalAccount; proof: unknown[] | undefined }> {
    if (random.once(2)) {
      return { by: { sender: lower(account) }, sender: account, proof: undefined }
    }
    const signer = random.once(8) ? random.pick(accounts) : account
    const deadline = random.once(10) ? model.time - 1 : far
    const name = `${contract[0]?.toUpperCase()}${contract.slice(1)}`
    const next = model.nonces.get(`${name} ${lower(account)}`) ?? 0n
    const nonce = random.once(10) ? (next === 0n || random.once(2) ? next + 1n : next - 1n) : next
    const withNonce = options.nonce ?? true
    const full = { ...content, ...(withNonce ? { nonce } : {}), deadline: BigInt(deadline) }
    const signature = await signMessage(signer, at(contract), message, full)
    return {
      by: {
        sender: lower(relay),
        signed: { by: lower(signer), deadline, ...(withNonce ? { nonce } : {}) },
      },
      sender: relay,
      proof: [...(withNonce ? [nonce] : []), BigInt(deadline), signature],
    }
  }

  async function aboutSessionKey(
    message: SignedMessage,
    functionName: string,
    content: Record<string, unknown>,
    apply: (by: By, owner: string) => string[],
  ): Promise<Operation> {
    const owner = random.pick(owners)
    const full = { owner: owner.address, ...content }
    const { by, sender, proof } = await inNameOf('inferenceLog', owner, message, full)
    const args = proof ? [...Object.values(full), ...proof] : Object.values(content)
    return {
      contract: 'inferenceLog',
      functionName: proof ? `${functionName}BySig` : functionName,
      args,
      sender,
      expected: apply(by, lower(owner)),
    }
  }

  const sessionKey = () => (random.once(20) ? zeroAddress : random.pick(keys).address)

  const authorize = () => {
    const key = sessionKey()
    const expiresAt = until()
    return aboutSessionKey(
      'SessionKeyAuthorization',
      'authorize',
      { sessionKey: key, expiresAt },
      (by, owner) => model.authorize(by, owner, key.toLowerCase(), expiresAt),
    )
  }
  const revokeSessionKey = () => {
    const key = accountOf(100 + random.below(60)).address
    const real = random.once(80) ? random.pick(keys).address : key
    return aboutSessionKey(
      'SessionKeyRevocation',
      'revokeSessionKey',
      { sessionKey: real },
      (by, owner) => model.revokeSessionKey(by, owner, real.toLowerCase()),
    )
  }
  const reportSessionKey = () => {
    const [key, when] = [sessionKey(), since()]
    return aboutSessionKey(
      'SessionKeyCompromise',
      'reportCompromise',
      { sessionKey: key, since: when },
      (by, owner) => model.reportSessionKey(by, owner, key.toLowerCase(), when),
    )
  }

  /** An inference log, and where its next batch begins or, now and then, does not. */
  function place() {
    const [owner, key, instance] = [random.pick(owners), random.pick(keys), word(random.below(2))]
    const log = { owner: owner.address, sessionKey: key.address, instance }
    const logId = logIdOf({ ...log, chainId, inferenceLog: addresses.inferenceLog })
    const head = model.heads.get(logId) ?? 0n
    const first = random.once(9)
      ? head + BigInt(random.below(3))
      : random.once(9) && head > 0n
        ? head - 1n
        : head
    const known = { logId, owner: lower(owner), sessionKey: lower(key) }
    return { owner, key, log, logId, first, known }
  }

  function batchAt(logId: Hex, first: bigint) {
    const count = 1 + random.below(4)
    const mode = random.once(2) ? 'inline' : 'external'
    const records = Array.from({ length: count }, () => ({
      modelId: word(random.below(2)),
      environmentId: word(random.below(2)),
      commitment: word(++known.roots),
      servedAt: BigInt(random.below(1e9)),
    }))
    return buildBatch(logId, first, records, mode)
  }
  let last: { where: ReturnType<typeof place>; batch: ReturnType<typeof batchAt> } | undefined

  async function settle(): Promise<Operation> {
    let where = place()
    let batch = batchAt(where.logId, where.first)
    // The identical batch again, or an external one with a root that stands elsewhere.
    if (last && random.once(8)) {
      where = last.where
      batch = last.batch
      if (random.once(2)) batch = { ...batch, mode: 'external', first: batch.first + 1n }
    } else last = { where, batch }
    const { owner, key, log, known: names } = where
    const inline = batch.mode === 'inline'
    const wrong =
      inline && random.once(9) ? random.pick(['count', 'root', 'length'] as const) : undefined
    const stated = {
      ...batch,
      ...(wrong === 'count' ? { count: batch.count + 1 } : {}),
      ...(wrong === 'root' ? { root: word(++known.roots) } : {}),
      ...(!inline && random.once(15) ? { count: 0 } : {}),
    }
    const data = wrong === 'length' ? batch.data.slice(0, -1) : batch.data
    const errors = {
      count: 'InferenceLog_CountMismatch',
      root: 'InferenceLog_RootMismatch',
      length: 'BatchData_LengthMismatch',
    }
    const speaker = random.once(10) ? random.pick(accounts) : random.once(4) ? owner : key
    const bySig = random.once(2)
    const what = inline ? [toHex(data)] : [batch.dataDigest, '0x']
    const signature =
      wrong === 'length'
        ? await signBatch(speaker, { ...stated, dataDigest: dataDigestOf(data) })
        : await signBatch(speaker, stated)
    const by: By = bySig
      ? { sender: lower(relay), signed: { by: lower(speaker), deadline: far } }
      : { sender: lower(speaker) }
    const expected = model.settle(by, names, {
      first: stated.first,
      count: stated.count,
      root: stated.root,
      mode: inline ? 0 : 1,
      dataErrors: wrong ? [errors[wrong]] : [],
    })
    return {
      contract: 'inferenceLog',
      functionName: `settle${inline ? 'Inline' : 'External'}${bySig ? 'BySig' : ''}`,
      args: [log, stated.first, stated.count, stated.root, ...what, ...(bySig ? [signature] : [])],
      sender: bySig ? relay : speaker,
      expected,
    }
  }

  const signBatch = (by: LocalAccount, batch: ReturnType<typeof batchAt>) =>
    by.signTypedData(batchTypedData(batch, chainId, addresses.inferenceLog))

  async function settleMany(): Promise<Operation> {
    const batches: unknown[] = []
    const rejected: number[] = []
    for (let i = 0; i < 1 + random.below(4); i++) {
      const { owner, key, log, logId, first, known: names } = place()
      const batch = batchAt(logId, first)
      const signer = random.once(8) ? random.pick(accounts) : random.once(3) ? owner : key
      const mode = batch.mode === 'inline' ? 0 : 1
      const by = { sender: lower(relay), signed: { by: lower(signer), deadline: far } }
      const { count, root, dataDigest } = batch
      const errors = model.settle(by, names, { first, count, root, mode, dataErrors: [] })
      if (errors.length > 0) rejected.push(i)
      const signature = await signBatch(signer, batch)
      const data = mode === 0 ? toHex(batch.data) : '0x'
      batches.push({ log, first, count, root, mode, dataDigest, data, signature })
    }
    const call = { contract: 'inferenceLog', functionName: 'settleMany' } as const
    return { ...call, args: [batches], sender: relay, expected: [], rejected }
  }

  async function skip(): Promise<Operation> {
    const { owner, log, logId, first, known: names } = place()
    const count = random.once(8) ? 0 : 1 + random.below(3)
    const content = { logId, first, count }
    const who = await inNameOf('inferenceLog', owner, 'Skip', content, { nonce: false })
    const sender = !who.proof && random.once(8) ? random.pick(accounts) : who.sender
    const by = who.proof ? who.by : { sender: lower(sender) }
    return {
      contract: 'inferenceLog',
      functionName: who.proof ? 'skipBySig' : 'skip',
      args: [log, first, count, ...(who.proof ?? [])],
      sender,
      expected: model.skip(by, names, first, count),
    }
  }

  async function publish(): Promise<Operation> {
    const publisher = random.pick(owners)
    const publication = {
      name: random.once(15) ? '' : `model ${random.below(40)}`,
      version: random.once(15) ? '' : String(random.below(4)),
      manifestDigest: word(random.below(12)),
      signingRoot: zeroHash,
      uri: 'ipfs://x',
    }
    const content = { publisher: publisher.address, ...publication }
    const who = await inNameOf('modelRegistry', publisher, 'ModelPublication', content)
    const { name, version, manifestDigest } = publication
    const modelId = modelIdOf(content)
    return {
      contract: 'modelRegistry',
      functionName: who.proof ? 'publishBySig' : 'publish',
      args: who.proof ? [publisher.address, publication, ...who.proof] : [publication],
      sender: who.sender,
      expected: model.publish(who.by, lower(publisher), modelId, name, version, manifestDigest),
    }
  }

  async function retire(): Promise<Operation> {
    const publisher = random.pick(owners)
    const mine = [...model.models].filter(([, m]) => m.publisher === lower(publisher))
    const from =
      random.once(4) || mine.length === 0
        ? [...model.models.keys(), word(0)]
        : mine.map(([id]) => id)
    const modelId = random.pick(from)
    const content = { modelId, reason: 'why' }
    const who = await inNameOf('modelRegistry', publisher, 'ModelRetirement', content)
    return {
      contract: 'modelRegistry',
      functionName: who.proof ? 'retireBySig' : 'retire',
      args: who.proof ? [publisher.address, modelId, 'why', ...who.proof] : [modelId, 'why'],
      sender: who.sender,
      expected: model.retire(who.by, lower(publisher), modelId),
    }
  }

  async function register(): Promise<Operation> {
    const registrant = random.pick(owners)
    const holder = random.pick(keys)
    const secp = random.once(3)
    const claim = {
      kind: 'tdx',
      measurement: word(random.below(60)),
      keyType: secp ? ('secp256k1' as const) : ('ed25519' as const),
      key: secp ? holder.publicKey : word(random.below(5)),
      attestationDigest: zeroHash,
    }
    const wrongKey = random.once(15)
    if (wrongKey) claim.key = '0x1234'
    const environmentRegistry = addresses.environmentRegistry
    const id = environmentIdOf(claim, {
      chainId,
      environmentRegistry,
      registrant: registrant.address,
    })
    const signer = random.once(8) ? random.pick(accounts) : holder
    const proof = secp
      ? await signer.signTypedData(environmentKeyTypedData(id, chainId, environmentRegistry))
      : '0x'
    const noKind = random.once(20)
    const validUntil = until()
    const registration = {
      ...claim,
      kind: noKind ? zeroHash : encodeKind(claim.kind),
      keyType: secp ? 1 : 3,
      validUntil,
      verifier: zeroAddress,
      uri: '',
    }
    const content = { environmentId: id, validUntil, verifier: zeroAddress, uri: '' }
    const who = await inNameOf(
      'environmentRegistry',
      registrant,
      'EnvironmentRegistration',
      content,
    )
    const errors = [
      ...(wrongKey ? ['EnvironmentRegistry_InvalidKey'] : []),
      ...(secp && signer !== holder ? ['EnvironmentRegistry_NoProofOfPossession'] : []),
      // Without a kind it is another environment, for which neither the key nor the registrant has signed.
      ...(noKind ? ['EnvironmentRegistry_EmptyKind', 'EnvironmentRegistry_InvalidSignature'] : []),
    ]
    const args = [registration, proof, '0x']
    const expected = model.register(who.by, lower(registrant), id, validUntil, errors)
    if (noKind && expected.length > 0) expected.push('EnvironmentRegistry_InvalidSignature')
    if (expected.length === 0) known.environments.push(id)
    return {
      contract: 'environmentRegistry',
      functionName: who.proof ? 'registerBySig' : 'register',
      args: who.proof ? [registrant.address, ...args, ...who.proof] : args,
      sender: who.sender,
      expected,
    }
  }

  async function aboutEnvironment(): Promise<Operation> {
    const id =
      random.once(15) || known.environments.length === 0 ? word(0) : random.pick(known.environments)
    const registrant = random.once(6)
      ? random.pick(owners)
      : (owners.find((o) => lower(o) === model.environments.get(id)?.registrant) ??
        random.pick(owners))
    const revokes = random.once(3)
    const when = since()
    const content = revokes ? { environmentId: id } : { environmentId: id, since: when }
    const message = revokes ? 'EnvironmentRevocation' : 'EnvironmentCompromise'
    const who = await inNameOf('environmentRegistry', registrant, message, content)
    const args = Object.values(content)
    const name = revokes ? 'revoke' : 'reportCompromise'
    return {
      contract: 'environmentRegistry',
      functionName: who.proof ? `${name}BySig` : name,
      args: who.proof ? [registrant.address, ...args, ...who.proof] : args,
      sender: who.sender,
      expected: revokes
        ? model.revokeEnvironment(who.by, lower(registrant), id)
        : model.reportEnvironment(who.by, lower(registrant), id, when),
    }
  }

  async function verdicts(): Promise<Operation> {
    const author = random.pick(owners)
    const list = Array.from({ length: random.once(8) ? 0 : 1 + random.below(3) }, () => ({
      subjectKind: random.below(3),
      subject: word(random.once(12) ? 0 : 1 + random.below(9)),
      score: random.once(12) ? 101 : random.below(101),
      tag: 'replay',
      evidenceDigest: zeroHash,
      uri: '',
    }))
    const posts = random.once(2)
    const verdictRegistry = addresses.verdictRegistry
    const ids = list.map((verdict) =>
      verdictIdOf(
        { ...verdict, subjectKind: 'model', score: verdict.score % 101 },
        { chainId, verdictRegistry, author: author.address },
      ),
    )
    const content = posts ? { verdicts: list } : { verdictIds: ids }
    const message = posts ? 'VerdictPost' : 'VerdictWithdrawal'
    const full = { author: author.address, ...content }
    const who = await inNameOf('verdictRegistry', author, message, full)
    const errors = [
      ...(list.length === 0 ? ['VerdictRegistry_Empty'] : []),
      ...(posts && list.some((v) => BigInt(v.subject) === 0n)
        ? ['VerdictRegistry_ZeroSubject']
        : []),
      ...(posts && list.some((v) => v.score > 100) ? ['VerdictRegistry_ScoreOutOfRange'] : []),
    ]
    const name = posts ? 'post' : 'withdraw'
    return {
      contract: 'verdictRegistry',
      functionName: who.proof ? `${name}BySig` : name,
      args: who.proof ? [author.address, posts ? list : ids, ...who.proof] : [posts ? list : ids],
      sender: who.sender,
      expected: model.verdicts(who.by, lower(author), errors),
    }
  }

  const kinds = [
    ...[authorize, authorize, revokeSessionKey, reportSessionKey],
    ...[settle, settle, settle, settle, settleMany, skip],
    ...[publish, publish, retire, register, register, aboutEnvironment, aboutEnvironment, verdicts],
  ]
  return () => random.pick(kinds)()
}
