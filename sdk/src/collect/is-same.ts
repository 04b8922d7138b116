import { equalBytes } from '../formats/bytes.ts'
import { orderFields } from '../formats/fields.ts'
import { messagesField } from '../formats/messages.ts'
import type { InferenceRecord } from '../journal/journal.ts'
import type { CollectedDraft } from './draft-of.ts'

const nothing = new Uint8Array(0)

/** Whether an inference is what a draft says. What the draft leaves to the recorder is not looked at. */
export function isSame(draft: CollectedDraft, kept: InferenceRecord | CollectedDraft): boolean {
  const fields = orderFields(draft.standard, draft.extensions)
  const others = fieldsOf(kept)
  return (
    (['modelId', 'environmentId', 'servedAt'] as const).every(
      (name) => draft[name] === undefined || draft[name] === kept[name],
    ) &&
    equalBytes(draft.messages ?? nothing, kept.messages ?? nothing) &&
    fields.length === others.length &&
    fields.every(({ name, value }, i) => {
      const other = others[i]
      return name === other?.name && equalBytes(value, other.value)
    })
  )
}

/** All but the field that binds the messages, which is different in each place. */
function fieldsOf(kept: InferenceRecord | CollectedDraft) {
  if ('standard' in kept) return orderFields(kept.standard, kept.extensions)
  return kept.messages ? kept.fields.filter(({ name }) => name !== messagesField) : kept.fields
}
