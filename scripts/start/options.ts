import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { StartError } from './errors.ts'

/** What `start --help` prints. */
export const help = `Usage: pnpm start [options]

Starts a local chain, deploys the contracts, starts the indexer, runs examples/quickstart, and stays up.

  --once                  Exit when the quickstart is done: 0 if every receipt verified.
  --no-quickstart         Bring up the services only, and write the files to attach with.
  --port-chain <n>        The chain's port.         Default: 8545,  environment: ASSAY_PORT_CHAIN
  --port-indexer <n>      The indexer's port.       Default: 42069, environment: ASSAY_PORT_INDEXER
  --port-server <n>       The model server's port.  Default: 8787,  environment: ASSAY_PORT_SERVER
  --state <directory>     Where keys, journals and receipts go. Default: .assay, environment: ASSAY_STATE
  --json                  Milestones as JSON lines.
  --help                  This text.

OPENAI_BASE_URL, with OPENAI_API_KEY if the endpoint asks for one, is used instead of the local model server.
`

/** Options of `start`, all decided. */
export type StartOptions = {
  once: boolean
  quickstart: boolean
  ports: { chain: number; indexer: number; server: number }
  /** Absolute path. */
  state: string
  json: boolean
  help: boolean
}

/**
 * Reads the command line; what it leaves open comes from the environment.
 *
 * @param directory - What a relative path is relative to.
 * @throws {StartError} When an option is unknown or malformed.
 */
export function parseOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  directory: string,
): StartOptions {
  const values = parse(args)
  const once = values.once ?? false
  const quickstart = !(values['no-quickstart'] ?? false)
  if (once && !quickstart)
    throw new StartError('--once and --no-quickstart exclude each other.', [
      '--once ends when the quickstart is done, which --no-quickstart leaves out.',
    ])
  return {
    once,
    quickstart,
    ports: {
      chain: port('--port-chain', values['port-chain'] ?? env.ASSAY_PORT_CHAIN ?? '8545'),
      indexer: port('--port-indexer', values['port-indexer'] ?? env.ASSAY_PORT_INDEXER ?? '42069'),
      server: port('--port-server', values['port-server'] ?? env.ASSAY_PORT_SERVER ?? '8787'),
    },
    state: resolve(directory, values.state ?? env.ASSAY_STATE ?? '.assay'),
    json: values.json ?? false,
    help: values.help ?? false,
  }
}

function parse(args: readonly string[]) {
  try {
    // `pnpm start -- --once` hands over the dashes too.
    return parseArgs({
      args: args.filter((arg, i) => i > 0 || arg !== '--'),
      options: {
        once: { type: 'boolean' },
        'no-quickstart': { type: 'boolean' },
        'port-chain': { type: 'string' },
        'port-indexer': { type: 'string' },
        'port-server': { type: 'string' },
        state: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (cause) {
    throw new StartError(
      'The options are not understood.',
      ['`pnpm start --help` lists them.'],
      cause,
    )
  }
}

function port(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value
  throw new StartError(`${option} must be a port number from 1 to 65535, not \`${text}\`.`)
}
