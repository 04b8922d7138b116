import { platformProblem } from '../check-platform.mjs'
import { StartError } from './errors.ts'
import type { StartOptions } from './options.ts'
import { assertPortFree } from './ports.ts'

/**
 * Looks for what would make the start fail later, and less clearly.
 *
 * @throws {StartError} When the platform isn't supported or a port is taken.
 */
export async function preflight(options: StartOptions, localServer: boolean): Promise<void> {
  const problem = platformProblem()
  if (problem) throw new StartError(problem)
  const { chain, indexer, server } = options.ports
  if (new Set([chain, indexer, server]).size < 3)
    throw new StartError('The chain, the indexer and the model server need a port each.', [
      `Given: ${[chain, indexer, server].join(', ')}`,
    ])
  await assertPortFree(chain, 'the chain', '--port-chain')
  await assertPortFree(indexer, 'the indexer', '--port-indexer')
  if (localServer) await assertPortFree(server, 'the model server', '--port-server')
}
