import type { Context } from 'ponder:registry'
import { owner, sessionKey } from 'ponder:schema'
import type { Hex } from 'viem'

/** What an event says of a session key beside whose it is. */
export type SessionKeyPatch = Partial<
  Omit<typeof sessionKey.$inferInsert, 'owner' | 'address' | 'position'>
>

/**
 * Makes sure that an owner and its session key have rows: any event can be the first that names them. A key may be revoked, or
 * its owner may settle in its place, without it ever having been authorized.
 *
 * @param patch - What the event changes, given what is known of the key so far.
 */
export async function saveSessionKey(
  db: Context['db'],
  key: { owner: Hex; sessionKey: Hex },
  position: bigint,
  patch: (known: typeof sessionKey.$inferSelect | undefined) => SessionKeyPatch,
): Promise<void> {
  await db.insert(owner).values({ address: key.owner, position }).onConflictDoNothing()
  await db
    .insert(sessionKey)
    .values({ owner: key.owner, address: key.sessionKey, position, ...patch(undefined) })
    .onConflictDoUpdate((known) => patch(known))
}
