import { attestationReader } from '@assay/attestation'
import type { Evidence, EvidenceExchange, EvidenceReport } from '@assay/sdk/evidence'
import type { EnvironmentClaim } from '@assay/sdk/formats'
import { zeroAddress } from 'viem'
import type { Environment } from '../../../sdk/src/actions/getEnvironment.ts'
import { signedByOwnKey } from '../../../sdk/src/verify/checks/own-key.ts'
import type { Random } from '../../contracts/support/random.ts'
import { type HostileCase, type HostileKind, Unproven } from './hostile-run.ts'
import { mutateJson } from './mutated-json.ts'
import { mutate } from './mutations.ts'
import { swapped } from './swapped.ts'

/** The key of an environment. */
export type Signer = Pick<EnvironmentClaim, 'keyType' | 'key'>
/** Good evidence: of which exchange, by whose key, and who speaks. */
export type Piece = {
  evidence: Evidence
  exchange: EvidenceExchange
  signer: Signer
  speaker: EvidenceReport['speaker']
}

/** What is particular to a form of evidence. */
export type EvidenceForm = {
  /** Good ones: of two exchanges and two keys at least, with all others about the same exchange and by the same key. */
  pieces: readonly Piece[]
  /** What a content means to whoever reads it, where the same can be written in more ways than one. Throws for what means nothing. */
  meaningOf: (content: string) => string
  /** A piece under which something else is forged, as nobody signed it. */
  forged: (piece: Piece, random: Random) => Pick<Piece, 'evidence' | 'exchange'>
}

const reader = attestationReader()
const formats = ['chat-signature', 'open-gradient', 'aci-receipt', 'chat-signature ', '']

/** What a reader says of a piece of evidence, whoever signed it. */
function readCase({ evidence, exchange }: Pick<Piece, 'evidence' | 'exchange'>): HostileCase {
  return {
    what: JSON.stringify([evidence, shownOf(exchange)]),
    verify: () => read(evidence, exchange),
  }
}

/** With bodies that can be read. */
const shownOf = ({ request, response, ...digests }: EvidenceExchange) => ({
  ...digests,
  bodies: [request, response].map((body) => body && Buffer.from(body).toString()),
})

async function read(evidence: Evidence, exchange: EvidenceExchange): Promise<EvidenceReport> {
  const report = await reader.readEvidence(evidence, exchange)
  if (!report) throw new Unproven('form that is not read')
  return report
}

/** Whether evidence shows of an exchange that an environment's own key signed it, and as the one who is asked for. */
function spokenCase(
  evidence: readonly Evidence[],
  { exchange, signer, speaker }: Omit<Piece, 'evidence'>,
): HostileCase {
  const verify = async () => {
    const findings = await Promise.all(
      evidence.map(async (it) => ({ format: it.format, report: await read(it, exchange) })),
    )
    const subject = { place: { sessionKey: zeroAddress }, signer: 'owner' } as unknown
    const by = signedByOwnKey(
      signer as Environment,
      subject as Parameters<typeof signedByOwnKey>[1],
      findings,
    )
    if (by === undefined) throw new Unproven('key of another environment')
    if (by !== speaker) throw new Unproven(`word of a ${by} alone`)
  }
  return { what: JSON.stringify([evidence, shownOf(exchange), signer, speaker]), verify }
}

/** Makes cases of evidence that is changed, is put under another exchange or environment, or is to be somebody else's word. */
export function hostileEvidence({ pieces, meaningOf, forged }: EvidenceForm): HostileKind {
  const meanings = new Set(pieces.map(({ evidence }) => meaningOf(evidence.content)))
  const ways = { bytes: 5, member: 7, swap: 3, exchange: 3, forged: 3, key: 1, speaker: 1, form: 1 }

  function next(random: Random): HostileCase {
    const [piece, other] = [random.pick(pieces), random.pick(pieces)]
    const way = random.weighted(ways)
    return cases[way](piece, other, random) ?? next(random)
  }

  type Case = (piece: Piece, other: Piece, random: Random) => HostileCase | undefined
  const cases: Record<keyof typeof ways, Case> = {
    bytes: (piece, _, random) =>
      withContent(piece, mutate(Buffer.from(piece.evidence.content), random).toString()),
    member: (piece, _, random) =>
      withContent(piece, mutateJson(JSON.parse(piece.evidence.content), random)),
    swap(piece, other, random) {
      const [mine, its] = [piece, other].map((it) => JSON.parse(it.evidence.content) as object)
      return withContent(piece, JSON.stringify(swapped(mine!, its!, random)))
    },
    exchange({ evidence, exchange }, other, random) {
      const mixed = mixOf(exchange, other.exchange, random)
      return isGood(evidence, mixed) ? undefined : readCase({ evidence, exchange: mixed })
    },
    forged: (piece, _, random) => readCase(forged(piece, random)),
    key(piece, { signer }) {
      if (signer.key === piece.signer.key) return undefined
      return spokenCase([piece.evidence], { ...piece, signer })
    },
    // The environment's gateway spoke, and somebody else's model beside it.
    speaker(piece, other) {
      if (piece.speaker !== 'gateway') return undefined
      const isBeside = other.exchange === piece.exchange && other.signer.key !== piece.signer.key
      const beside = isBeside ? [other.evidence] : []
      return spokenCase([piece.evidence, ...beside], { ...piece, speaker: 'model' })
    },
    form({ evidence, exchange }, _, random) {
      const format = random.pick(formats)
      if (format === evidence.format) return undefined
      return readCase({ evidence: { ...evidence, format }, exchange })
    },
  }
  return { goods: pieces.map((piece) => spokenCase([piece.evidence], piece)), next }

  function withContent({ evidence, exchange }: Piece, content: string): HostileCase | undefined {
    return meansNothingElse(content)
      ? undefined
      : readCase({ evidence: { ...evidence, content }, exchange })
  }

  /** Whether a good piece, such as one by the same key, is about that exchange in the same words. */
  function isGood({ content }: Evidence, { requestDigest, responseDigest }: EvidenceExchange) {
    return pieces.some(
      (it) =>
        it.exchange.requestDigest === requestDigest &&
        it.exchange.responseDigest === responseDigest &&
        meaningOf(it.evidence.content) === meaningOf(content),
    )
  }

  /** Whether a content is that of a good piece, written in another way. About whichever exchange that one is: `exchange` tries these. */
  function meansNothingElse(content: string): boolean {
    try {
      return meanings.has(meaningOf(content))
    } catch {
      return false
    }
  }
}

/** An exchange of which parts are another's, or turned round, or nobody's. */
function mixOf(
  exchange: EvidenceExchange,
  other: EvidenceExchange,
  random: Random,
): EvidenceExchange {
  const { requestDigest, responseDigest, request, response } = exchange
  return random.pick([
    other,
    { ...exchange, requestDigest: other.requestDigest, request: other.request },
    { ...exchange, responseDigest: other.responseDigest, response: other.response },
    { ...exchange, requestDigest: other.requestDigest },
    { ...exchange, responseDigest: other.responseDigest },
    { requestDigest: responseDigest, responseDigest: requestDigest, request, response },
    {
      ...{ requestDigest: responseDigest, responseDigest: requestDigest },
      ...{ request: response, response: request },
    },
    { ...exchange, requestDigest: random.hex(32) },
    { ...exchange, responseDigest: random.hex(32) },
  ])
}
