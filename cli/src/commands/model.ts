import type { AddCommand } from './global-options.ts'
import { addCheck } from './model-check.ts'
import { addHash } from './model-hash.ts'
import { addPublish } from './model-publish.ts'
import { addRetire } from './model-retire.ts'
import { addVerifySignature } from './model-verify-signature.ts'

const commands = [addHash, addCheck, addVerifySignature, addPublish, addRetire]

/** `assay model …`: which exact files a model is. */
export const addModel: AddCommand = (parent, end) => {
  const model = parent.command('model').summary('hash, check, publish and retire models')
  for (const add of commands) add(model, end)
}
