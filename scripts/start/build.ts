import hre from 'hardhat'

/** Preloaded into every process that `start` starts: each ends when its parent has. */
export const parentWatch = new URL('../../indexer/parent-watch.ts', import.meta.url).href

/** Compiles the contracts, unless the compiler's output is up to date. */
export async function buildContracts(): Promise<void> {
  // Hardhat runs the compiler as a process, and gives no say in how: what it inherits is the only way to have it watched.
  const { NODE_OPTIONS } = process.env
  process.env.NODE_OPTIONS = `${NODE_OPTIONS ?? ''} --import ${parentWatch}`.trim()
  process.env.ASSAY_PARENT_PID = String(process.pid)
  try {
    await hre.tasks.getTask('build').run({ quiet: true, noTests: true })
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = NODE_OPTIONS
    delete process.env.ASSAY_PARENT_PID
  }
}
