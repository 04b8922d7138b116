/**
 * Nobody but an account itself changes its records: every function that writes is called by a stranger, on its own behalf and on
 * somebody else's, and the storage slots that it writes are compared with those that hold the other's records.
 */
import * as abis from '@assay/sdk/abi'
import {
  batchTypedData,
  buildBatch,
  encodeKind,
  environmentIdOf,
  logIdOf,
  modelIdOf,
} from '@assay/sdk/formats'
import {
  type Abi,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  keccak256,
  toHex,
  zeroAddress,
  zeroHash,
} from 'viem'
import type { LocalAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, type LocalChain, startChain } from '../indexer/support/chain.ts'
import { type SignedMessage, signMessage } from './support/signed.ts'

const far = 4_102_444_800
const deadline = BigInt(far)
const [victim, stranger, relay] = [accountOf(1), accountOf(2), accountOf(3)]
const victimKey = accountOf(4)
const instance = toHex(1n, { size: 32 })

type Name = 'ModelRegistry' | 'EnvironmentRegistry' | 'InferenceLog' | 'VerdictRegistry'
const contracts: Record<Name, { abi: Abi; key: keyof LocalChain['addresses'] }> = {
  ModelRegistry: { abi: abis.modelRegistryAbi, key: 'modelRegistry' },
  EnvironmentRegistry: { abi: abis.environmentRegistryAbi, key: 'environmentRegistry' },
  InferenceLog: { abi: abis.inferenceLogAbi, key: 'inferenceLog' },
  VerdictRegistry: { abi: abis.verdictRegistryAbi, key: 'verdictRegistry' },
}

let chain: LocalChain
const slots = new Map<Name, Set<Hex>>()

const at = (name: Name) => ({
  address: chain.addresses[contracts[name].key],
  chainId: chain.chainId,
})

/** Sends a call, reverting or not. @returns The slots it wrote; undefined if it reverted. */
async function writesOf(name: Name, by: LocalAccount, functionName: string, args: unknown[]) {
  const data = encodeFunctionData({ abi: contracts[name].abi, functionName, args })
  let hash: Hex
  try {
    const to = at(name).address
    hash = await chain.client.sendTransaction({ account: by, to, data, gas: 5_000_000n })
  } catch {
    // The chain says so at once when a transaction reverts.
    return undefined
  }
  const trace: unknown = await chain.client.request({
    method: 'debug_traceTransaction' as never,
    params: [hash, { disableMemory: true, disableStorage: true }] as never,
  })
  return (trace as { structLogs: { op: string; stack: string[] }[] }).structLogs
    .filter(({ op }) => op === 'SSTORE')
    .map(({ stack }) => toHex(BigInt(`0x${stack.at(-1)?.replace(/^0x/, '')}`), { size: 32 }))
}

const model = {
  name: 'model',
  version: '1',
  manifestDigest: toHex(7n, { size: 32 }),
  signingRoot: zeroHash,
  uri: '',
}
const registration = {
  kind: encodeKind('none'),
  measurement: zeroHash,
  keyType: 0,
  key: '0x' as Hex,
  attestationDigest: zeroHash,
  validUntil: far,
  verifier: zeroAddress,
  uri: '',
}
const verdict = {
  subjectKind: 0,
  subject: toHex(7n, { size: 32 }),
  score: 1,
  tag: '',
  evidenceDigest: zeroHash,
  uri: '',
}

const modelOf = (of: LocalAccount, name = model.name) =>
  modelIdOf({ publisher: of.address, ...model, name })
const environmentOf = (of: LocalAccount) =>
  environmentIdOf(
    { ...registration, kind: 'none', keyType: 'none' },
    {
      chainId: chain.chainId,
      environmentRegistry: at('EnvironmentRegistry').address,
      registrant: of.address,
    },
  )
/** The victim's session key and instance in everybody's name: what differs is the owner alone. */
const logOf = (of: LocalAccount) => ({
  owner: of.address,
  sessionKey: victimKey.address,
  instance,
})
const batchOf = (of: LocalAccount, first: bigint, mode: 'inline' | 'external') => {
  const place = { ...logOf(of), chainId: chain.chainId, inferenceLog: at('InferenceLog').address }
  const record = {
    modelId: zeroHash,
    environmentId: zeroHash,
    commitment: toHex(first, { size: 32 }),
    servedAt: 1n,
  }
  return buildBatch(logIdOf(place), first, [record], mode)
}

/** One call: what it does, who sends it, and whether it may go through. */
type Call = { args: unknown[]; by: LocalAccount; passes: boolean }

/** In somebody's name by the stranger's signature: refused for the victim, the stranger's own affair for itself. */
async function signed(
  name: Name,
  message: SignedMessage,
  contentOf: (of: LocalAccount) => Record<string, unknown>,
  argsOf: (of: LocalAccount, proof: { nonce: bigint; signature: Hex }) => unknown[],
): Promise<Call[]> {
  const calls = [victim, stranger].map(async (of) => {
    const nonce = await nonceOf(name, of)
    const content = { ...contentOf(of), nonce, deadline }
    const signature = await signMessage(stranger, at(name), message, content)
    return { args: argsOf(of, { nonce, signature }), by: relay, passes: of === stranger }
  })
  return Promise.all(calls)
}

const nonceOf = (name: Name, of: LocalAccount) =>
  chain.client.readContract({
    address: at(name).address,
    abi: contracts[name].abi,
    functionName: 'nonces',
    args: [of.address],
  }) as Promise<bigint>

const both = (argsOf: (of: LocalAccount) => unknown[]): Call[] =>
  [victim, stranger].map((of) => ({ args: argsOf(of), by: stranger, passes: of === stranger }))
const own = (...args: unknown[]): Call[] => [{ args, by: stranger, passes: true }]

const signBatch = (batch: ReturnType<typeof batchOf>, by: LocalAccount) =>
  by.signTypedData(batchTypedData(batch, chain.chainId, at('InferenceLog').address))

/** Every function that writes. The order matters where one needs what another has written. */
const calls: Record<string, () => Call[] | Promise<Call[]>> = {
  'ModelRegistry.publish': () => own(model),
  'ModelRegistry.publishBySig': () =>
    signed(
      'ModelRegistry',
      'ModelPublication',
      (of) => ({ publisher: of.address, ...model, name: 'by sig' }),
      (of, { nonce, signature }) => [
        of.address,
        { ...model, name: 'by sig' },
        nonce,
        deadline,
        signature,
      ],
    ),
  'ModelRegistry.retire': () => both((of) => [modelOf(of), 'why']),
  'ModelRegistry.retireBySig': () =>
    signed(
      'ModelRegistry',
      'ModelRetirement',
      (of) => ({ modelId: modelOf(of, 'by sig'), reason: '' }),
      (of, { nonce, signature }) => [
        of.address,
        modelOf(of, 'by sig'),
        '',
        nonce,
        deadline,
        signature,
      ],
    ),
  'EnvironmentRegistry.register': () => own(registration, '0x', '0x'),
  'EnvironmentRegistry.registerBySig': () =>
    signed(
      'EnvironmentRegistry',
      'EnvironmentRegistration',
      (of) => ({
        environmentId: environmentIdOf(
          { ...registration, kind: 'none', keyType: 'none', measurement: instance },
          {
            chainId: chain.chainId,
            environmentRegistry: at('EnvironmentRegistry').address,
            registrant: of.address,
          },
        ),
        validUntil: far,
        verifier: zeroAddress,
        uri: '',
      }),
      (of, { nonce, signature }) => [
        of.address,
        { ...registration, measurement: instance },
        '0x',
        '0x',
        nonce,
        deadline,
        signature,
      ],
    ),
  'EnvironmentRegistry.reportCompromise': () => both((of) => [environmentOf(of), 2]),
  'EnvironmentRegistry.reportCompromiseBySig': () =>
    signed(
      'EnvironmentRegistry',
      'EnvironmentCompromise',
      (of) => ({ environmentId: environmentOf(of), since: 1 }),
      (of, { nonce, signature }) => [of.address, environmentOf(of), 1, nonce, deadline, signature],
    ),
  'EnvironmentRegistry.revoke': () => [
    { args: [environmentOf(victim)], by: stranger, passes: false },
  ],
  'EnvironmentRegistry.revokeBySig': () =>
    signed(
      'EnvironmentRegistry',
      'EnvironmentRevocation',
      (of) => ({ environmentId: environmentOf(of) }),
      (of, { nonce, signature }) => [of.address, environmentOf(of), nonce, deadline, signature],
    ),
  'InferenceLog.authorize': () => own(victimKey.address, far),
  'InferenceLog.authorizeBySig': () =>
    signed(
      'InferenceLog',
      'SessionKeyAuthorization',
      (of) => ({ owner: of.address, sessionKey: victimKey.address, expiresAt: far + 1 }),
      (of, { nonce, signature }) => [
        of.address,
        victimKey.address,
        far + 1,
        nonce,
        deadline,
        signature,
      ],
    ),
  'InferenceLog.reportCompromise': () => own(victimKey.address, 2),
  'InferenceLog.reportCompromiseBySig': () =>
    signed(
      'InferenceLog',
      'SessionKeyCompromise',
      (of) => ({ owner: of.address, sessionKey: victimKey.address, since: 1 }),
      (of, { nonce, signature }) => [of.address, victimKey.address, 1, nonce, deadline, signature],
    ),
  'InferenceLog.skip': () => both((of) => [logOf(of), of === victim ? 1n : 0n, 1]),
  'InferenceLog.skipBySig': async () => {
    const skip = async (of: LocalAccount) => {
      const logId = batchOf(of, 0n, 'inline').logId
      const content = { logId, first: 1n, count: 1, deadline }
      const signature = await signMessage(stranger, at('InferenceLog'), 'Skip', content)
      return {
        args: [logOf(of), 1n, 1, deadline, signature],
        by: relay,
        passes: of === stranger,
      }
    }
    return [await skip(victim), await skip(stranger)]
  },
  'InferenceLog.settleInline': () =>
    both((of) => {
      const batch = batchOf(of, of === victim ? 1n : 2n, 'inline')
      return [logOf(of), batch.first, 1, batch.root, toHex(batch.data)]
    }),
  'InferenceLog.settleExternal': () =>
    both((of) => {
      const batch = batchOf(of, of === victim ? 1n : 3n, 'external')
      return [logOf(of), batch.first, 1, batch.root, batch.dataDigest, '0x']
    }),
  'InferenceLog.settleInlineBySig': async () => {
    const [theirs, ours] = [batchOf(victim, 1n, 'inline'), batchOf(stranger, 4n, 'inline')]
    const args = async (of: LocalAccount, batch: typeof ours) => [
      ...[logOf(of), batch.first, 1, batch.root, toHex(batch.data)],
      await signBatch(batch, stranger),
    ]
    return [
      { args: await args(victim, theirs), by: relay, passes: false },
      { args: await args(stranger, ours), by: relay, passes: true },
    ]
  },
  'InferenceLog.settleExternalBySig': async () => {
    const [theirs, ours] = [batchOf(victim, 1n, 'external'), batchOf(stranger, 5n, 'external')]
    const args = async (of: LocalAccount, batch: typeof ours) => [
      ...[logOf(of), batch.first, 1, batch.root, batch.dataDigest, '0x'],
      await signBatch(batch, stranger),
    ]
    return [
      { args: await args(victim, theirs), by: relay, passes: false },
      { args: await args(stranger, ours), by: relay, passes: true },
    ]
  },
  'InferenceLog.settleMany': async () => {
    const batches = [victim, stranger].map(async (of) => {
      const batch = batchOf(of, of === victim ? 1n : 6n, 'inline')
      const signature = await signBatch(batch, stranger)
      return { ...batch, log: logOf(of), mode: 0, data: toHex(batch.data), signature }
    })
    // The victim's is rejected, the stranger's settles.
    return [{ args: [await Promise.all(batches)], by: relay, passes: true }]
  },
  'InferenceLog.revokeSessionKey': () => own(accountOf(9).address),
  'InferenceLog.revokeSessionKeyBySig': () =>
    signed(
      'InferenceLog',
      'SessionKeyRevocation',
      (of) => ({ owner: of.address, sessionKey: victimKey.address }),
      (of, { nonce, signature }) => [of.address, victimKey.address, nonce, deadline, signature],
    ),
  'VerdictRegistry.post': () => own([verdict]),
  'VerdictRegistry.postBySig': () =>
    signed(
      'VerdictRegistry',
      'VerdictPost',
      (of) => ({ author: of.address, verdicts: [verdict] }),
      (of, { nonce, signature }) => [of.address, [verdict], nonce, deadline, signature],
    ),
  'VerdictRegistry.withdraw': () => own([instance]),
  'VerdictRegistry.withdrawBySig': () =>
    signed(
      'VerdictRegistry',
      'VerdictWithdrawal',
      (of) => ({ author: of.address, verdictIds: [instance] }),
      (of, { nonce, signature }) => [of.address, [instance], nonce, deadline, signature],
    ),
}

/** How many models there are of a digest is nobody's own: slot 5 of ModelRegistry is the lists by digest. */
const sharedSlot = keccak256(
  encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [model.manifestDigest, 5n]),
)

beforeAll(async () => {
  chain = await startChain()
  const prepare = async (
    name: Name,
    by: LocalAccount,
    functionName: string,
    ...args: unknown[]
  ) => {
    const writes = await writesOf(name, by, functionName, args)
    expect(writes, `${name}.${functionName}`).toBeDefined()
    slots.set(name, new Set([...(slots.get(name) ?? []), ...(writes ?? [])]))
  }
  await prepare('ModelRegistry', victim, 'publish', model)
  await prepare('EnvironmentRegistry', victim, 'register', registration, '0x', '0x')
  await prepare('InferenceLog', victim, 'authorize', victimKey.address, far)
  const batch = batchOf(victim, 0n, 'inline')
  const settled = [logOf(victim), 0n, 1, batch.root, toHex(batch.data)]
  await prepare('InferenceLog', victimKey, 'settleInline', ...settled)
  // A nonce used in each contract, so that its slot is known too.
  const use = async (
    name: Name,
    message: SignedMessage,
    functionName: string,
    content: Record<string, unknown>,
    ...args: unknown[]
  ) => {
    const full = { ...content, nonce: 0n, deadline }
    const signature = await signMessage(victim, at(name), message, full)
    await prepare(name, relay, functionName, victim.address, ...args, 0n, deadline, signature)
  }
  const later = { ...model, name: 'later' }
  const publisher = victim.address
  await use('ModelRegistry', 'ModelPublication', 'publishBySig', { publisher, ...later }, later)
  const environmentId = environmentOf(victim)
  await use(
    ...(['EnvironmentRegistry', 'EnvironmentCompromise', 'reportCompromiseBySig'] as const),
    { environmentId, since: 5 },
    environmentId,
    5,
  )
  const key = { owner: victim.address, sessionKey: accountOf(8).address }
  await use(
    ...(['InferenceLog', 'SessionKeyRevocation', 'revokeSessionKeyBySig'] as const),
    key,
    key.sessionKey,
  )
  const verdicts = [verdict]
  const author = victim.address
  await use('VerdictRegistry', 'VerdictPost', 'postBySig', { author, verdicts }, verdicts)
  slots.get('ModelRegistry')?.delete(sharedSlot)
})
afterAll(() => chain.stop())

test('every function that writes is listed', () => {
  const writing = Object.entries(contracts).flatMap(([name, { abi }]) =>
    abi.flatMap((item) =>
      item.type === 'function' && !['view', 'pure'].includes(item.stateMutability)
        ? `${name}.${item.name}`
        : [],
    ),
  )
  expect(Object.keys(calls).sort()).toEqual(writing.sort())
})

test.each(Object.keys(calls))('%s: a stranger changes nothing of another account', async (path) => {
  const [name, functionName] = path.split('.') as [Name, string]
  for (const { args, by, passes } of (await calls[path]?.()) ?? []) {
    const writes = await writesOf(name, by, functionName, args)
    expect(writes !== undefined, `passes: ${passes}`).toBe(passes)
    for (const slot of writes ?? []) expect(slots.get(name)).not.toContain(slot)
  }
})

test('the slots that are compared are those that the victim’s own calls write', async () => {
  expect(Object.fromEntries([...slots].map(([name, set]) => [name, set.size > 0]))).toEqual({
    ModelRegistry: true,
    EnvironmentRegistry: true,
    InferenceLog: true,
    VerdictRegistry: true,
  })
  const own = await writesOf('InferenceLog', victim, 'skip', [logOf(victim), 1n, 1])
  expect(own).toHaveLength(1)
  expect(slots.get('InferenceLog')).toContain(own?.[0])
})
