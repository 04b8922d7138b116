#!/usr/bin/env node
/* eslint-disable no-console -- a program speaks to the person who runs it */
import { serve } from '@hono/node-server'
import { createRelay } from './create-relay.ts'
import { RelaySettingsError } from './errors.ts'
import { readSettings } from './settings.ts'
import { variables } from './variables.ts'

const help = `assay-relay: pays the gas for what others have signed.

Usage: assay-relay [--help]

It is set up by environment variables:

${Object.values(variables)
  .map(([name, meaning, standard]) => `  ${name}\n      ${meaning}\n      Default: ${standard}`)
  .join('\n')}

Exit codes: 0 ended by a signal, 2 a setting is missing or malformed, 3 the port cannot be used.
`

const gracePeriod = 10_000

function main(args: readonly string[]): void {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help)
    return
  }
  if (args.length > 0) throw new RelaySettingsError(args[0] ?? '', 'is no option; see --help')
  const { port, host, ...options } = readSettings(process.env)
  const log = (event: object) => {
    console.log(JSON.stringify({ time: new Date().toISOString(), ...event }))
  }
  const relay = createRelay({ ...options, onEvent: log })
  const server = serve(
    { fetch: relay.fetch, port, hostname: host, overrideGlobalObjects: false },
    (info) => {
      log({
        type: 'listening',
        url: `http://${host}:${info.port}`,
        account: options.account.address,
      })
    },
  )
  server.on('error', (error: Error) => {
    console.error(`assay-relay: ${error.message}`)
    process.exit(3)
  })
  relay.ready().catch((error: unknown) => {
    log({ type: 'failed', what: 'start', detail: error instanceof Error ? error.message : '' })
  })
  let ending = false
  const end = () => {
    // A second signal is an order.
    if (ending) process.exit(0)
    ending = true
    log({ type: 'ending' })
    setTimeout(() => process.exit(0), gracePeriod).unref()
    server.close(() => {
      relay.close()
      process.exit(0)
    })
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
}

try {
  main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof RelaySettingsError)) throw error
  console.error(`assay-relay: ${error.shortMessage} See --help.`)
  process.exitCode = 2
}
