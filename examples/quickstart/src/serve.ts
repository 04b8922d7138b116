/**
 * The operator's side: the language model behind an OpenAI-compatible API. One line makes its answers provable in the operator's
 * name: `recorder.handler(app.fetch)`.
 */
import { createRecorder } from '@assay/sdk'
import { serve } from '@hono/node-server'
import { loadLanguageModel } from './language-model.ts'
import { createOpenAiApp } from './openai-server.ts'

const recorder = createRecorder({ scheduledDelayMillis: 1_000 })
const model = await loadLanguageModel()
const app = createOpenAiApp({ model })

const server = serve(
  {
    fetch: recorder.handler((request) => app.fetch(request)),
    hostname: '127.0.0.1',
    port: Number(process.env.PORT ?? 0),
  },
  ({ port }) => console.log(`listening http://127.0.0.1:${port}/v1`),
)

async function stop(): Promise<void> {
  server.close()
  // Whatever is not settled in that time is settled by the next run.
  await Promise.race([recorder.shutdown(), new Promise((over) => setTimeout(over, 1_500))])
  process.exit(0)
}
process.once('SIGTERM', () => void stop())
process.once('SIGINT', () => void stop())
