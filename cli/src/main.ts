#!/usr/bin/env node
import { closeStreams, surviveClosedStreams } from './output/streams.ts'

/** Node ends with 1 on what nobody caught, which here would say that something is refuted. */
function fail(error: unknown): void {
  process.exitCode = 3
  console.error(error)
}

surviveClosedStreams()
process.on('uncaughtException', (error) => {
  fail(error)
  process.exit()
})
try {
  const { run } = await import('./run.ts')
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  fail(error)
}
await closeStreams()
// What was given up, such as a pipe into which nobody writes, does not keep the process.
process.exit()
