/** How far the rows go that an answer was made of. */
export type RowsState = {
  /** Whether what is final was read through since the writer was started. */
  live: boolean
  /** What tells one run of the writer from the next; empty while there is none, or nothing is known of it. */
  run: string
  /** They go as far at least: as before they were read. */
  from: Reach
  /** And at most so far: as after that. */
  reach: Reach
}

/** By chain ids: the number of the last block, and of the inferences whose data is there, which may be written some blocks after theirs. */
export type Reach = Readonly<Record<string, readonly [block: number, available: number]>>

/** By which a process that answers tells it to the gateway, as JSON; clients are not told. */
export const rowsHeader = 'x-assay-rows'

/** A state out of the header; undefined: none was told. */
export function readRowsState(header: string | null): RowsState | undefined {
  return header === null ? undefined : (JSON.parse(header) as RowsState)
}
