import { chmod, writeFile } from 'node:fs/promises'
import type { Deployment } from '../deployment/deployment-file.ts'
import type { Identity } from './identity.ts'

/** What an application needs to attach to the local chain as somebody. */
export type AttachSettings = {
  deployment: Deployment
  rpcUrl: string
  indexerUrl: string
  identity: Identity
  /** Directory of the journal. */
  journal: string
}

/** The settings as environment variables, which `createRecorder()` reads. */
export function attachVariables(settings: AttachSettings): Record<string, string> {
  const { deployment, identity } = settings
  return {
    ASSAY_CHAIN_ID: String(deployment.chainId),
    ASSAY_RPC_URL: settings.rpcUrl,
    ASSAY_INFERENCE_LOG: deployment.inferenceLog,
    ASSAY_MODEL_REGISTRY: deployment.modelRegistry,
    ASSAY_ENVIRONMENT_REGISTRY: deployment.environmentRegistry,
    ASSAY_VERDICT_REGISTRY: deployment.verdictRegistry,
    ASSAY_OWNER: identity.owner,
    ASSAY_SESSION_KEY: identity.sessionKey,
    ASSAY_JOURNAL: settings.journal,
    ASSAY_INDEXER_URL: settings.indexerUrl,
  }
}

/**
 * Writes variables in the syntax of dotenv, which `node --env-file` and a shell's `source` read too. The file holds a key: only
 * its owner may read it.
 */
export async function writeEnvFile(path: string, variables: Record<string, string>): Promise<void> {
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`)
  await writeFile(path, lines.join(''), { mode: 0o600 })
  // The mode counts only for a file that wasn't there.
  await chmod(path, 0o600)
}
