import type { InferenceRecord, JournalPlace, OpenJournal } from '@assay/sdk'
import { sha256, toBytes, toHex } from 'viem'

export const place: JournalPlace = {
  chainId: 31337,
  inferenceLog: '0x00000000000000000000000000000000000000aa',
  owner: '0x00000000000000000000000000000000000000bb',
  sessionKey: '0x00000000000000000000000000000000000000cc',
}

/** Some inference: journals don't ask what is in it. */
export function inferenceAt(sequence: bigint, padding = 0): InferenceRecord {
  const word = sha256(toHex(sequence, { size: 8 }))
  return {
    sequence,
    servedAt: 1_790_000_000_000n + sequence,
    modelId: word,
    environmentId: `0x${'0'.repeat(64)}`,
    commitment: word,
    inferenceId: toBytes(sha256(word)),
    fields: [
      { name: 'request.sha256', value: toBytes(word) },
      { name: 'response.sha256', value: new Uint8Array(0) },
      { name: 'größe', value: new Uint8Array(padding).fill(7) },
    ],
  }
}

/** Everything that a journal keeps of inferences, as plain values. */
export async function inferencesIn(journal: OpenJournal, first = 0n): Promise<InferenceRecord[]> {
  const count = Number(journal.state.next - first)
  const records: InferenceRecord[] = []
  if (count === 0) return records
  for await (const group of journal.inferences(first, count)) {
    for (const record of group) {
      records.push({
        ...record,
        inferenceId: record.inferenceId.slice(),
        fields: record.fields.map(({ name, value }) => ({ name, value: value.slice() })),
      })
    }
  }
  return records
}

/** Hands over inferences, with a write after every `perWrite`. */
export async function fill(
  journal: OpenJournal,
  count: number,
  { perWrite = 1, padding = 0 } = {},
): Promise<void> {
  const start = journal.state.next
  for (let i = 0; i < count; i++) {
    journal.addInference(inferenceAt(start + BigInt(i), padding))
    if ((i + 1) % perWrite === 0) await journal.sync()
  }
  await journal.sync()
}

export const signature = `0x${'12'.repeat(65)}` as const

/** Has the journal sign and settle its next inferences. */
export async function settle(journal: OpenJournal, count: number): Promise<void> {
  const first = journal.state.signed
  const root = sha256(toHex(first, { size: 8 }))
  journal.addSigned({ first, count, root, mode: 'inline', signature })
  await journal.sync()
  journal.addSettled({ first, transactionHash: root })
  await journal.sync()
}
