import type { Hex } from 'viem'
import { BatchStoreError } from '../errors/store.ts'
import { defaultMaxBytes, type StoreGetOptions } from './batch-store.ts'
import { digestName, hasDigest } from './digest-name.ts'
import { type PutServer, refused } from './kept.ts'
import type { StoreAnswer } from './sender.ts'

/**
 * What a server holds under a digest, checked.
 *
 * @param read - Asks the server for at most so many bytes.
 * @throws BatchStoreError
 */
export async function getKept(
  server: Pick<PutServer, 'where' | 'reasonOf'>,
  dataDigest: Hex,
  { maxBytes = defaultMaxBytes }: StoreGetOptions,
  read: (maxBytes: number) => Promise<StoreAnswer>,
): Promise<Uint8Array | undefined> {
  const name = digestName(dataDigest)
  const answer = await read(maxBytes)
  if (answer.status === 404 || answer.status === 410) return undefined
  if (answer.status !== 200) throw refused(server, answer)
  if (answer.tooLarge) {
    throw new BatchStoreError('refused', server.where, `holds more than ${maxBytes} bytes there`)
  }
  if (!hasDigest(answer.body, name)) {
    throw new BatchStoreError('altered', server.where, `holds other bytes under ${dataDigest}`)
  }
  return answer.body
}
