import type { CollectOptions } from '../collect/options.ts'
import { type AddCommand, gather, type GlobalOptions, terminalOf } from './global-options.ts'

/** `assay collect`: a recorder for other programs. */
export const addCollect: AddCommand = (parent, end) => {
  const command = parent
    .command('collect')
    .summary('take records over HTTP, for other languages and serverless functions')
    .description(
      'Takes records of inferences over HTTP, keeps them in a journal and settles them, until it is ended. An answer means that the inference is on disk.',
    )
    .option('--host <address>', 'address to listen at (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen at; 0 is any (default: 8547)')
    .option(
      '--token-file <file>',
      'file with the token to ask for (default: ASSAY_COLLECTOR_TOKEN)',
    )
    .option('--allow-host <name>', 'a name by which it may be asked', gather)
    .option('--allow-origin <origin>', 'an origin of pages that may ask', gather)
    .option('--settings <file>', 'settings to use (default: .assay/env if it is there)')
    .option('--journal <directory>', 'where the journals are')
    .option('--rpc <url>', 'endpoint of the chain (default: ASSAY_RPC_URL)')
    .option('--relay <url>', 'who pays (default: ASSAY_RELAY_URL, else the session key)')
    .option('--delay <seconds>', 'how long an inference waits for its batch (default: 5)')
    .option('--grace <seconds>', 'how long the end may take to settle what is left (default: 10)')
    .option('--max-body <bytes>', 'largest body (default: 8388608)')
    .option('--max-records <number>', 'records of one request (default: 1000)')
    .option('--max-queue <number>', 'records that may wait for the disk (default: 10000)')
    .option('--max-connections <number>', 'connections at once (default: 512)')
    .option('--remember <number>', 'newest inferences whose keys are known (default: 500000)')
    .addHelpText(
      'after',
      `
Examples:
  assay collect
  assay collect --port 9000 --relay https://relay.example.org --json
  ASSAY_COLLECTOR_TOKEN=… assay collect --host 0.0.0.0 --allow-host collector
  curl -s http://127.0.0.1:8547/v1/inferences -H 'content-type: application/json' \\
    -d '{"request": {"text": "question"}, "response": {"text": "answer"}}'

Exit codes:
  0  ended by a signal; what is left is in the journal
  3  not started: bad arguments or settings, or another collector has the journal`,
    )
    .action(async () => {
      const { collect } = await import('../collect/collect.ts')
      await collect(command.optsWithGlobals<CollectOptions & GlobalOptions>(), terminalOf(command))
      end(0)
    })
}
