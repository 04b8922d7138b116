import { batchTypedData, buildBatch, dataDigestOf, logIdOf } from '@assay/sdk/formats'
import { type Address, type Hex, stringToHex, toHex, zeroAddress } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import type { ModelledBatch, Speaker } from './contracts-model.ts'
import { newAccount, type Operation, plentyOfGas, stated, type World } from './operations.ts'

type Log = {
  key: { owner: Address; sessionKey: Address; instance: Hex }
  logId: Hex
  owner: PrivateKeyAccount
  sessionKey: PrivateKeyAccount
}
/** A batch as it is handed in, with what the model has to know of it. */
type Made = { log: Log; batch: ModelledBatch; dataDigest: Hex; variant: string }

/** Random operations of InferenceLog. */
export function createLogOperations(world: World) {
  const { random, model, named, accounts, chain } = world
  const inferenceLog = chain.contracts.InferenceLog.address
  /** The youngest are used most: older ones are revoked or expired. */
  const sessionKeys: { owner: PrivateKeyAccount; account: PrivateKeyAccount }[] = []
  const settled: Made[] = []

  /** @param inForce - One whose owner has authorized it, and can still be heard. */
  async function someKey(inForce = false) {
    if (sessionKeys.length < 4 || random.chance(0.04)) {
      sessionKeys.push({ owner: random.pick(accounts), account: await newAccount(world) })
    }
    const heard = sessionKeys.filter(({ owner, account }) => {
      const state = model.state.sessionKeys.get(`${owner.address}/${account.address}`)
      return state && state.revokedAt === 0 && state.expiresAt >= model.now
    })
    const young = random.chance(0.9) ? sessionKeys.slice(-6) : sessionKeys
    const key = random.pick(inForce && heard.length > 0 ? heard : young)
    for (const { address } of accounts) named.sessionKeys.add(`${address}/${key.account.address}`)
    return key
  }

  async function authorize(): Promise<Operation> {
    const key = await someKey()
    const account = random.chance(0.95) ? key.owner : random.pick(accounts)
    const present = model.state.sessionKeys.get(`${account.address}/${key.account.address}`)
    const variant = random.weighted({ later: 10, same: 1, shortened: 2, past: 1, 'zero key': 1 })
    const sessionKey = variant === 'zero key' ? zeroAddress : key.account.address
    const ending = present?.expiresAt ?? model.now + 10
    const expiresAt = {
      later: Math.max(model.now, ending) + random.below(random.chance(0.5) ? 500 : 1_000_000),
      same: Math.max(model.now, ending),
      shortened: Math.max(model.now, ending - 1),
      past: model.now - 1,
      'zero key': ending,
    }[variant]
    return stated(world, {
      ...{ contract: 'InferenceLog', functionName: 'authorize', variant, account },
      args: [sessionKey, expiresAt],
      types:
        'SessionKeyAuthorization(address owner,address sessionKey,uint48 expiresAt,uint256 nonce,uint256 deadline)',
      message: { owner: account.address, sessionKey, expiresAt },
      act: (by) => model.authorize(by, sessionKey, expiresAt),
    })
  }

  async function revokeSessionKey(): Promise<Operation> {
    const { owner: account, account: key } = await someKey()
    return stated(world, {
      ...{ contract: 'InferenceLog', functionName: 'revokeSessionKey', variant: 'any', account },
      args: [key.address],
      types:
        'SessionKeyRevocation(address owner,address sessionKey,uint256 nonce,uint256 deadline)',
      message: { owner: account.address, sessionKey: key.address },
      act: (by) => model.revokeSessionKey(by, key.address),
    })
  }

  async function reportCompromise(): Promise<Operation> {
    const { owner: account, account: key } = await someKey()
    const variant = random.weighted({ past: 6, present: 1, future: 1, zero: 1 })
    const ages = { past: random.below(100_000), present: 0, future: -1, zero: model.now }
    const since = model.now - ages[variant]
    return stated(world, {
      ...{ contract: 'InferenceLog', functionName: 'reportCompromise', variant, account },
      args: [key.address, since],
      types:
        'SessionKeyCompromise(address owner,address sessionKey,uint48 since,uint256 nonce,uint256 deadline)',
      message: { owner: account.address, sessionKey: key.address, since },
      act: (by) => model.reportKey(by, key.address, since),
    })
  }

  async function someLog(): Promise<Log> {
    const { owner, account: sessionKey } = await someKey(random.chance(0.6))
    const instance = toHex(random.below(3), { size: 32 })
    const key = { owner: owner.address, sessionKey: sessionKey.address, instance }
    const logId = logIdOf({ ...key, chainId: 31_337, inferenceLog })
    named.heads.add(logId)
    return { key, logId, owner, sessionKey }
  }

  /** Most are small; of those that are not, others handle the data in bulk. */
  const size = (mayBeLarge: boolean) =>
    mayBeLarge && random.chance(0.05) ? 240 + random.below(30) : 1 + random.below(9)
  const records = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      modelId: toHex(i % 3, { size: 32 }),
      environmentId: toHex(i % 2, { size: 32 }),
      commitment: random.hex(32),
      servedAt: BigInt(random.below(2 ** 48)),
    }))

  const faultyData: Record<string, (data: Uint8Array) => Uint8Array> = {
    BatchData_LengthMismatch: (data) => data.slice(0, random.below(data.length)),
    BatchData_UnknownVersion: (data) => data.with(0, 2 + random.below(254)),
    BatchData_Empty: () => Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0),
    BatchData_IndexOutOfRange: (data) => data.with(data.length - 42, 1),
  }

  /** A batch, mostly as the log wants it next. */
  function make(log: Log, head = model.state.heads.get(log.logId) ?? 0n, mayBeLarge = true): Made {
    const variant = random.weighted({
      ...{ good: 22, gap: 1, fork: 1, 'wrong root': 1, 'wrong count': 1, empty: 1, malformed: 3 },
      ...{ again: 2, elsewhere: 1, 'other count': 1 },
    })
    const before = settled.length > 0 ? random.pick(settled) : undefined
    if (before && variant === 'again') return { ...before, variant }
    if (before && variant === 'elsewhere') {
      const first = model.state.heads.get(before.log.logId) ?? 0n
      return { ...before, variant, batch: { ...before.batch, first } }
    }
    if (before && variant === 'other count') {
      return { ...before, variant, batch: { ...before.batch, count: before.batch.count + 1 } }
    }
    const mode = random.pick(['inline', 'external'] as const)
    const first =
      variant === 'gap'
        ? head + 1n + BigInt(random.below(5))
        : variant === 'fork' && head > 0n
          ? BigInt(random.below(Number(head)))
          : head
    const built = buildBatch(log.logId, first, records(size(mayBeLarge)), mode)
    const malformed = variant === 'malformed' ? random.pick(Object.keys(faultyData)) : undefined
    const data = malformed ? faultyData[malformed]!(built.data) : built.data
    return {
      ...{ log, variant, dataDigest: dataDigestOf(data) },
      batch: {
        ...{ log: { ...log.key, logId: log.logId }, first, mode },
        count: variant === 'empty' ? 0 : variant === 'wrong count' ? built.count + 1 : built.count,
        root: variant === 'wrong root' ? random.hex(32) : built.root,
        data: toHex(data),
        // Of an external batch the contract sees no data.
        ...(malformed && mode === 'inline' && { malformed }),
      },
    }
  }

  /** Where the data of an external batch is: mostly in the URI itself, so that whoever reads the chain has it. */
  const uriOf = ({ data }: ModelledBatch): Hex =>
    stringToHex(
      random.chance(0.9)
        ? `data:application/octet-stream;base64,${Buffer.from(data.slice(2), 'hex').toString('base64')}`
        : 'ftp://example.org',
    )

  const chooseSpeaker = (): Speaker => random.weighted({ key: 10, owner: 3, stranger: 1 })
  const accountOf = ({ owner, sessionKey }: Log, speaker: Speaker): PrivateKeyAccount =>
    ({ key: sessionKey, owner, stranger: accounts.find((it) => it !== owner)! })[speaker]

  /** Signed by the speaker; where nobody was to speak, sometimes by the key over another batch. */
  async function sign({ log, batch, dataDigest }: Made, speaker: Speaker): Promise<Hex> {
    const digest = batch.mode === 'inline' ? dataDigestOf(batch.data) : dataDigest
    const data = { logId: log.logId, ...batch, dataDigest: digest }
    const other = speaker === 'stranger' && random.chance(0.5)
    const signed = other ? { ...data, root: random.hex(32) } : data
    const by = accountOf(log, other ? 'key' : speaker)
    return by.signTypedData(batchTypedData(signed, 31_337, inferenceLog))
  }

  function remember(made: Made) {
    named.settlements.add(`${made.log.logId}/${made.batch.root}`)
    const { state } = model
    return (events: string[]) => {
      const stands = state.settlements.get(`${made.log.logId}/${made.batch.root}`)
      if (events.length > 0 && stands?.first === made.batch.first) settled.push(made)
      return events
    }
  }

  async function settle(): Promise<Operation> {
    const made = make(await someLog())
    const { log, batch, dataDigest, variant } = made
    const speaker = chooseSpeaker()
    const bySig = random.chance(0.5)
    const inline = batch.mode === 'inline'
    const place = [log.key, batch.first, batch.count, batch.root]
    const args = [...place, ...(inline ? [batch.data] : [dataDigest, uriOf(batch)])]
    const from = bySig ? random.pick(accounts) : accountOf(log, speaker)
    const after = remember(made)
    return {
      call: {
        ...{ contract: 'InferenceLog', from: from.address, gas: plentyOfGas },
        functionName: `settle${inline ? 'Inline' : 'External'}${bySig ? 'BySig' : ''}`,
        args: bySig ? [...args, await sign(made, speaker)] : args,
      },
      variant: `${variant}, ${speaker}`,
      apply: () =>
        after(model.settle(batch, speaker, bySig ? 'InvalidSignature' : 'CallerNotAllowed')),
    }
  }

  async function settleMany(): Promise<Operation> {
    const starved = random.chance(0.08)
    const parts: { made: Made; speaker: Speaker; signature: Hex }[] = []
    for (let left = starved ? 1 : random.below(6); left > 0; left--) {
      const last = parts.at(-1)?.made
      // Often the same log goes on where the batch before it ends.
      const made =
        last && random.chance(0.4)
          ? make(last.log, last.batch.first + BigInt(last.batch.count))
          : make(await someLog(), undefined, !starved)
      const speaker = chooseSpeaker()
      parts.push({ made, speaker, signature: await sign(made, speaker) })
    }
    const batches = parts.map(({ made: { log, batch, dataDigest }, signature }) => ({
      ...{ log: log.key, first: batch.first, count: batch.count, root: batch.root, signature },
      ...(batch.mode === 'inline'
        ? { mode: 0, dataDigest: random.hex(32), data: batch.data }
        : { mode: 1, dataDigest, data: uriOf(batch) }),
    }))
    const after = parts.map(({ made }) => remember(made))
    return {
      call: {
        ...{ contract: 'InferenceLog', functionName: 'settleMany', args: [batches] },
        ...{ from: random.pick(accounts).address, gas: starved ? 500_000 : plentyOfGas },
      },
      variant: starved ? 'too little gas' : `${parts.length}`,
      apply: () => {
        const events = model.settleMany(
          parts.map(({ made, speaker }) => [made.batch, speaker] as const),
          starved,
        )
        for (const it of after) it(events)
        return events
      },
    }
  }

  async function skip(): Promise<Operation> {
    const log = await someLog()
    const head = model.state.heads.get(log.logId) ?? 0n
    const variant = random.weighted({ good: 6, gap: 1, fork: 1, empty: 1, stranger: 1 })
    const first = variant === 'gap' ? head + 2n : variant === 'fork' && head > 0n ? head - 1n : head
    const count = variant === 'empty' ? 0 : random.chance(0.05) ? 2 ** 32 - 1 : 1 + random.below(40)
    const account = variant === 'stranger' ? log.sessionKey : log.owner
    const place = { ...log.key, logId: log.logId }
    const args = [log.key, first, count]
    if (variant === 'stranger') {
      return {
        call: {
          ...{ contract: 'InferenceLog', functionName: 'skip', args },
          ...{ from: account.address, gas: plentyOfGas },
        },
        variant,
        apply: () => model.skip(account.address, place, first, count),
      }
    }
    return stated(world, {
      ...{ contract: 'InferenceLog', functionName: 'skip', variant, account, args, named: false },
      types: 'Skip(bytes32 logId,uint64 first,uint32 count,uint256 deadline)',
      message: { logId: log.logId, first, count },
      act: (by) => model.skip(by, place, first, count),
    })
  }

  return { authorize, revokeSessionKey, reportCompromise, settle, settleMany, skip }
}
