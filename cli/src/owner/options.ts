import type { OutputOptions } from '../output/deliver.ts'
import type { ChainOptions } from '../settings/chain.ts'

/** Options of commands that need the owner's word. */
export type OwnerOptions = OutputOptions &
  ChainOptions & {
    settings?: string
    /** Address, where no key says it. Default: ASSAY_OWNER. */
    owner?: string
    keystore?: string
    /** Pays for the signature instead of the owner paying for a transaction. Default: ASSAY_RELAY_URL. */
    relay?: string
    printRequest?: boolean
    page?: string
    request?: string
    signature?: string
    signatureFile?: string
    dryRun?: boolean
    yes?: boolean
    timeout?: string
  }
