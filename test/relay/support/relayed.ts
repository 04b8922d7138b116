import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createRecorder,
  fileJournal,
  logIdOf,
  type RecorderOptions,
  batchTypedData,
  buildBatch,
  type BuiltBatch,
  signCall,
  submitSignedCall,
} from '@assay/sdk'
import {
  createRelay,
  type Relay,
  type RelayEvent,
  type RelayOptions,
  type RelayPolicyOptions,
} from '@assay/relay'
import { serve } from '@hono/node-server'
import {
  type Address,
  createWalletClient,
  type Hex,
  http,
  keccak256,
  type LocalAccount,
  toHex,
  zeroHash,
} from 'viem'
import { hardhat } from 'viem/chains'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { accountOf, startChain } from '../../indexer/support/chain.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** 2100-01-01 */
export const farFuture = 4_102_444_800

export type RunningRelay = Relay & { url: string; events: RelayEvent[]; stop: () => Promise<void> }
/** An owner and a session key without any coins. */
export type Party = {
  owner: ReturnType<typeof privateKeyToAccount>
  session: ReturnType<typeof privateKeyToAccount>
  sessionKey: Hex
}

/** A local chain with relays on it, and parties that hold no coins. */
export async function startStage() {
  const chain = await startChain()
  const { inferenceLog } = chain.addresses
  const stops: (() => unknown)[] = []

  /** Serves a fetch-handler by HTTP. */
  async function listen(fetch: (request: Request) => Response | Promise<Response>) {
    const server = serve({
      ...{ fetch, port: 0, hostname: '127.0.0.1' },
      // Else it puts classes of its own in the place of Request and Response, for all that runs in the process.
      overrideGlobalObjects: false,
    }) as Server
    await new Promise((up) => server.once('listening', up))
    const { port } = server.address() as AddressInfo
    const stop = () =>
      new Promise<void>((done) => {
        server.close(() => done())
        server.closeAllConnections()
      })
    stops.push(stop)
    return { url: `http://127.0.0.1:${port}`, stop }
  }

  let payers = 0
  async function payer(value = 10n ** 19n) {
    const account = privateKeyToAccount(keccak256(toHex(`payer ${payers++} ${Math.random()}`)))
    await chain.client.setBalance({ address: account.address, value })
    return account
  }

  async function relay(
    policy: Partial<RelayPolicyOptions> = {},
    options: Partial<RelayOptions> = {},
  ): Promise<RunningRelay> {
    const events: RelayEvent[] = []
    const running = createRelay({
      // Hardhat traces what fails, step by step.
      transport: http(chain.rpcUrl, { retryCount: 0, timeout: 25_000 }),
      chainId: chain.chainId,
      account: options.account ?? (await payer()),
      contracts: chain.addresses,
      onEvent: (event) => events.push(event),
      ...options,
      policy: {
        accounts: 'anyone',
        pollMillis: 50,
        gatherMillis: 30,
        ratePerAccount: 10_000,
        ...policy,
      },
    })
    const { url, stop } = await listen(running.fetch)
    stops.push(running.close)
    return { ...running, url, events, stop }
  }

  function newParty(): Party {
    const sessionKey = generatePrivateKey()
    return {
      owner: privateKeyToAccount(generatePrivateKey()),
      session: privateKeyToAccount(sessionKey),
      sessionKey,
    }
  }

  /** A party whose key is authorized, by an account that pays for it. */
  async function authorizedParty(expiresAt = farFuture): Promise<Party> {
    const party = newParty()
    await authorize(party, expiresAt)
    return party
  }

  /** By the owner's signature; another account pays. */
  async function authorize({ owner, session }: Party, expiresAt = farFuture) {
    const call = await signCall(walletOf(owner), {
      kind: 'authorizeSessionKey',
      arguments: { sessionKey: session.address, expiresAt, deadline: BigInt(farFuture) },
      contract: inferenceLog,
    })
    await chain.mined(await submitSignedCall(walletOf(accountOf(0)), call))
  }

  const walletOf = (account: LocalAccount) =>
    createWalletClient({ account, chain: hardhat, transport: http(chain.rpcUrl) })

  let instances = 0
  /** An inference log of a party, and signed batches for it. */
  function newLog(party: Party) {
    const instance = toHex(++instances, { size: 32 })
    const log = { owner: party.owner.address, sessionKey: party.session.address, instance }
    const place = { ...log, chainId: chain.chainId, inferenceLog }
    const logId = logIdOf(place)
    async function batch(
      first: bigint,
      count: number,
      { mode = 'inline', mark = 1 }: { mode?: 'inline' | 'external'; mark?: number } = {},
    ) {
      const records = Array.from({ length: count }, (_, i) => ({
        modelId: zeroHash,
        environmentId: zeroHash,
        commitment: toHex(BigInt(mark) * 10_000n + BigInt(i) + first, { size: 32 }),
        servedAt: BigInt(Date.now()),
      }))
      const built = buildBatch(logId, first, records, mode)
      const signature = await party.session.signTypedData(
        batchTypedData(built, chain.chainId, inferenceLog),
      )
      return { place, batch: built, signature }
    }
    return { log, place, logId, batch }
  }

  /** What `POST /v1/settlements` takes. */
  const bodyOf = (
    signed: readonly {
      place: { owner: Address; sessionKey: Address; instance: Hex }
      batch: BuiltBatch
      signature: Hex
    }[],
    other: Record<string, unknown> = {},
  ) => ({
    chainId: String(chain.chainId),
    inferenceLog: inferenceLog.toLowerCase(),
    batches: signed.map(({ place, batch, signature }) => ({
      log: {
        owner: place.owner.toLowerCase(),
        sessionKey: place.sessionKey.toLowerCase(),
        instance: place.instance,
      },
      first: String(batch.first),
      count: String(batch.count),
      root: batch.root,
      mode: batch.mode,
      ...(batch.mode === 'inline'
        ? { data: toHex(batch.data) }
        : { dataDigest: batch.dataDigest, uri: 'https://data.example/1' }),
      signature,
    })),
    ...other,
  })

  async function post(url: string, path: string, body: unknown, headers: object = {}) {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const type = answer.headers.get('content-type')
    return {
      status: answer.status,
      type,
      retryAfter: answer.headers.get('retry-after'),
      json: await answer.json(),
    }
  }

  /** An empty one, which `stop` removes. */
  async function directory(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'assay-relay-'))
    stops.push(() => rm(path, { recursive: true, force: true }))
    return path
  }

  async function recorder(party: Party, options: RecorderOptions) {
    const made = createRecorder({
      chainId: chain.chainId,
      rpcUrl: chain.rpcUrl,
      inferenceLog,
      owner: party.owner.address,
      sessionKey: party.sessionKey,
      scheduledDelayMillis: 50,
      journal: fileJournal({ directory: await directory() }),
      ...options,
    })
    stops.push(() => made.shutdown())
    return made
  }

  return {
    chain,
    inferenceLog,
    walletOf,
    listen,
    payer,
    relay,
    newParty,
    authorizedParty,
    authorize,
    newLog,
    bodyOf,
    post,
    directory,
    recorder,
    settlement: (logId: Hex, root: Hex) =>
      chain.as(accountOf(0)).log.read.settlementOf([logId, root]),
    async stop() {
      for (const stop of stops.toReversed()) await stop()
      await chain.stop()
    },
  }
}

export type Stage = Awaited<ReturnType<typeof startStage>>
