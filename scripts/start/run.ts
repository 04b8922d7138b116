import { mkdir } from 'node:fs/promises'
import { relative } from 'node:path'
import { IndexerBehindError, type RunningIndexer, startIndexer } from '../../indexer/run.ts'
import type { LocalChain } from './chain.ts'
import type { Child } from './child.ts'
import { attachVariables, writeEnvFile } from './env-file.ts'
import { StartError } from './errors.ts'
import type { StartOptions } from './options.ts'
import { preflight } from './preflight.ts'
import type { Progress } from './progress.ts'
import { processTable, withDescendants } from './process-table.ts'
import { chosenEndpoint } from './quickstart.ts'
import { forgetRun, recordRun, stopEarlierRun } from './run-record.ts'
import { prepareState } from './state.ts'
import { stopProcesses } from './stop-processes.ts'

/** A run that may be told to end while it is under way. */
export type Session = {
  /** What was started and must be stopped, in this order. */
  started: { stop(): Promise<void> }[]
  /** Whether it is being ended: what fails from then on is no news. */
  ending: boolean
}

/**
 * Brings everything up, runs the quickstart, and waits: forever, or with `once` not at all.
 *
 * @param session - Gets what was started, as soon as it is.
 * @returns The exit code.
 */
export async function run(
  options: StartOptions,
  progress: Progress,
  session: Session,
): Promise<number> {
  const { ports, state } = options
  const { started } = session
  await mkdir(state, { recursive: true })
  progress.begin('looking for an earlier run')
  const stopped = await stopEarlierRun(state)
  if (stopped > 0)
    progress.done('earlier run', { stopped: `stopped, ${String(stopped)} processes` })
  const chosen = chosenEndpoint(process.env)
  await preflight(options, options.quickstart && !chosen)
  await recordRun(state)
  const paths = await prepareState(state)

  // Loaded only now: Hardhat takes a second, and a taken port should be told at once.
  progress.begin('compiling the contracts')
  const { buildContracts } = await import('./build.ts')
  await buildContracts()
  progress.done('contracts compiled')

  progress.begin('starting the chain')
  const { startChain } = await import('./chain.ts')
  const chain = await startChain(ports.chain)
  progress.done('chain', { url: chain.rpcUrl })

  progress.begin('deploying')
  const { deployAssay } = await import('../deployment/deploy-assay.ts')
  const deployment = await deployAssay(chain.connection)
  progress.done('contracts deployed', { inferenceLog: deployment.inferenceLog })

  progress.begin('starting the indexer')
  const indexer = await startIndexer({
    ...deployment,
    rpcUrl: chain.rpcUrl,
    wsUrl: chain.wsUrl,
    port: ports.indexer,
    portHint: 'Stop that program, or choose another port: --port-indexer <port>',
    directory: paths.indexer,
  })
  started.push(indexer)
  await recordRun(state)
  progress.done('indexer', { graphql: indexer.graphqlUrl })

  progress.begin('authorizing session keys')
  const { createIdentity, localAccountKey } = await import('./identity.ts')
  const shared = { deployment, rpcUrl: chain.rpcUrl, indexerUrl: indexer.graphqlUrl }
  const builder = attachVariables({
    ...shared,
    identity: await createIdentity(chain.rpcUrl, deployment.inferenceLog, 1),
    journal: paths.journal,
  })
  const operator = attachVariables({
    ...shared,
    identity: await createIdentity(chain.rpcUrl, deployment.inferenceLog, 2),
    journal: paths.operatorJournal,
  })
  // Whoever attaches finds the authorization indexed.
  await waitUntilIndexed(indexer, chain)
  await writeEnvFile(paths.env, builder)
  await writeEnvFile(paths.operatorEnv, operator)
  progress.done('session keys authorized', { env: displayed(paths.env) })

  const ends = [indexer.ended]
  if (options.quickstart) {
    const { publishModels, startModelServer, startQuickstart } = await import('./quickstart.ts')
    progress.begin('publishing the models')
    const ids = await publishModels(operator, localAccountKey(2), (it) => started.push(it))
    progress.done('models published', { language: ids.language, risk: ids.risk })
    progress.begin('starting the model server')
    const endpoint =
      chosen ??
      (await startModelServer(
        { ...operator, ASSAY_MODEL_ID: ids.language, ASSAY_ENVIRONMENT_ID: ids.environment },
        ports.server,
        (server) => started.push(server),
      ))
    await recordRun(state)
    progress.done('model server', { url: endpoint.baseUrl })
    if (endpoint.server) ends.push(failsWith(endpoint.server, 'The model server'))

    progress.done('running the quickstart')
    const main = startQuickstart(
      {
        ...builder,
        ASSAY_RISK_MODEL_ID: ids.risk,
        // Another's endpoint has no operator here.
        ...(endpoint.server ? { ASSAY_OPERATOR_ENVIRONMENT_ID: ids.environment } : {}),
      },
      endpoint,
      paths.receipts,
      options.json ? 'stderr' : 'stdout',
    )
    started.push(main)
    await recordRun(state)
    const code = await Promise.race([main.ended, ...ends])
    if (options.once) return code
    if (code !== 0 && !session.ending)
      process.stderr.write(`The quickstart failed with exit code ${String(code)}.\n`)
  }

  progress.done('ready', {
    graphql: indexer.graphqlUrl,
    chain: chain.rpcUrl,
    attach: displayed(paths.env),
    stop: 'Ctrl-C',
  })
  return Promise.race(ends)
}

/** Stops what was started, and whatever was just about to be; then forgets the run. */
export async function stopRun(state: string, session: Session): Promise<void> {
  await Promise.allSettled(session.started.map((it) => it.stop()))
  const [, ...children] = withDescendants(await processTable(), process.pid)
  await stopProcesses(children, 500)
  await forgetRun(state)
}

/**
 * Waits until the indexer shows the chain's latest block. Over WebSocket it sees nothing before the first block after its
 * subscription, and nobody else makes one here.
 */
async function waitUntilIndexed(indexer: RunningIndexer, chain: LocalChain): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    try {
      await indexer.waitForBlock(await chain.blockNumber(), { timeoutMillis: 1_000 })
      return
    } catch (error) {
      if (!(error instanceof IndexerBehindError) || Date.now() > deadline) throw error
      await chain.mine()
    }
  }
}

function displayed(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

async function failsWith(child: Child, name: string): Promise<never> {
  const code = await child.ended
  throw new StartError(`${name} ended with exit code ${String(code)}.`, [
    'Its output stands above.',
  ])
}
