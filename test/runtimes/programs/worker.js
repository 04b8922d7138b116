/* global Response */
import { fileJournal } from '@assay/sdk'
import { infer, recordInferences, startRecorder } from './inferences.js'

export default {
  async fetch(request, _env, context) {
    const { searchParams, pathname } = new URL(request.url)
    const url = searchParams.get('url')
    if (pathname === '/later') return answerFirst(url, context)
    const seen = await recordInferences(url)
    let refused
    try {
      fileJournal()
    } catch (error) {
      refused = { name: error.name, message: error.message }
    }
    return Response.json({ ...seen, refused, hasProcess: 'process' in globalThis })
  },
}

/** As an application does: it answers, and what it recorded is settled after. */
async function answerFirst(url, context) {
  const { recorder } = startRecorder({
    scheduledDelayMillis: 60_000,
    submit: async ({ batch }) => {
      await fetch(`${url}?settled=${batch.count}`, { method: 'POST' })
      return { transactionHash: undefined }
    },
  })
  const { answer } = await infer(recorder, url)
  context.waitUntil(recorder.shutdown())
  return Response.json(answer)
}
