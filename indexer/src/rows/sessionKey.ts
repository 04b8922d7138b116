import type { Context } from 'ponder:registry'
import { sessionKey } from 'ponder:schema'
import type { Hex } from 'viem'
import { saveOwner } from './owner.ts'
import { type OnChain, type PlacedEvent, rowPlaceOf } from './place.ts'

/** What an event says of a session key beside whose it is. */
export type SessionKeyPatch = Partial<
  Omit<typeof sessionKey.$inferInsert, 'chainId' | 'owner' | 'address' | 'position'>
>

/**
 * Makes sure that an owner and its session key have rows: any event can be the first that names them. A key may be revoked, or
 * its owner may settle in its place, without it ever having been authorized.
 *
 * @param patch - What the event changes, given what is known of the key so far.
 */
export async function saveSessionKey(
  { db, chain }: { db: Context['db'] } & OnChain,
  event: PlacedEvent & { args: { owner: Hex; sessionKey: Hex } },
  patch: (known: typeof sessionKey.$inferSelect | undefined) => SessionKeyPatch,
): Promise<void> {
  const { owner, sessionKey: address } = event.args
  await saveOwner({ db, chain }, event, owner)
  await db
    .insert(sessionKey)
    .values({ owner, address, ...rowPlaceOf(event, { chain }), ...patch(undefined) })
    .onConflictDoUpdate((known) => patch(known))
}
