import { onchainTable } from 'ponder'

/** The least that a row can be: a key of 32 bytes, and a number. */
export const bare = onchainTable('bare', (t) => ({
  id: t.hex().primaryKey(),
  number: t.bigint().notNull(),
}))
