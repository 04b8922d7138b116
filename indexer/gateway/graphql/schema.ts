import { readFileSync } from 'node:fs'
import { buildSchema } from 'graphql'

/** What Ponder serves, as `pnpm generate` wrote it down: a document that does not fit it is refused here. */
export const schema = buildSchema(
  readFileSync(new URL('generated/schema.graphql', import.meta.url), 'utf8'),
)
