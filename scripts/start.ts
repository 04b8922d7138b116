/** `pnpm start`: the whole of Assay on this machine. `--help` lists the options. */
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { BaseError } from '@assay/sdk'
import { StartError } from './start/errors.ts'
import { launchersOf, outlivedNpx, watchLaunchers } from './start/launchers.ts'
import { help, parseOptions } from './start/options.ts'
import { processTable } from './start/process-table.ts'
import { createProgress } from './start/progress.ts'
import { run, type Session, stopRun } from './start/run.ts'

/** A run that has to end must have ended when this many milliseconds are over. */
const shutdownLimit = 2_300

async function main(): Promise<void> {
  // pnpm runs this at the root; a relative path means what it means to whoever typed it.
  const options = parseOptions(
    process.argv.slice(2),
    process.env,
    process.env.INIT_CWD ?? process.cwd(),
  )
  process.chdir(fileURLToPath(new URL('..', import.meta.url)))
  process.env.HARDHAT_DISABLE_TELEMETRY = 'true'
  if (options.help) {
    process.stdout.write(help)
    return
  }

  const session: Session = { started: [], ending: false }
  let ending: Promise<void> | undefined
  const end = (code: number) => {
    session.ending = true
    // Nothing that hangs may keep it: what is left then ends by its own watch, or is stopped by the next start.
    ending ??= Promise.race([stopRun(options.state, session), delay(shutdownLimit)]).then(() => {
      process.exit(code)
    })
    return ending
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void end(128 + constants.signals[signal]))
  // A terminal or a pipe that is gone is no reason to stop half-way through stopping.
  process.stdout.on('error', () => void end(1))
  process.stderr.on('error', () => void end(1))
  const launchers = launchersOf(await processTable(), process.pid)
  if (outlivedNpx(process.env, launchers))
    throw new StartError('npx, which started this, has ended.')
  watchLaunchers(launchers, () => void end(1))

  try {
    await end(await run(options, createProgress(options), session))
  } catch (error) {
    // What breaks because it is being stopped is no news.
    if (!session.ending) console.error(error instanceof BaseError ? `\n${error.message}` : error)
    await end(1)
  }
}

function delay(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis)
  })
}

try {
  await main()
} catch (error) {
  console.error(error instanceof BaseError ? error.message : error)
  process.exitCode = 1
}
