import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import type { PlainOutcome } from './outcome.ts'
import type { Work } from './page.ts'

/** A page in a real browser that verifies. */
export type VerifyingPage = {
  version: string
  doWork(work: Work): Promise<PlainOutcome[]>
  close(): Promise<void>
}

/** Bundles `@assay/sdk/verify` as an application would, serves it from this machine, and opens it in a browser. */
export async function openPage(executablePath: string): Promise<VerifyingPage> {
  const script = await bundle()
  let work = ''
  const server = createServer(({ url }, response) => {
    const [type, body] =
      url === '/page.js'
        ? ['text/javascript', script]
        : url === '/work.json'
          ? ['application/json', work]
          : ['text/html', '<!doctype html><script type="module" src="/page.js"></script>']
    response.setHeader('content-type', `${type}; charset=utf-8`)
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({
    executablePath,
    // Root may run it only without; what it loads is ours alone.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return {
    version: browser.version(),
    async doWork(given) {
      work = JSON.stringify(given)
      return page.evaluate(() =>
        (globalThis as unknown as { assayWork(path: string): Promise<PlainOutcome[]> }).assayWork(
          '/work.json',
        ),
      )
    },
    async close() {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    write: false,
  })
  return outputFiles[0]!.text
}
