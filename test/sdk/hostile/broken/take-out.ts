/**
 * Takes a check out of the SDK before anything of it is loaded: `ASSAY_BROKEN_CHECK='{…}' node --import take-out.ts program.ts`. Fails
 * if the check isn't there, so that no one is looked for in vain.
 */
import { registerHooks } from 'node:module'
import type { BrokenCheck } from './checks.ts'

const { file, text, instead } = JSON.parse(process.env.ASSAY_BROKEN_CHECK ?? '') as BrokenCheck

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(`/sdk/src/${file}`)) return loaded
    const { source = '' } = loaded
    const written = typeof source === 'string' ? source : new TextDecoder().decode(source)
    const parts = written.split(text)
    if (parts.length !== 2) throw new Error(`${file} does not have it once: ${text}`)
    return { ...loaded, source: parts.join(instead) }
  },
})
