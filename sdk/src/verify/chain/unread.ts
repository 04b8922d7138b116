import { BaseError } from '../../errors/base.ts'

/** Why something was not read, and what would help. */
export type Unread = { unread: string; raise: string }

/** Whether something was not read. */
export function isUnread(state: unknown): state is Unread {
  return typeof state === 'object' && state !== null && 'unread' in state
}

/** Makes of a failed reading a reason not to know. */
export function unreadBecause(error: unknown): Unread {
  // Anything else is a defect of ours, not of an endpoint.
  if (!(error instanceof BaseError)) throw error
  return {
    unread: `The chain could not be read: ${error.shortMessage}`,
    raise: 'Try again, or use another endpoint.',
  }
}
