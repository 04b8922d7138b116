import { BaseError, type BaseErrorOptions } from './base.ts'

/** Thrown when the RPC endpoint gives no usable answer. */
export class RpcUnreachableError extends BaseError {
  override name = 'RpcUnreachableError'

  constructor(url: string | undefined, options: BaseErrorOptions = {}) {
    super('The RPC endpoint gives no usable answer.', {
      metaMessages: [
        ...(url ? [`Endpoint: ${url}`] : []),
        'Check that the node runs and that ASSAY_RPC_URL (or `rpcUrl`) names it. Nothing recorded is lost: settling is tried again.',
      ],
      docsPath: 'errors.md',
      ...options,
    })
  }
}

/** Thrown when the RPC endpoint serves another chain than the one configured. */
export class ChainMismatchError extends BaseError {
  override name = 'ChainMismatchError'

  constructor(expected: number, actual: number) {
    super(`The RPC endpoint serves chain ${actual}, but chain ${expected} is configured.`, {
      metaMessages: ['Change ASSAY_RPC_URL (or `rpcUrl`), or ASSAY_CHAIN_ID (or `chainId`).'],
      docsPath: 'errors.md',
    })
  }
}

/** Thrown when no contract address is known for a chain. */
export class DeploymentNotFoundError extends BaseError {
  override name = 'DeploymentNotFoundError'

  constructor(contract: string, chainId: number | undefined) {
    super(
      chainId === undefined
        ? `No address of ${contract} is given, and the client names no chain to look it up for.`
        : `No deployment of ${contract} is known on chain ${chainId}.`,
      {
        metaMessages: [`Pass its address as \`${contract}\`, or deploy it (docs/deploy.md).`],
        docsPath: 'deploy.md',
      },
    )
  }
}

/** Thrown when there is no contract of ours at the address. */
export class NoContractError extends BaseError {
  override name = 'NoContractError'

  constructor(contract: string, address: string, options: BaseErrorOptions = {}) {
    super(`There is no ${contract} at ${address}.`, {
      metaMessages: [
        'Check the address and the chain. After a local chain restarts, deploy again.',
      ],
      docsPath: 'errors.md',
      ...options,
    })
  }
}
