import { readFile } from 'node:fs/promises'
import { recorderDefaults } from '@assay/sdk'
import { runScript } from '../../support/run-script.ts'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const page = await readFile(new URL('docs/recording.md', root), 'utf8')
const source = await readFile(new URL('sdk/src/config/recorder-config.ts', root), 'utf8')

/** Rows of the table of options: name, default, variable. */
const rows = [
  ...(/^## Options$(.*?)^## /ms.exec(page)?.[1] ?? '').matchAll(
    /^\| `(\w+)` +\| (.*?) +\| (?:`(ASSAY_\w+)`)? +\|$/gm,
  ),
].map(([, name = '', value = '', variable = '']) => ({ name, value, variable }))

/** Members of RecorderOptions with their docstrings. */
function documentedOptions(): { name: string; doc: string }[] {
  const file = ts.createSourceFile('options.ts', source, ts.ScriptTarget.Latest, true)
  for (const statement of file.statements) {
    if (!ts.isTypeAliasDeclaration(statement) || statement.name.text !== 'RecorderOptions') continue
    return (statement.type as ts.TypeLiteralNode).members.map((member) => ({
      name: (member.name as ts.Identifier).text,
      doc: ts
        .getJSDocCommentsAndTags(member)
        .map((it) => ts.getTextOfJSDocComment(it.comment) ?? '')
        .join('\n'),
    }))
  }
  return expect.unreachable()
}

const numberIn = (text: string) =>
  Number(/\d[\d,]*\d|\d/.exec(text)?.[0].replaceAll(',', '') ?? Number.NaN)

describe('options of createRecorder', () => {
  const options = documentedOptions()

  test('behavior: the page has each of them, in the order of the code', () => {
    expect(rows.map(({ name }) => name)).toEqual(options.map(({ name }) => name))
    expect(rows.length).toBeGreaterThan(20)
  })

  test('behavior: each says its default, and the variable that the page says', () => {
    for (const { name, doc } of options) {
      expect(doc, name).toMatch(/Default: /)
      const { variable } = rows.find((row) => row.name === name) ?? expect.unreachable()
      // Those that `fileJournal` reads itself are documented there.
      if (name !== 'journal') expect(/ASSAY_\w+/.exec(doc)?.[0] ?? '', name).toBe(variable)
      if (variable) expect(source.includes(variable) || name === 'journal', name).toBe(true)
    }
  })

  test('behavior: the numbers of code, docstrings and page are the same', () => {
    const { maxBytes, ...numbers } = recorderDefaults
    expect(Object.keys(numbers)).toHaveLength(5)
    for (const [name, value] of Object.entries(numbers)) {
      const row = rows.find((it) => it.name === name)
      const option = options.find((it) => it.name === name)
      expect(numberIn(row?.value ?? ''), name).toBe(value)
      expect(numberIn(/Default: (.*)/.exec(option?.doc ?? '')?.[1] ?? ''), name).toBe(value)
      if (name.endsWith('Millis')) expect(row?.value, name).toMatch(/^[\d,]+ ms /)
    }
    for (const name of ['recordInputs', 'recordOutputs']) {
      const row = rows.find((it) => it.name === name)
      expect(numberIn(row?.value ?? ''), name).toBe(maxBytes)
    }
  })
})

describe('without configuration', () => {
  const make = `
    import { createRecorder } from '@assay/sdk'
    for (let i = 0; i < 3; i++) {
      const recorder = createRecorder()
      await recorder.record({ request: 'q', response: 'a' })
      console.log(recorder.enabled)
    }
  `
  const run = (env: Record<string, string>) =>
    runScript('--input-type=module', ['--eval', make], env)

  test('behavior: one clear warning a process, however many recorders', async () => {
    const { code, stdout, stderr } = await run({})
    expect([code, stdout]).toEqual([0, 'false\nfalse\nfalse\n'])
    expect(stderr).toBe(
      'assay: nothing is recorded: ASSAY_OWNER and ASSAY_SESSION_KEY are not set (ASSAY_ENABLED=false silences this).\n',
    )
  })

  test('behavior: silent when switched off', async () => {
    expect(await run({ ASSAY_ENABLED: 'false' })).toEqual({
      code: 0,
      stdout: 'false\nfalse\nfalse\n',
      stderr: '',
    })
  })
})
