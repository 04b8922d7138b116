import type { BaseError as ViemBaseError } from 'viem'
import { BaseError } from '../errors/base.ts'
import { RpcUnreachableError } from '../errors/chain.ts'

/**
 * Turns what a client throws when it asks an endpoint into an error of Assay. What is one already passes as it is.
 *
 * @param error - What was thrown.
 * @param contract - Name of the contract that was asked.
 */
export function explainRpc(error: unknown, contract: string): BaseError {
  if (error instanceof BaseError) return error
  // A provider of the application's own throws what it likes (EIP-1193).
  if (!isViemError(error)) return new RpcUnreachableError(undefined, { cause: error })
  const network = error.walk(isNamed('HttpRequestError', 'WebSocketRequestError', 'TimeoutError'))
  if (network) {
    const url = 'url' in network && typeof network.url === 'string' ? network.url : undefined
    return new RpcUnreachableError(url, { cause: error })
  }
  return new BaseError(`The call to ${contract} failed: ${error.shortMessage}`, {
    metaMessages: error.details ? [error.details] : [],
    cause: error,
  })
}

/** By name and not by class: the caller's client may be of another copy of viem. */
export function isNamed(...names: readonly string[]): (error: unknown) => boolean {
  return (error) => error instanceof Error && names.includes(error.name)
}

/** Whether viem threw it, whichever copy of it. */
export function isViemError(error: unknown): error is ViemBaseError {
  return error instanceof Error && 'walk' in error && typeof error.walk === 'function'
}
