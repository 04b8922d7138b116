import { JournalError } from '../errors/journal.ts'
import { bytesToHex } from '../formats/bytes.ts'
import { standardFields } from '../formats/fields.ts'
import { messagesField } from '../formats/messages.ts'
import type { InferenceRecord, OpenJournal } from '../journal/journal.ts'
import type { Draft } from './draft.ts'
import type { Entry } from './ledger.ts'

export type ReissueOptions = {
  /** The journal whose log somebody else has settled in. */
  stolen: OpenJournal
  /** The journal that is recorded into now. */
  own: () => OpenJournal
  /** Records anew. Resolves with undefined if that can't be done now. */
  take: (draft: Draft) => Promise<Entry | undefined>
  /** Journals that nobody holds, each to be closed. */
  free: () => Iterable<OpenJournal>
}

/**
 * Records anew what a journal holds and can't be settled where it was meant to be, in order, each once, also if it was begun before and
 * cut short. The journal that takes it names the old ids, so that they still lead to a receipt.
 *
 * @returns How many it were; those that another process has begun with are left to it.
 * @throws JournalError if it can't be done now; it goes on the next time.
 */
export async function reissue({ stolen, own, take, free }: ReissueOptions): Promise<number> {
  const { instance, state } = stolen
  const begun = await reissuedBefore(stolen, own(), free)
  if (begun === undefined) return 0
  let count = 0
  let at = begun
  while (at < state.next) {
    const { instance: successor } = own()
    // First who takes it: whoever goes on later has to look there for how far this came.
    stolen.addProgress({ moved: at, successor })
    await stolen.sync()
    for await (const group of stolen.inferences(at, Number(state.next - at))) {
      for (const record of group) {
        const { sequence, inferenceId } = record
        const of = { instance, sequence, inferenceId: bytesToHex(inferenceId) }
        if (!(await take({ ...draftOf(record), reissueOf: of }))) {
          throw new JournalError(instance, 'could not hand on what it holds')
        }
        at = sequence + 1n
        count++
      }
      if (own().instance !== successor) break
    }
  }
  stolen.addProgress({ moved: at })
  await stolen.sync()
  return count
}

/** Up to where it was done; undefined if the journal that has begun to take it is in other hands. */
async function reissuedBefore(
  { instance, state }: OpenJournal,
  own: OpenJournal,
  free: ReissueOptions['free'],
): Promise<bigint | undefined> {
  const { successor } = state
  const noted = state.moved ?? state.stolen ?? state.next
  const latest = (upTo: bigint | undefined) => (upTo !== undefined && upTo > noted ? upTo : noted)
  if (successor === undefined) return noted
  if (successor === own.instance) return latest(own.state.reissued?.[instance])
  for (const journal of free()) {
    const found = journal.instance === successor
    const upTo = journal.state.reissued?.[instance]
    await journal.close()
    if (found) return latest(upTo)
  }
  return undefined
}

function draftOf({ modelId, environmentId, servedAt, fields, messages }: InferenceRecord): Draft {
  const standard: Record<string, Uint8Array> = {}
  for (const [i, name] of standardFields.entries()) {
    const value = fields[i]?.value
    if (value && value.length > 0) standard[name] = value.slice()
  }
  const extensions = fields
    .slice(standardFields.length)
    .filter(({ name }) => !messages || name !== messagesField)
    .map(({ name, value }) => ({ name, value: value.slice() }))
  return { modelId, environmentId, servedAt, standard, extensions, messages: messages?.slice() }
}
