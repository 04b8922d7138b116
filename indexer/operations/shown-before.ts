/**
 * Which versions the views of a schema have shown, as the comment of the schema: a writer switches the views to its version by itself
 * once, so that the writer of an old version that is started again, or one that was switched back by hand, leaves them as they are.
 */
import { type Client, escapeIdentifier, escapeLiteral } from 'pg'

const mark = 'assay views of '
const kept = 20

/** Versions that were shown, as `<schema>@<build id>`, the last one last. */
export async function readShownBefore(client: Client, viewsSchema: string): Promise<string[]> {
  const { rows } = await client.query<{ comment: string | null }>(
    `select obj_description(oid, 'pg_namespace') as comment from pg_namespace where nspname = $1`,
    [viewsSchema],
  )
  const comment = rows[0]?.comment
  if (!comment?.startsWith(mark)) return []
  try {
    const versions: unknown = JSON.parse(comment.slice(mark.length))
    return Array.isArray(versions) ? versions.map(String) : []
  } catch {
    // Somebody wrote a comment of their own.
    return []
  }
}

/** SQL that notes them. */
export const writeShownBefore = (viewsSchema: string, versions: readonly string[]) => {
  const comment = mark + JSON.stringify(versions.slice(-kept))
  return `comment on schema ${escapeIdentifier(viewsSchema)} is ${escapeLiteral(comment)}`
}
