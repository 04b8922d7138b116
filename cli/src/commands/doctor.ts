import type { DoctorOptions } from '../doctor/options.ts'
import { type AddCommand, type GlobalOptions, terminalOf } from './global-options.ts'
import { addChain } from './owner-options.ts'

/** `assay doctor`: what keeps recording and settling from working. */
export const addDoctor: AddCommand = (parent, end) => {
  const command = parent
    .command('doctor')
    .summary('find what keeps recording or settling from working')
    .description(
      'Checks the settings, the endpoint, the contracts, the session key, who pays, the clock, the journals and the indexer, and says what to do.',
    )
    .option('--journal <directory>', 'where the journals are')
    .option('--relay <url>', 'who pays (default: ASSAY_RELAY_URL, else the session key)')
    .option('--indexer <url>', 'indexer to ask (default: ASSAY_INDEXER_URL, else none)')
  addChain(command)
    .addHelpText(
      'after',
      `
Examples:
  assay doctor
  assay doctor --settings .assay/env --json

Exit codes:
  0  nothing fails; there may be warnings
  1  something fails
  3  bad arguments`,
    )
    .action(async () => {
      const { doctor } = await import('../doctor/doctor.ts')
      const options = command.optsWithGlobals<DoctorOptions & GlobalOptions>()
      end(await doctor(options, terminalOf(command)))
    })
}
