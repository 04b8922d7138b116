/**
 * Where a journal keeps its segments: numbered byte strings, of which the newest grows at its end. Errors are the storage's own;
 * the journal tells them as JournalError.
 */
export type Storage = {
  /** Numbers of the segments there are, in order. */
  segments(): number[]
  /** Makes segment 0 with its first bytes, at once. */
  begin(bytes: Uint8Array): void
  /** All bytes of a segment, at once. */
  load(segment: number): Uint8Array
  /** Makes an empty segment; one that is there already is emptied. */
  create(segment: number): Promise<void>
  write(segment: number, position: number, bytes: Uint8Array): Promise<void>
  /** Makes a segment, and what was written to it, outlive the machine's power. */
  sync(segment: number): Promise<void>
  /** Bytes of a segment; fewer than asked for at its end. */
  read(segment: number, position: number, length: number): Promise<Uint8Array>
  remove(segment: number): Promise<void>
  close(): void
}
