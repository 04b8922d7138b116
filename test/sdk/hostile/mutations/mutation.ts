import type { Random } from '../../../contracts/support/random.ts'
import type { HonestReceipt, World } from '../world/world.ts'

/** What a mutation works with. */
export type Craft = {
  random: Random
  world: World
  /** What the hostile receipt is made of. */
  base: HonestReceipt
}

export type Json = Record<string, unknown>

/** Changes a receipt, of which it may not assume any form: others may have changed it before. Gives what takes its place. */
export type ValueMutation = (receipt: Json, craft: Craft) => unknown

/** Changes a text that may be JSON. */
export type TextMutation = (text: string, craft: Craft) => string

/** Changes the bytes of a file. */
export type BytesMutation = (bytes: Uint8Array, craft: Craft) => Uint8Array
