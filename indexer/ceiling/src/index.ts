import { ponder } from 'ponder:registry'
import { bare } from 'ponder:schema'
import { pad, toHex } from 'viem'

ponder.on('InferenceLog:BatchSettledInline', async ({ event, context: { db } }) => {
  const { first, count } = event.args
  await db.insert(bare).values(
    Array.from({ length: count }, (_, i) => {
      const number = first + BigInt(i)
      return { id: pad(toHex(number), { size: 32 }), number }
    }),
  )
})
