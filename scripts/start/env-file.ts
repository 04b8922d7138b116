import { writeFile } from '../../cli/src/output/write-file.ts'
import { formatEnvFile } from '../../cli/src/settings/env-file.ts'
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

/** Writes variables, readable by the user alone: one of them is a key. What was there is of a run before. */
export function writeEnvFile(path: string, variables: Record<string, string>): Promise<void> {
  return writeFile(path, formatEnvFile(variables), { replace: true })
}
