import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { graphql } from 'ponder'
import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { batchLoader } from '../../batches/shared.ts'
import { readSettings } from '../../settings.ts'
import { addressOf, jsonAnswer, RequestError, wordOf } from './answers.ts'
import { servedChains } from './chains.ts'
import { ownerEvents } from './events.ts'
import { figuresReader } from './figures.ts'
import { listInferences } from './inferences.ts'
import { loadBatchesOf, loadOpenBatches } from './open-batches.ts'
import { proofOf } from './proof.ts'
import { readiness } from './ready.ts'
import { endWithReplacedChain } from './replaced-chain.ts'
import { tellRowsState } from './rows-state.ts'
import { pruneUploads, serveBatchData } from './uploads.ts'
import { stateOf } from './state.ts'
import { statsOf } from './stats.ts'
import { endWhenStuck } from './stuck.ts'
import { sayVersionIsUsed } from './version-use.ts'

const settings = readSettings(process.env)
const chains = servedChains(settings.chains)

// Not where rows are only served: whoever writes them sees to it.
const writes = process.argv.includes('start')
await sayVersionIsUsed(settings, writes)
if (writes) {
  for (const { chainId, rpcUrls } of settings.chains) {
    endWithReplacedChain(chainId, rpcUrls)
    endWhenStuck(chainId, chains.get(chainId)!.readHead, settings.stuckSeconds)
  }
  loadOpenBatches(batchLoader)
  pruneUploads(settings, async () => (await readiness(chains, settings.readyBlocks)).ready)
}
const readFigures = figuresReader(chains)

// `/sql` is left out on purpose: a slow query there is tried ten times over, by anyone.
const app = new Hono()

const batchData = serveBatchData(batchLoader.store, settings)
app.all('/batches/:digest', async (c) => {
  const response = await batchData(c.req.raw)
  if (writes && c.req.method === 'PUT' && response.ok) {
    // Whoever puts it has no need to know whether anybody waits for it.
    await loadBatchesOf(batchLoader, `0x${c.req.param('digest')}`).catch(() => undefined)
  }
  return response
})

// For the gateway, which lets nobody through to them.
app.get('/assay/ready', async (c) => jsonAnswer(c, await readiness(chains, settings.readyBlocks)))
app.get('/assay/metrics', async (c) => c.text(await readFigures()))

app.use(bodyLimit({ maxSize: 64 * 1024 }))
// Of what is only served: the writer's own gateway is started anew with it.
if (!writes) app.use(tellRowsState())
app.use('/graphql', graphql({ db, schema }))
app.get('/inferences', async (c) => jsonAnswer(c, await listInferences(c.req.query(), chains)))
app.get('/inferences/:id', async (c) => {
  const id = wordOf('id', c.req.param('id'))
  return jsonAnswer(c, await stateOf(id, chains))
})
app.get('/inferences/:id/proof', async (c) => {
  return jsonAnswer(c, await proofOf(wordOf('id', c.req.param('id')), chains))
})
app.get('/stats', async (c) => jsonAnswer(c, await statsOf(c.req.query())))
app.get('/owners/:address/events', async (c) => {
  const owner = addressOf('address', c.req.param('address'))
  return jsonAnswer(c, await ownerEvents(owner, c.req.query()))
})
app.onError((error, c) => {
  if (error instanceof RequestError) return jsonAnswer(c, { error: error.message }, error.status)
  console.error(error)
  // The cause may name what is nobody's business.
  return jsonAnswer(c, { error: 'the database gives no answer' }, 503)
})

export default app
