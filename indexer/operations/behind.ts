import { type Client, escapeIdentifier } from 'pg'
import { readColumns } from './columns.ts'
import { blockOf } from './versions.ts'

/**
 * SQL that gives a line for each respect in which a version knows less than the one that is shown: a chain on which it is not as far, and an
 * external batch of which fewer inferences are here. None: nobody who reads it sees less than before.
 */
export async function behindQuery(client: Client, schema: string, shown: string): Promise<string> {
  const [after, before] = [escapeIdentifier(schema), escapeIdentifier(shown)]
  const chains = `
    select format('Chain %s: block %s, and %s is shown.', s.chain_id,
      coalesce(${blockOf('n.latest_checkpoint')}::text, 'none'), ${blockOf('s.latest_checkpoint')}) as reason
    from ${before}._ponder_checkpoint s left join ${after}._ponder_checkpoint n using (chain_id)
    where n.latest_checkpoint is null
      or ${blockOf('n.latest_checkpoint')} < ${blockOf('s.latest_checkpoint')}`
  if (!(await hasBatches(client, schema)) || !(await hasBatches(client, shown))) return chains
  // Few are open, and they have an index; of all others every inference is a row.
  const batches = `
    select format('External batches: %s have fewer inferences than those that are shown.', count(*))
    from ${after}.settlement n join ${before}.settlement s using (log_id, root)
    where n.data_state <> 'available' and n.loaded < s.loaded having count(*) > 0`
  return `${chains} union all ${batches}`
}

async function hasBatches(client: Client, schema: string): Promise<boolean> {
  const columns = await readColumns(client, schema)
  return ['log_id', 'root', 'data_state', 'loaded'].every((it) => columns.has(`settlement.${it}`))
}
