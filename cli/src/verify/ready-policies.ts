import { createRequire } from 'node:module'
import { parsePolicy, type VerificationPolicy } from '@assay/sdk/verify'

/** Names of the policies that come with the SDK, as `--policy` takes them; docs/policies.md says what each is for. */
export const readyPolicies = ['open-research', 'own-deployment', 'strict-finance'] as const

const require = createRequire(import.meta.url)

/** The ready policy of a name; undefined if there is none. */
export function readyPolicy(name: string): VerificationPolicy | undefined {
  if (!(readyPolicies as readonly string[]).includes(name)) return undefined
  return parsePolicy(require(`@assay/sdk/policies/${name}.json`))
}
