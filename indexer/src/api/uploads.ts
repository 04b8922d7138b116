import { batchDataHandler, type ReadableBatchStore } from '@assay/sdk/stores'
import { and, eq, gte, lt, or } from 'ponder'
import { db } from 'ponder:api'
import { settlement } from 'ponder:schema'
import type { Hex } from 'viem'
import type { IndexerSettings } from '../../settings.ts'
import { firstPositionOf } from '../../position.ts'
import { fileStreams } from '../../uploads/file-streams.ts'
import { whoseToken } from '../../uploads/tokens.ts'
import { createUploads, type SettledState, type Uploads } from '../../uploads/uploads.ts'
import { readChains } from './event-chains.ts'
import { isLive } from './progress.ts'

type Settings = Pick<IndexerSettings, 'batches' | 'uploads'>

const maxReading = 32
const stallMillis = 30_000
const pruneMillis = 60_000

let shared: Uploads | undefined

/** One for the process, so that what is put and what is removed take turns. */
function uploadsOf({ batches, uploads }: Settings): Uploads {
  shared ??= createUploads({ ...uploads, directory: batches.directory, settledStates })
  return shared
}

/** `GET`, `HEAD` and `PUT /batches/<digest>`. */
export function serveBatchData(store: ReadableBatchStore, settings: Settings) {
  const { batches, uploads } = settings
  const { directory, maxBytes } = batches
  const nameOf = uploads.tokens.length > 0 ? whoseToken(uploads.tokens) : undefined
  return batchDataHandler({
    ...{ store, basePath: '/batches', maxBytes },
    read: fileStreams({ directory, maxBytes, maxReading, stallMillis }),
    ...(nameOf && {
      allow: (request: Request) => nameOf(request) !== undefined,
      async admit(request: Request, dataDigest: Hex, length: number) {
        const it = await uploadsOf(settings).admit(nameOf(request)!, dataDigest, length)
        if (it.admitted) return undefined
        const { status, problem } = it
        const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
        return new Response(JSON.stringify({ error: problem }), { status, headers })
      },
    }),
    onError: (error) => console.error(error),
  })
}

/** Removes, now and then, what was put and never settled. Only while the tables are those of the chain's head: else a settlement may be unknown. */
export function pruneUploads(settings: Settings, isUpToDate: () => Promise<boolean>): void {
  const uploads = uploadsOf(settings)
  const run = async () => {
    try {
      if ((await isLive()) && (await isUpToDate())) await uploads.prune()
    } catch (error) {
      console.error(error)
    }
    setTimeout(() => void run(), pruneMillis).unref()
  }
  void uploads
    .restore()
    .catch((error: unknown) => console.error(error))
    .then(run)
}

/** Of each by itself: however often others have settled one, no other goes unseen. */
async function settledStates(digests: readonly Hex[]): Promise<ReadonlyMap<Hex, SettledState>> {
  const states = new Map<Hex, SettledState>()
  const isFinal = or(
    ...(await readChains()).map(({ chainId, final }) =>
      and(
        gte(settlement.position, firstPositionOf(chainId)),
        lt(settlement.position, firstPositionOf(chainId) + final),
      ),
    ),
  )
  const isNamed = async (condition: ReturnType<typeof and>) => {
    const rows = await db
      .select({ root: settlement.root })
      .from(settlement)
      .where(condition)
      .limit(1)
    return rows.length > 0
  }
  for (const digest of digests) {
    const ofDigest = eq(settlement.dataDigest, digest)
    if (!(await isNamed(ofDigest))) continue
    states.set(digest, (await isNamed(and(ofDigest, isFinal))) ? 'final' : 'settled')
  }
  return states
}
