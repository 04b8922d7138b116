import { attestationReader, checkEnvironment, readArchive, verifyArchive } from '@assay/attestation'
import type { EnvironmentClaim } from '@assay/sdk/formats'
import type { Environment } from '../../../sdk/src/actions/getEnvironment.ts'
import canonicalize from 'canonicalize'
import { type Hex, sha256, toHex } from 'viem'
import type { Random } from '../../contracts/support/random.ts'
import { type Archived, archivedPairs } from './archived.ts'
import { judgedAt } from './chains.ts'
import { type HostileCase, type HostileKind, Unproven } from './hostile-run.ts'
import { mutateJson } from './mutated-json.ts'
import { mutate } from './mutations.ts'
import { swapped } from './swapped.ts'

type Members = Record<string, unknown>
type Events = { content?: { name: string; payload: string } }[]
const membersOf = ({ bytes }: Archived) => JSON.parse(bytes.toString()) as Members
const canonical = (members: unknown) => Buffer.from(canonicalize(members) as string)

/**
 * Makes cases of archives with something changed or put in from another one, registered by the digest that they then have; and of good ones
 * that are registered with something else.
 */
export function hostileArchive(): HostileKind {
  const pairs = archivedPairs()
  const pins = pairs.flat().map(({ pin }) => pin)
  const all = pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const])

  /** What a reader says who holds these bytes. */
  function caseOf(bytes: Buffer, claim: EnvironmentClaim): HostileCase {
    const verify = async () => {
      const reader = attestationReader({ archives: [bytes] })
      const found = await reader.checkArchive(claim as Environment, judgedAt, pins)
      if (!found) throw new Unproven('not at hand')
    }
    return { what: `${JSON.stringify(claim)} ${bytes.toString('base64')}`, verify }
  }
  const registered = (bytes: Buffer, { claim }: Archived) =>
    caseOf(bytes, { ...claim, attestationDigest: sha256(bytes) })

  function next(random: Random): HostileCase {
    const [good, other] = random.pick(all)
    const way = random.weighted({ bytes: 6, member: 8, swap: 4, shift: 1, claim: 1 })
    if (way === 'claim') return withOtherClaim(good, other, random)
    const change = {
      bytes: () => mutate(good.bytes, random),
      member: () => canonicalOr(mutateJson(membersOf(good), random)),
      swap: () => canonical(swapped(membersOf(good), membersOf(other), random)),
      shift: () => canonical(shifted(membersOf(good), random)),
    }[way]
    const bytes = change()
    return saysNothingElse(bytes, good) ? next(random) : registered(bytes, good)
  }

  function withOtherClaim(good: Archived, other: Archived, random: Random): HostileCase {
    const { bytes, claim } = good
    return random.pick([
      () => caseOf(mutate(bytes, random), claim),
      () => caseOf(bytes, { ...claim, attestationDigest: random.hex(32) }),
      () => caseOf(bytes, { ...claim, measurement: other.claim.measurement }),
      () => caseOf(bytes, { ...claim, kind: random.pick(pairs.flat()).claim.kind + ' ' }),
      () => caseOf(bytes, { ...claim, key: changedKey(claim.key, random) }),
      () => caseOf(bytes, { ...claim, keyType: random.pick(['secp256k1', 'p256', 'rsa', 'none']) }),
      () => registered(other.bytes, good),
      () => withOtherDigest(good, random.hex(32)),
    ])()
  }
  return { goods: all.map(([good]) => registered(good.bytes, good)), next }

  /** As who has archive and digest from different places would judge it. */
  function withOtherDigest({ bytes, claim }: Archived, digest: Hex): HostileCase {
    return {
      what: digest,
      verify: () => {
        const report = verifyArchive(readArchive(bytes), { at: judgedAt, pins })
        checkEnvironment(report, claim, digest)
      },
    }
  }
}

const changedKey = (key: Hex, random: Random) =>
  toHex(mutate(Buffer.from(key.slice(2), 'hex'), random))

/** In the one form of archives where there is one; as it is where there is none. */
function canonicalOr(text: string): Buffer {
  try {
    return canonical(JSON.parse(text))
  } catch {
    return Buffer.from(text)
  }
}

/** What parts the name of an event from its payload does so elsewhere: the same bytes are measured. */
function shifted(members: Members, random: Random): Members {
  const { eventLog } = (members.collateral ?? {}) as { eventLog?: Events }
  const event = eventLog && random.pick(eventLog)
  if (!event?.content) return members
  const { name, payload } = event.content
  const measured = `${name}:${Buffer.from(payload, 'base64').toString('latin1')}`
  const places = [...measured].flatMap((unit, i) => (unit === ':' ? [i] : []))
  const place = random.pick(places)
  event.content.name = measured.slice(0, place)
  event.content.payload = Buffer.from(measured.slice(place + 1), 'latin1').toString('base64')
  return members
}

/**
 * Whether an archive says nothing else than the good one: nothing was changed, or parts are left out that a document may come without, which
 * its report then says: a list of revocations, a log of events, the content of an event.
 */
function saysNothingElse(bytes: Buffer, good: Archived): boolean {
  if (bytes.equals(good.bytes)) return true
  let changed: Members
  try {
    changed = JSON.parse(bytes.toString()) as Members
    if (!canonical(changed).equals(bytes)) return false
  } catch {
    return false
  }
  const whole = membersOf(good)
  const [its, all] = [changed.collateral, whole.collateral] as [Members | null, Members | undefined]
  if (typeof its !== 'object' || its === null || !all) return false
  for (const name of ['revocationList', 'eventLog']) if (!(name in its)) its[name] = all[name]
  const events = Array.isArray(its.eventLog) ? (its.eventLog as unknown[]) : []
  for (const [i, event] of events.entries()) {
    const { content } = (all.eventLog as Events)[i] ?? {}
    const isObject = typeof event === 'object' && event !== null && !('content' in event)
    if (isObject) Object.assign(event, { content })
  }
  return canonical(changed).equals(good.bytes)
}
