import { defaultPolicy, parsePolicy, type VerificationPolicy } from '@assay/sdk/verify'
import { maxDocumentBytes } from '../input/limits.ts'
import { readFileText } from '../input/read-text.ts'

/** The policy of a file, or the default one. @throws InputError, InvalidPolicyError */
export async function readPolicy(
  path: string | undefined,
  timeoutMillis: number,
): Promise<VerificationPolicy> {
  if (path === undefined) return defaultPolicy
  return parsePolicy(await readFileText(path, maxDocumentBytes, timeoutMillis))
}
