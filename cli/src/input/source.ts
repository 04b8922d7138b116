import type { Hex } from 'viem'

/** Where an input comes from. */
export type Source =
  | { kind: 'stdin' }
  | { kind: 'id'; inferenceId: Hex }
  | { kind: 'url'; url: string }
  | { kind: 'file'; path: string }

/** What an argument means. A file that is named like an inference id is meant by `./0x…`. */
export function sourceOf(argument: string): Source {
  if (argument === '-') return { kind: 'stdin' }
  if (/^0x[0-9a-f]{64}$/i.test(argument)) {
    return { kind: 'id', inferenceId: argument.toLowerCase() as Hex }
  }
  if (/^https?:/i.test(argument)) return { kind: 'url', url: argument }
  return { kind: 'file', path: argument }
}
