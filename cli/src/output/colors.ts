import picocolors from 'picocolors'

/** Paints text for a terminal, or leaves it as it is. */
export type Colors = ReturnType<typeof picocolors.createColors>

/**
 * Whether to paint what goes to a stream: as `--color` or `--no-color` says, else FORCE_COLOR, else NO_COLOR (no-color.org), else
 * if it is a terminal that can.
 */
export function colorsFor(
  stream: { isTTY?: boolean },
  asked: boolean | undefined,
  env: Record<string, string | undefined>,
): Colors {
  const { FORCE_COLOR: force, NO_COLOR: none, TERM } = env
  const byTerminal = Boolean(stream.isTTY) && TERM !== 'dumb'
  const byEnvironment = force ? !['0', 'false'].includes(force) : !none && byTerminal
  return picocolors.createColors(asked ?? byEnvironment)
}
