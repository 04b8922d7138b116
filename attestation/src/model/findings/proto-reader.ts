import type { FileHandle } from 'node:fs/promises'
import { BaseError } from '@assay/sdk/errors'
import { readAt } from './open-model-file.ts'

/** A field of a message: its number, and a value, or where its bytes are. */
export type ProtoField =
  { number: number; value: bigint } | { number: number; start: number; end: number }

/** Read ahead, in bytes. */
const windowBytes = 2 ** 16

/** Thrown when bytes are no protobuf. It never leaves this package. */
export class ProtoFormatError extends BaseError {
  override name = 'ProtoFormatError'
}

/**
 * Reads messages of protobuf in a file, however large: what nobody asks for is passed over without being read.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtoReader {
  readonly #handle: FileHandle
  #window: Uint8Array = new Uint8Array()
  #windowStart = 0
  #fieldsLeft: number

  /** @param maxFields - Fields that are read at most, of all messages. */
  constructor(handle: FileHandle, maxFields: number) {
    this.#handle = handle
    this.#fieldsLeft = maxFields
  }

  /** The fields of the message that stands between two places. */
  async *fields(start: number, end: number): AsyncGenerator<ProtoField> {
    let at = start
    while (at < end) {
      if (this.#fieldsLeft-- === 0) throw new ProtoFormatError('too many fields')
      const [tag, afterTag] = await this.#varint(at, end)
      const number = Number(tag >> 3n)
      const wireType = Number(tag & 7n)
      if (wireType === 0) {
        const [value, after] = await this.#varint(afterTag, end)
        yield { number, value }
        at = after
        continue
      }
      const [length, content] = await this.#lengthAt(wireType, afterTag, end)
      at = content + length
      if (at > end) throw new ProtoFormatError('field leads out of its message')
      yield { number, start: content, end: at }
    }
  }

  /** A text, as a field holds it. */
  async text(start: number, end: number): Promise<string> {
    return new TextDecoder().decode(await readAt(this.#handle, start, end - start))
  }

  async #lengthAt(wireType: number, at: number, end: number): Promise<[number, number]> {
    if (wireType === 1) return [8, at]
    if (wireType === 5) return [4, at]
    if (wireType !== 2) throw new ProtoFormatError('unknown wire type')
    const [length, content] = await this.#varint(at, end)
    if (length > BigInt(end)) throw new ProtoFormatError('field leads out of its message')
    return [Number(length), content]
  }

  /** @returns The value, and the place after it. */
  async #varint(start: number, end: number): Promise<[bigint, number]> {
    let value = 0n
    for (let i = 0; i < 10; i++) {
      const at = start + i
      const byte = at < end ? await this.#byte(at) : undefined
      if (byte === undefined) throw new ProtoFormatError('cut off')
      value |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) return [value, at + 1]
    }
    throw new ProtoFormatError('number of more than 10 bytes')
  }

  // No promise for what is at hand: there are millions of these.
  #byte(at: number): number | undefined | Promise<number | undefined> {
    const byte = this.#window[at - this.#windowStart]
    return byte ?? this.#fetch(at)
  }

  async #fetch(at: number): Promise<number | undefined> {
    this.#window = await readAt(this.#handle, at, windowBytes)
    this.#windowStart = at
    return this.#window[0]
  }
}
