import { batchDataHandler, bearerToken } from '@assay/sdk/stores'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { graphql } from 'ponder'
import { db } from 'ponder:api'
import schema from 'ponder:schema'
import type { Address } from 'viem'
import { batchLoader } from '../../batches/shared.ts'
import { readSettings } from '../../settings.ts'
import { jsonAnswer, RequestError, wordOf } from './answers.ts'
import { chainHeadReader } from './chain-head.ts'
import { listInferences } from './inferences.ts'
import { loadBatchesOf, loadOpenBatches } from './open-batches.ts'
import { proofOf } from './proof.ts'
import { answerReady, readiness } from './ready.ts'
import { endWithReplacedChain } from './replaced-chain.ts'
import { stateOf } from './state.ts'
import { endWhenStuck } from './stuck.ts'

const settings = readSettings(process.env)
const readHead = chainHeadReader(settings.rpcUrls)
const place = {
  chainId: settings.chainId,
  inferenceLog: settings.inferenceLog.toLowerCase() as Address,
}

// Not where rows are only served: whoever writes them sees to it.
const writes = process.argv.includes('start')
if (writes) {
  endWithReplacedChain(settings.chainId, settings.rpcUrls)
  endWhenStuck(readHead, settings.stuckSeconds)
  loadOpenBatches(batchLoader)
}
answerReady(() => readiness(readHead, settings.readyBlocks))

// `/sql` is left out on purpose: a slow query there is tried ten times over, by anyone.
const app = new Hono()

const { batches, batchToken } = settings
const batchData = batchDataHandler({
  ...{ store: batchLoader.store, basePath: '/batches', maxBytes: batches.maxBytes },
  ...(batchToken ? { allow: bearerToken(batchToken) } : {}),
  onError: (error) => console.error(error),
})
app.all('/batches/:digest', async (c) => {
  const response = await batchData(c.req.raw)
  if (writes && c.req.method === 'PUT' && response.ok) {
    // Whoever puts it has no need to know whether anybody waits for it.
    await loadBatchesOf(batchLoader, `0x${c.req.param('digest')}`).catch(() => undefined)
  }
  return response
})

app.use(bodyLimit({ maxSize: 64 * 1024 }))
app.use('/', graphql({ db, schema }))
app.use('/graphql', graphql({ db, schema }))
app.get('/inferences', async (c) => jsonAnswer(c, await listInferences(c.req.query(), place)))
app.get('/inferences/:id', async (c) => {
  const id = wordOf('id', c.req.param('id'))
  return jsonAnswer(c, await stateOf(id, place, readHead))
})
app.get('/inferences/:id/proof', async (c) => {
  return jsonAnswer(c, await proofOf(wordOf('id', c.req.param('id')), place))
})
app.onError((error, c) => {
  if (error instanceof RequestError) return jsonAnswer(c, { error: error.message }, error.status)
  console.error(error)
  // The cause may name what is nobody's business.
  return jsonAnswer(c, { error: 'the database gives no answer' }, 503)
})

export default app
