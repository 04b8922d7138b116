import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFile } from 'node:fs/promises'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser } from '../../sdk/browser/find-browser.ts'
import { type IndexedChain, owner, startIndexedChain } from '../support/indexed-chain.ts'
import { getOpenApi } from './support/answers.ts'
import { askFrom } from './support/ask-from.ts'

let world: IndexedChain
let url: string
beforeAll(async () => {
  world = await startIndexedChain()
  url = world.indexer.url
}, 120_000)
afterAll(() => world.stop())

const get = (path: string) => fetch(url + path)
const json = async (path: string): Promise<unknown> => (await get(path)).json()

test('default: real answers are as /openapi.json has them', async () => {
  const { paths, components } = await getOpenApi(get)
  const ajv = new Ajv2020({ strict: false })
  const { items } = (await json('/inferences?limit=1')) as { items: [{ inferenceId: string }] }
  const id = items[0].inferenceId
  const checked: string[] = []
  for (const [path, operations] of Object.entries(paths)) {
    const schema = operations.get?.responses[200]?.content?.['application/json']?.schema
    if (!schema) continue
    const answer = await fetch(url + path.replace('{id}', id).replace('{address}', owner.address))
    expect([path, answer.status]).toEqual([path, 200])
    const validate = ajv.compile({ ...schema, components })
    const value = await answer.json()
    validate(value)
    expect([path, validate.errors]).toEqual([path, null])
    checked.push(path)
  }
  expect(checked.sort()).toEqual(
    [
      '/health',
      '/inferences',
      '/inferences/{id}',
      '/inferences/{id}/proof',
      '/owners/{address}/events',
      '/ready',
      '/stats',
      '/status',
    ].sort(),
  )
  const unknown = await fetch(`${url}/inferences/0x${'1'.repeat(64)}`)
  const validate = ajv.compile({ $ref: '#/components/schemas/Problem', components })
  expect([unknown.status, validate(await unknown.json())]).toEqual([404, true])
  for (const { name } of paths['/inferences']!.get!.parameters!) {
    // Known, whatever it says of the value.
    expect([name, await json(`/inferences?${name}=`)]).toMatchObject([
      name,
      { error: expect.stringContaining(`\`${name}\``) },
    ])
  }
})

test('behavior: how far it is, in the words of the chain', async () => {
  const head = Number(await world.chain.client.getBlockNumber())
  expect(await json('/status')).toMatchObject({
    ...{ version: expect.stringMatching(/^\d+\./), uptime: expect.any(Number) },
    upstreams: [{ role: 'writer', state: 'up', outstanding: expect.any(Number) }],
    chains: { [world.chain.chainId]: { id: world.chain.chainId, block: { number: head } } },
  })
})

test('behavior: figures, of the gateway, of the indexer and of Ponder', async () => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const head = await world.chain.client.getBlockNumber()
  for (const line of [
    `assay_block{chain="${world.chain.chainId}"} ${head}`,
    `assay_lag_blocks{chain="${world.chain.chainId}"} 0`,
    `assay_pending_batches{chain="${world.chain.chainId}"}`,
    'assay_gateway_upstreams{role="writer",state="up"} 1',
    'ponder_',
  ]) {
    expect(text).toContain(line)
  }
  // The one batch whose data nobody can have, of nine.
  const states = /^assay_inferences\{chain="\d+",state="(\w+)"\} (\d+)$/gm
  const inferences = Object.fromEntries([...text.matchAll(states)].map((it) => it.slice(1)))
  expect(inferences.available).toBe('125')
  expect(Number(inferences.pending) + Number(inferences.unavailable)).toBe(9)
  const page = await readFile(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const [, section] = page.split('## Alerts')
  const [table] = section!.split('\n## ')
  const alerts = [...table!.matchAll(/`((?:assay|ponder)_\w+)[`{]/g)].map(([, name]) => name!)
  expect(alerts.length).toBeGreaterThan(6)
  for (const name of alerts) expect(text).toContain(`# TYPE ${name} `)
  const names = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('behavior: nothing else of Ponder is served', async () => {
  for (const path of [
    '/sql',
    '/sql/db',
    '/sql/live',
    '/assay/ready',
    '/assay/metrics',
    '/client',
  ]) {
    for (const method of ['GET', 'POST']) {
      const answer = await askFrom('127.0.0.1', url + path, { method })
      expect([path, answer.status]).toEqual([path, 404])
    }
  }
})

const executable = await findBrowser()
if (!executable && !process.env.CI) {
  console.warn(
    '\n*** NOT TESTED: the page to write queries in. There is no Chromium here: install one, or set CHROMIUM_PATH. ***\n',
  )
}

describe('the page to write queries in', () => {
  const page = (accept: string) => fetch(`${url}/graphql`, { headers: { accept } })

  test('default: is for browsers, and bound to this server', async () => {
    const answer = await page('text/html,application/xhtml+xml')
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('content-security-policy')).toContain("connect-src 'self'")
    const text = await answer.text()
    // Outside of its script, whose texts are no references.
    const markup = text.replace(/<script>[^]*<\/script>/, '').replace(/<style>[^]*?<\/style>/, '')
    expect(markup).not.toMatch(/(?:src|href)\s*=\s*(?!["']?data:)/)
    const style = /<style>([^]*?)<\/style>/.exec(text)![1]!
    expect(style.match(/url\((?!["']?(?:data:|#))|@import/g)).toBe(null)
    expect((await page('application/json')).status).toBe(400)
  })

  // In continuous integration a browser that is missing is a failure.
  test.skipIf(!executable && !process.env.CI)(
    'behavior: a query is written and answered in a browser that reaches nothing else',
    async () => {
      const browser = await chromium.launch({
        executablePath: executable!,
        // Root may run it only without; what it loads is ours alone.
        args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
      })
      try {
        const tab = await browser.newPage()
        const elsewhere: string[] = []
        const troubles: string[] = []
        tab.on('console', (it) => {
          if (it.type() === 'error') troubles.push(it.text())
        })
        tab.on('pageerror', (error) => troubles.push(error.message))
        await tab.route('**/*', (route) => {
          const asked = route.request().url()
          if (asked.startsWith(url) || /^(?:blob|data):/.test(asked)) return route.continue()
          elsewhere.push(asked)
          return route.abort()
        })
        await tab.goto(`${url}/graphql`)
        const editor = tab
          .locator('.graphiql-query-editor .monaco-editor, .graphiql-query-editor .CodeMirror')
          .first()
        await editor.click({ timeout: 60_000 })
        await tab.keyboard.press('Control+A')
        await tab.keyboard.insertText(
          '{ settlements(orderBy: "position", limit: 1) { items { count } } }',
        )
        // What the editor closes by itself is behind the caret.
        await tab.keyboard.press('Control+Shift+End')
        await tab.keyboard.press('Delete')
        await tab.getByRole('button', { name: /execute/i }).click()
        const result = tab.locator('.result-window')
        await expect
          .poll(async () => (await result.textContent())?.replace(/\s/g, ''), { timeout: 30_000 })
          .toContain('"count":"120"')
        expect(elsewhere).toEqual([])
        expect(troubles).toEqual([])
      } finally {
        await browser.close()
      }
    },
    120_000,
  )
})
