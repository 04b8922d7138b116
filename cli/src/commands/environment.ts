import { addArchive } from './environment-archive.ts'
import { addAttest } from './environment-attest.ts'
import { addInspect } from './environment-inspect.ts'
import { addRegister } from './environment-register.ts'
import { addReportCompromise } from './environment-report-compromise.ts'
import { addRevoke } from './environment-revoke.ts'
import { addVerifyAttestation } from './environment-verify.ts'
import type { AddCommand } from './global-options.ts'

const commands = [
  addRegister,
  addRevoke,
  addReportCompromise,
  addAttest,
  addArchive,
  addInspect,
  addVerifyAttestation,
]

/** `assay environment …`: where inference runs. */
export const addEnvironment: AddCommand = (parent, end) => {
  const environment = parent
    .command('environment')
    .summary('register, revoke and attest environments; archive and verify attestations')
  for (const add of commands) add(environment, end)
}
