import { plainShort } from './plain.ts'
import type { Terminal } from './terminal.ts'
import { hang } from './wrap.ts'

/** Rows of a name and a text, under each other, in lines that fit. */
export function table(
  rows: readonly (readonly [name: string, text: string])[],
  { columns }: Pick<Terminal, 'columns'>,
): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows
    .map(([name, text]) => hang(`  ${name.padEnd(width)}  `, plainShort(text), columns))
    .join('\n')
}
