import { fileURLToPath } from 'node:url'

/** Before any test: the contracts' artifacts are up to date. Workers that run at once would otherwise compile at once. */
export async function setup(): Promise<void> {
  process.env.HARDHAT_DISABLE_TELEMETRY = 'true'
  process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
  const { default: hre } = await import('hardhat')
  await hre.tasks.getTask('build').run({ quiet: true, noTests: true })
}
