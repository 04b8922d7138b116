import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { callTypedData } from '@assay/sdk'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type TypedDataDefinition, verifyTypedData } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signingPage } from '../../cli/src/owner/signing-page.ts'
import { signingRequestOf } from '../../cli/src/owner/signing-request.ts'
import { findBrowser } from '../sdk/browser/find-browser.ts'
import { startHostileServer } from './support/hostile-server.ts'

const owner = privateKeyToAccount(generatePrivateKey())
/** What a page of somebody else's would like to be. */
const hostile = '</dd><script>alert(1)</script><img src=x onerror=alert(2)>"'
const call = {
  kind: 'authorizeSessionKey' as const,
  chainId: 31_337,
  contract: owner.address,
  arguments: {
    owner: owner.address,
    sessionKey: privateKeyToAccount(generatePrivateKey()).address,
    expiresAt: 4_102_444_800,
    // Beyond what a number of JavaScript holds.
    nonce: 2n ** 200n,
    deadline: 4_102_444_800n,
  },
}

const executablePath = await findBrowser()
if (!executablePath && !process.env.CI) {
  console.warn(
    '\n*** NOT TESTED: that a wallet in a browser signs. There is no Chromium here. ***\n',
  )
}

// In continuous integration a browser that is missing is a failure.
describe.skipIf(!executablePath && !process.env.CI)('in a browser', () => {
  let browser: Browser
  let directory: string
  let file: string
  beforeAll(async () => {
    if (!executablePath) return expect.unreachable('There is no Chromium: .ci/run installs it.')
    directory = await mkdtemp(join(tmpdir(), 'assay-page-'))
    file = join(directory, 'sign.html')
    const scope = [['name', hostile]] as const
    await writeFile(file, signingPage(signingRequestOf(call), owner.address, scope))
    // Root may run it only without; what it loads is ours alone.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    browser = await chromium.launch({ executablePath, args })
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await rm(directory, { recursive: true, force: true })
  })

  /** Opens the file with a wallet that announces itself (EIP-6963), and whose key is of `account`. */
  async function open(account = owner): Promise<Page> {
    const page = await browser.newPage()
    await page.exposeFunction('walletRequest', (method: string, params?: string[]) => {
      if (method === 'eth_requestAccounts') return [account.address]
      if (method !== 'eth_signTypedData_v4') throw new Error('not asked for')
      return account.signTypedData(JSON.parse(params?.[1] ?? '') as TypedDataDefinition)
    })
    await page.addInitScript(() => {
      const wallet = globalThis as unknown as {
        walletRequest(method: string, params?: string[]): Promise<unknown>
      }
      const provider = {
        request: ({ method, params }: { method: string; params?: string[] }) =>
          wallet.walletRequest(method, params),
      }
      addEventListener('eip6963:requestProvider', () =>
        dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: { provider } })),
      )
    })
    await page.goto(pathToFileURL(file).href)
    return page
  }

  test('default: the wallet signs what the contract asks for', async () => {
    const page = await open()
    await page.click('#sign')
    await page.waitForFunction(() => document.querySelector('textarea')?.value !== '')
    const signature = (await page.inputValue('textarea')) as `0x${string}`
    const { address } = owner
    expect(await verifyTypedData({ ...callTypedData(call), address, signature })).toBe(true)
    expect(await page.textContent('dd')).toBe(hostile)
    await page.close()
  })

  test('behavior: another account is told, and asked for nothing', async () => {
    const page = await open(privateKeyToAccount(generatePrivateKey()))
    await page.click('#sign')
    await page.waitForFunction(() => document.querySelector('#state')?.textContent !== '')
    expect(await page.textContent('#state')).toContain(`but ${owner.address} has to sign`)
    expect(await page.inputValue('textarea')).toBe('')
    await page.close()
  })

  test('behavior: nothing but the wallet can be reached, and no script runs but its own', async () => {
    const server = await startHostileServer({ '/': (response) => response.end() })
    const page = await open()
    const reached = await page.evaluate(
      (url) =>
        Promise.all([
          fetch(url).then(
            () => 'reached',
            () => 'refused',
          ),
          new Promise((resolve) => {
            const image = new Image()
            image.onload = () => resolve('reached')
            image.onerror = () => resolve('refused')
            image.src = url
          }),
          new Promise((resolve) => {
            const script = document.createElement('script')
            script.textContent = 'globalThis.ran = true'
            document.body.append(script)
            resolve((globalThis as { ran?: boolean }).ran ? 'reached' : 'refused')
          }),
        ]),
      `${server.origin}/`,
    )
    expect(reached).toEqual(['refused', 'refused', 'refused'])
    expect(server.asked).toEqual([])
    await page.close()
    await server.stop()
  })
})
