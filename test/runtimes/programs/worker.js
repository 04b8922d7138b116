/* global Response */
import { fileJournal } from '@assay/sdk'
import { recordInferences } from './inferences.js'

export default {
  async fetch(request) {
    const seen = await recordInferences(new URL(request.url).searchParams.get('url'))
    let refused
    try {
      fileJournal()
    } catch (error) {
      refused = { name: error.name, message: error.message }
    }
    return Response.json({ ...seen, refused, hasProcess: 'process' in globalThis })
  },
}
