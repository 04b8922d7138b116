/**
 * Lets the command go on when whoever reads its output has seen enough (EPIPE): what is left is not written, and the exit code is
 * what it would have been. To be called once, at the start.
 */
export function surviveClosedStreams(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

/** Writes to a stream, and waits until it is written or can't be. */
export function writeTo(stream: NodeJS.WriteStream, text: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve()
    else stream.write(text, () => resolve())
  })
}

/** Waits until all that was said is written. */
export async function closeStreams(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) await writeTo(stream, '')
}
