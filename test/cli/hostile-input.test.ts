import { execFile, spawn } from 'node:child_process'
import { chmod, open, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { InferenceReceipt } from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assay, startAssay } from './support/assay.ts'
import { type HostileServer, startHostileServer } from './support/hostile-server.ts'
import { type Receipts, startReceipts } from './support/receipts.ts'

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))

let at: Receipts
let receipt: InferenceReceipt
let server: HostileServer
beforeAll(async () => {
  at = await startReceipts()
  receipt = await at.receiptOf({ model: 'm' })
  server = await startHostileServer({
    '/receipt': (response) => response.end(JSON.stringify(receipt)),
    '/once': (response) => response.writeHead(302, { location: '/receipt' }).end(),
    '/loop': (response) => response.writeHead(302, { location: '/loop' }).end(),
    '/file': (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    '/nowhere': (response) => response.writeHead(302, { location: 'http://[' }).end(),
    '/user': (response) =>
      response.writeHead(302, { location: 'http://user:hidden@127.0.0.1/' }).end(),
    '/silent': () => undefined,
    '/slow': (response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write(' '), 50)
      response.on('close', () => clearInterval(timer))
    },
    '/endless': (response) => {
      const chunk = Buffer.alloc(2 ** 20, ' ')
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    },
    '/bomb': (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(gzipSync(Buffer.alloc(256 * 2 ** 20)))
    },
    '/html': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    '/broken': (response) => response.end(Buffer.from([0xff, 0xfe, 0x7b])),
    '/wait': (response) => response.writeHead(429, { 'retry-after': '86400' }).end('{}'),
    '/elsewhere': (response) => response.writeHead(307, { location: at.chain.rpcUrl }).end(),
    '/cut': (response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{', () => response.destroy())
    },
  })
})
afterAll(async () => {
  await server.stop()
  await at.stop()
})

/** What is told of an input that is refused: on standard error, in few lines, with the code 3 and in good time. */
async function refusal(...args: string[]): Promise<string> {
  const started = performance.now()
  const { code, signal, stdout, stderr } = await assay(['verify', '--offline', ...args])
  expect([code, signal, stdout]).toEqual([3, null, ''])
  expect(stderr).toMatch(/^error: /)
  expect(stderr.split('\n').length).toBeLessThan(8)
  expect(stderr.length).toBeLessThan(2_000)
  expect(performance.now() - started).toBeLessThan(15_000)
  return stderr
}

describe('files', () => {
  test('error: InputError: what is no file of text', async () => {
    expect(await refusal(at.files)).toContain('is a directory')
    expect(await refusal(join(at.files, 'nothing'))).toContain('does not exist')
    expect(await refusal(join(at.policyFile, 'below'))).toContain('does not exist')
    expect(await refusal('x'.repeat(300))).toContain('does not exist')
    expect(await refusal('/dev/zero')).toContain('larger than 16 MiB')
    expect(await refusal(await at.file('utf8', new Uint8Array([0x7b, 0xc3, 0x28])))).toContain(
      'is no text in UTF-8',
    )
    await symlink('loop', join(at.files, 'loop'))
    expect(await refusal(join(at.files, 'loop'))).toContain('is a loop of links')
    const binary = await at.file(
      'binary',
      await readFile(process.execPath).then((it) => it.subarray(0, 2 ** 20)),
    )
    expect(await refusal(binary)).toContain('is no text in UTF-8')
  })

  test('error: InputError: what is no file, as policy or contents', async () => {
    const sound = await at.file('sound.json', receipt)
    const link = join(at.files, 'round')
    await symlink('round', link)
    for (const option of ['--request', '--policy']) {
      expect(await refusal(sound, option, link)).toContain('is a loop of links')
    }
    expect(await refusal(sound, '--request', 'x'.repeat(300))).toContain('does not exist')
  })

  test('error: InputError: a sparse file of 1 GB is not read, as receipt, policy or contents', async () => {
    const path = join(at.files, 'sparse')
    const handle = await open(path, 'w')
    await handle.truncate(2 ** 30)
    await handle.close()
    expect(await refusal(path)).toContain('larger than 16 MiB')
    expect(await refusal('-', '--policy', path)).toContain('larger than 16 MiB')
    const sound = await at.file('sound.json', receipt)
    expect(await refusal(sound, '--request', path)).toContain('larger than 512 MiB')
  })

  test('error: InputError: a FIFO into which nobody writes is given up', async () => {
    const path = join(at.files, 'fifo')
    await promisify(execFile)('mkfifo', [path])
    expect(await refusal(path, '--timeout', '0.5')).toContain('gave nothing for 0.5 seconds')
  })

  test('behavior: a FIFO and a pipe of the shell are read', async () => {
    const file = await at.file('piped.json', receipt)
    const fifo = join(at.files, 'fed')
    await promisify(execFile)('mkfifo', [fifo])
    const ending = assay(['verify', fifo, ...at.args])
    spawn('sh', ['-c', `sleep 0.3; cat '${file}' > '${fifo}'`])
    expect((await ending).code).toBe(0)
    const piped = `cat '${file}' | '${process.execPath}' '${main}' verify /dev/stdin ${at.args.join(' ')}`
    await promisify(execFile)('sh', ['-c', piped])
  })

  test.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['deep JSON', '['.repeat(1_000_000)],
    ['deep JSON that ends', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['a long text', `"${'a'.repeat(5_000_000)}"`],
    ['a huge number', '1'.repeat(100_000)],
    ['members named twice', '{"schema":"a","schema":"b"}'],
    ['a prototype', '{"__proto__":{"schema":"assay/receipt/v1"}}'],
    ['a lone surrogate', '"\\ud800"'],
    ['another format', '{"schema":"assay/receipt/v2"}'],
  ])('error: InvalidReceiptError: %s', async (name, text) => {
    const path = await at.file('hostile.json', text)
    expect(await refusal(path), name).toContain('Invalid receipt')
    const { code } = await assay(['verify', '-'], { stdin: text })
    expect(code).toBe(3)
  })

  test('error: InputError: standard input that never ends is cut', async () => {
    const child = startAssay(['verify', '-'])
    const chunk = Buffer.alloc(2 ** 20, ' ')
    child.stdin.on('error', () => undefined)
    const more = () => {
      while (child.stdin.writable && child.stdin.write(chunk));
    }
    child.stdin.on('drain', more)
    more()
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(code).toBe(3)
  })

  test.skipIf(process.getuid?.() === 0)('error: InputError: a file of somebody else', async () => {
    const path = await at.file('closed', receipt)
    await chmod(path, 0)
    expect(await refusal(path)).toContain('may not be read by this user')
  })
})

describe('servers', () => {
  const fetched = (path: string, ...args: string[]) =>
    assay(['verify', `${server.origin}${path}`, '--policy', at.policyFile, ...args])

  test('behavior: a receipt is fetched, also where the server leads on', async () => {
    for (const path of ['/receipt', '/once']) {
      expect((await fetched(path, '--rpc', at.chain.rpcUrl)).code).toBe(0)
    }
  })

  test.each([
    ['/missing', 'is answered with status 404'],
    ['/loop', 'leads on more than 5 times'],
    ['/file', 'leads to where it must not'],
    ['/user', 'leads to where it must not'],
    ['/nowhere', 'leads to no URL'],
    ['/silent', 'did not come within 1 seconds'],
    ['/slow', 'did not come within 1 seconds'],
    ['/endless', 'is larger than 16 MiB'],
    ['/bomb', 'is larger than 16 MiB'],
    ['/html', 'it is not JSON'],
    ['/broken', 'is no text in UTF-8'],
    ['/cut', 'cannot be fetched'],
  ])('error: InputError, InvalidReceiptError: %s', async (path, problem) => {
    const slow = ['/silent', '/slow'].includes(path) ? ['--timeout', '1'] : []
    const { code, stdout, stderr } = await fetched(path, ...slow)
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain(problem)
    expect(stderr).not.toContain('hidden')
  })

  test.each(['/wait', '/slow', '/endless', '/elsewhere'])(
    'behavior: an endpoint that is one of these is left in good time, and nothing is known: %s',
    async (path) => {
      const file = await at.file('asked.json', receipt)
      const rpc = ['--rpc', `${server.origin}${path}`, '--timeout', '1']
      const started = performance.now()
      const { code, stdout } = await assay(['verify', file, '--policy', at.policyFile, ...rpc])
      expect([code, stdout]).toEqual([2, expect.stringContaining('The chain could not be read')])
      expect(performance.now() - started).toBeLessThan(15_000)
    },
  )

  test('behavior: a loop is left after five steps', async () => {
    server.asked.length = 0
    await fetched('/loop')
    expect(server.asked.filter((path) => path === '/loop')).toHaveLength(6)
  })

  test('error: InputError: nothing secret of a URL is shown, and credentials are not sent', async () => {
    const { host } = new URL(server.origin)
    server.asked.length = 0
    const named = await assay(['verify', `http://user:hidden@${host}/receipt`])
    expect(named.code).toBe(3)
    expect(server.asked).toEqual([])
    const query = await assay(['verify', `${server.origin}/missing?token=hidden`])
    const nobody = await assay(['verify', 'http://127.0.0.1:9/?token=hidden', '--json'])
    const malformed = await assay(['verify', 'http://hidden[/'])
    for (const { code, stdout, stderr } of [named, query, nobody, malformed]) {
      expect(code).toBe(3)
      expect(stdout + stderr).not.toContain('hidden')
    }
    expect(query.stderr).toContain(`${server.origin}/missing`)
  })
})
