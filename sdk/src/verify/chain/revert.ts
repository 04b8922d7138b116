import { BaseError } from '../../errors/base.ts'

/** Whether a call failed since the contract refused it, as the endpoint says: a kind of answer, which every endpoint has to give. */
export function isRevert(error: unknown): boolean {
  return error instanceof BaseError && error.walk(saysReverted) !== undefined
}

/** Nodes say so by code 3, some by words alone. */
function saysReverted(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === 3) || /\brevert/i.test(error.message)
}
