import type { Command } from 'commander'

/** Options that every command takes. */
export type OutputOptions = { json?: boolean }

/** Adds a command to a program, or takes its place as one. */
export type AddCommand = (program: Command) => void

/** Says what a command found: one JSON value, or lines for a person. */
export function tell({ json }: OutputOptions, value: unknown, lines: readonly string[]): void {
  const text = json ? JSON.stringify(value) : lines.join('\n')
  process.stdout.write(`${text}\n`)
}

/** Bytes in words. */
export function inWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let value = bytes
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${unit ? value.toFixed(1) : value} ${units[unit]}`
}
