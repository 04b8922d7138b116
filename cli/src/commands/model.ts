import type { AddCommand } from './global-options.ts'
import { addHash } from './model-hash.ts'
import { addPublish } from './model-publish.ts'
import { addRetire } from './model-retire.ts'

const commands = [addHash, addPublish, addRetire]

/** `assay model …`: which exact files a model is. */
export const addModel: AddCommand = (parent, end) => {
  const model = parent.command('model').summary('hash, publish and retire models')
  for (const add of commands) add(model, end)
}
