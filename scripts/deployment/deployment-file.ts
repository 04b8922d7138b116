import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { Addresses } from './addresses.ts'

/** What `deployments/<chainId>.json` holds. */
export type Deployment = Addresses & {
  chainId: number
  /** First block that holds any of the contracts: an indexer starts here. */
  startBlock: number
}

/** Where the deployments of this repository are recorded. */
export const deploymentsDirectory = new URL('../../deployments/', import.meta.url)

/**
 * Reads a chain's deployment.
 *
 * @returns The deployment, or undefined when none is recorded.
 */
export async function readDeployment(
  chainId: number,
  directory = deploymentsDirectory,
): Promise<Deployment | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(chainId, directory), 'utf8')) as Deployment
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Writes a chain's deployment, unless it stands there already.
 *
 * @returns Whether the file changed.
 */
export async function writeDeployment(
  deployment: Deployment,
  directory = deploymentsDirectory,
): Promise<boolean> {
  const file = fileOf(deployment.chainId, directory)
  const text = formatDeployment(deployment)
  if ((await readFile(file, 'utf8').catch(() => '')) === text) return false
  await mkdir(directory, { recursive: true })
  await writeFile(file, text)
  return true
}

/** The text of a deployment file: members in a fixed order. */
export function formatDeployment({ chainId, startBlock, ...addresses }: Deployment): string {
  return `${JSON.stringify({ chainId, startBlock, ...addresses }, undefined, 2)}\n`
}

function fileOf(chainId: number, directory: URL): URL {
  return new URL(`${String(chainId)}.json`, directory)
}
