import type { ComparedFile, FileDifferences } from '@assay/attestation/model'
import { plainShort } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'

/** Lines of one kind that a person is shown. */
const maxLines = 100

/** How files differ, a line each. */
export async function writeDifferences(
  { missing, extra, differing }: FileDifferences,
  terminal: Terminal,
): Promise<void> {
  const { red } = terminal.colors
  const write = async (word: string, lines: readonly string[]) => {
    for (const line of lines.slice(0, maxLines)) {
      await terminal.write(`${red(word.padEnd(9))}${line}\n`)
    }
    if (lines.length > maxLines) {
      await terminal.write(`${red(word.padEnd(9))}… and ${lines.length - maxLines} more\n`)
    }
  }
  await write('missing', missing.map(nameOf))
  await write('extra', extra.map(nameOf))
  await write(
    'differs',
    differing.map(({ expected, actual }) => `${nameOf(expected)}${sizesOf(expected, actual)}`),
  )
}

const nameOf = ({ path }: ComparedFile) => plainShort(path)

function sizesOf({ size: expected }: ComparedFile, { size: actual }: ComparedFile): string {
  if (expected === undefined || actual === undefined || expected === actual) return ''
  return ` (${actual} bytes, not ${expected})`
}

/** How many files of which kind, for a sentence. */
export function countsOf({ missing, extra, differing }: FileDifferences): string {
  return [
    [missing.length, 'missing'],
    [extra.length, 'extra'],
    [differing.length, 'different'],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ')
}
