import { BaseError } from '@assay/sdk'

/** Thrown when an environment variable that sets the indexer up is missing or malformed. */
export class IndexerSettingsError extends BaseError {
  override name = 'IndexerSettingsError'

  constructor(variable: { name: string; meaning: string; default: string }, problem: string) {
    super(`${variable.name} ${problem}.`, {
      metaMessages: [`It is the ${variable.meaning}.`, `Default: ${variable.default}.`],
    })
  }
}

/** Thrown when another program has the port that GraphQL was to be served on. */
export class IndexerPortTakenError extends BaseError {
  override name = 'IndexerPortTakenError'
  readonly port: number

  constructor(port: number, options: { hint?: string; cause?: unknown } = {}) {
    super(`Port ${port}, on which the indexer was to serve GraphQL, is taken.`, {
      metaMessages: [
        options.hint ?? 'Stop the program that has it, or choose another with `port`.',
      ],
      cause: options.cause,
    })
    this.port = port
  }
}

/** Thrown when the chain's RPC endpoint cannot be reached as the indexer starts. */
export class IndexerRpcUnreachableError extends BaseError {
  override name = 'IndexerRpcUnreachableError'

  constructor(url: string, cause: unknown) {
    super('The RPC endpoint that the indexer was to read gives no usable answer.', {
      metaMessages: [
        `Endpoint: ${url}`,
        'Check that the node runs and that ASSAY_RPC_URL (or `rpcUrl`) names it.',
      ],
      cause,
    })
  }
}

/** Thrown when the RPC endpoint serves another chain than the one to be indexed. */
export class IndexerChainMismatchError extends BaseError {
  override name = 'IndexerChainMismatchError'

  constructor(url: string, expected: number, actual: number) {
    super(`The RPC endpoint serves chain ${actual}, but chain ${expected} was to be indexed.`, {
      metaMessages: [
        `Endpoint: ${url}`,
        'Change ASSAY_RPC_URL (or `rpcUrl`), or ASSAY_CHAIN_ID (or `chainId`).',
      ],
    })
  }
}

/** Thrown when the indexer's process ended, or did not begin to serve, as it should have. */
export class IndexerProcessError extends BaseError {
  override name = 'IndexerProcessError'
  /** The last lines that the process logged. */
  readonly log: readonly string[]
  /** Null: it was ended by a signal, or still runs. */
  readonly exitCode: number | null

  constructor(
    what: string,
    log: readonly string[],
    { exitCode = null, cause }: { exitCode?: number | null; cause?: unknown } = {},
  ) {
    super(what, { metaMessages: ['Its last lines:', ...(log.length ? log : ['(none)'])], cause })
    this.log = log
    this.exitCode = exitCode
  }
}

/** Thrown when the PostgreSQL schema was filled by another version of the indexer, or for other contracts. */
export class IndexerSchemaTakenError extends BaseError {
  override name = 'IndexerSchemaTakenError'

  constructor(schema: string, cause: unknown) {
    super(`The schema ${schema} was filled by another version of the indexer.`, {
      metaMessages: [
        'Choose another with ASSAY_INDEXER_SCHEMA (or `schema`): all is indexed anew there, from cached blocks.',
        `Or drop it, if nobody reads it any more: drop schema "${schema}" cascade`,
      ],
      cause,
    })
  }
}

/** Thrown when a block was not indexed in the time given. */
export class IndexerBehindError extends BaseError {
  override name = 'IndexerBehindError'

  constructor(block: bigint, indexed: bigint | undefined, timeoutMillis: number) {
    super(`Block ${block} was not indexed within ${timeoutMillis} ms.`, {
      metaMessages: [
        indexed === undefined ? 'No block is indexed yet.' : `Indexed so far: block ${indexed}.`,
        'Check that the chain has that block and that the RPC endpoint answers, or wait longer.',
      ],
    })
  }
}
