import { exec } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createManifest,
  environmentIdOf,
  fileJournal,
  type InferenceReceipt,
  manifestDigestOf,
  modelIdOf,
} from '@assay/sdk'
import { toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localAccountKey } from '../../scripts/start/identity.ts'
import { bundleOf, preAuthEncoding, statementOf } from '../attestation/model/support/statement.ts'
import { offlineReceipts } from '../sdk/support/offline-receipts.ts'
import { accountOf } from '../indexer/support/chain.ts'
import { cleanEnv } from '../support/run-script.ts'
import { assay } from './support/assay.ts'
import { startHostileServer } from './support/hostile-server.ts'
import { deployQuorum } from './support/quorum.ts'
import { type Receipts, startReceipts } from './support/receipts.ts'

const bin = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')

const answer = '{"id":"c-1","model":"m-1","choices":[]}'

let at: Receipts
let receipt: InferenceReceipt
/** What the page's examples find in the environment. */
let env: NodeJS.ProcessEnv
beforeAll(async () => {
  at = await startReceipts()
  const headers = { 'content-type': 'application/json' }
  const fetch = () => Promise.resolve(new Response(answer, { headers }))
  const journal = await at.directory()
  const recorder = await at.recorder({ fetch, journal: fileJournal({ directory: journal }) })
  const url = 'https://api.example.com/v1/chat/completions'
  const response = await recorder.fetch(url, { method: 'POST', body: 'question' })
  await response.text()
  receipt = (await recorder.receiptOf(response)) as InferenceReceipt
  const { chain, owner } = at
  const { modelRegistry, environmentRegistry, inferenceLog, verdictRegistry } = chain.addresses
  const sha256 = (bytes: string) => createHash('sha256').update(bytes).digest('hex')
  const manifest = createManifest([{ path: 'a', size: '1', sha256: sha256('a') }])
  const manifestDigest = manifestDigestOf(manifest)
  env = {
    ...cleanEnv(),
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    ASSAY_RPC_URL: chain.rpcUrl,
    ASSAY_INFERENCE_LOG: inferenceLog,
    ASSAY_MODEL_REGISTRY: modelRegistry,
    ASSAY_ENVIRONMENT_REGISTRY: environmentRegistry,
    ASSAY_VERDICT_REGISTRY: verdictRegistry,
    ASSAY_OWNER_KEY: localAccountKey(1),
    ASSAY_ATTESTER_KEY: localAccountKey(2),
    VERIFIER: await deployQuorum(chain, [{ account: accountOf(2).address, name: 'two' }], 1n),
    ASSAY_SESSION_KEY: await at.newKey(),
    ASSAY_JOURNAL: journal,
    INFERENCE_ID: receipt.inferenceId,
    MODEL_ID: modelIdOf({ publisher: owner, name: 'acme/chat', version: '1.2.0', manifestDigest }),
    ENVIRONMENT_ID: environmentIdOf(
      {
        kind: 'none',
        measurement: toHex(1, { size: 32 }),
        keyType: 'none',
        key: '0x',
        attestationDigest: zeroHash,
      },
      { chainId: chain.chainId, environmentRegistry, registrant: owner },
    ),
  }
})
afterAll(() => at.stop())

/** A signature of the model that the page's examples are about, by a key. */
async function signWeights(to: Receipts): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const payload = statementOf([['a', 'a']])
  const signature = sign('sha256', preAuthEncoding(payload), privateKey)
  await to.file('model.sig', bundleOf(payload, signature, { publicKey: {} }))
  await to.file('signer.pem', publicKey.export({ type: 'spki', format: 'pem' }))
}

/** Commands of the page's blocks, with the exit codes that they are said to have. */
function examples(): { command: string; code: number }[] {
  const lines = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  )
  return lines.map((line) => {
    const [, command = '', code = '0'] = /^(.*?)(?: +# exit code (\d))?$/.exec(line) ?? []
    return { command, code: Number(code) }
  })
}

test('behavior: each example of the page does what it says', async () => {
  const server = await startHostileServer({
    '/receipt.json': (response) => response.end(JSON.stringify(receipt)),
  })
  const [mine] = await offlineReceipts({ count: 1 })
  const [theirs] = await offlineReceipts({ count: 1, text: () => 'another' })
  for (const [name, content] of Object.entries({
    'receipt.json': receipt,
    'request.json': 'question',
    'response.json': answer,
    'mine.json': mine,
    'theirs.json': theirs,
  })) {
    await at.file(name, content)
  }
  await mkdir(join(at.files, 'receipts'))
  await mkdir(join(at.files, 'weights'))
  await at.file('weights/a', 'a')
  await signWeights(at)
  await at.file('receipts/one.json', receipt)
  const nitro = new URL('../attestation/vectors/nitro-debug.txt', import.meta.url)
  const base64 = (await readFile(nitro, 'utf8')).replace(/^#.*$/gm, '')
  await writeFile(join(at.files, 'document.cbor'), Buffer.from(base64, 'base64'))
  // The examples without a policy believe the published contracts, which this chain does not have at their places.
  const found = examples()
  expect(found.length).toBeGreaterThan(8)
  for (const { command, code } of found) {
    const local = command.replaceAll('https://example.org', server.origin)
    const run = local.includes('--policy')
      ? local
      : local.replaceAll(
          /assay verify (?!equivocation)/g,
          `assay verify --policy ${at.policyFile} `,
        )
    const ended = await new Promise((resolve) => {
      exec(run, { cwd: at.files, env, shell: '/bin/bash' }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, said: stdout + stderr }),
      )
    })
    expect(ended, command).toMatchObject({ code })
  }
  await server.stop()
}, 240_000)

test('behavior: the page has the options that the commands have, and no others', async () => {
  const helps = await Promise.all(
    [
      ['--help'],
      ['verify', '--help'],
      ['receipt', 'show', '--help'],
      ['receipt', 'redact', '--help'],
      ['receipt', 'export', '--help'],
      ['receipt', 'bundle', '--help'],
      ['receipt', 'unbundle', '--help'],
      ['prove-equivocation', '--help'],
      ...['init', 'status', 'doctor', 'flush', 'watch', 'collect', 'completion'].map((name) => [
        name,
        '--help',
      ]),
      ...['hash', 'check', 'verify-signature', 'publish', 'retire'].map((name) => [
        'model',
        name,
        '--help',
      ]),
      ...['register', 'revoke', 'report-compromise', 'attest', 'archive', 'inspect', 'verify'].map(
        (name) => [...['environment', name, '--help']],
      ),
      ['receipt', 'get', '--help'],
    ].map(async (args) => (await assay(args)).stdout),
  )
  const optionsIn = (text: string) => [...new Set(text.match(/--[a-z-]*[a-z]/g))].sort()
  const described = helps.flatMap((help) => help.match(/^ {2}(?:-\w, )?--[a-z].*$/gm) ?? [])
  const inTables = page.match(/^\| `-.*$/gm) ?? []
  expect(optionsIn(inTables.map((row) => row.split('|')[1]).join())).toEqual(
    optionsIn(described.map((line) => line.trim().split('  ')[0]).join()),
  )
})
