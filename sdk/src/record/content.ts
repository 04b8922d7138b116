import { createSha256, sha256, type Sha256 } from '../crypto/sha256.ts'
import { concatBytes } from '../formats/bytes.ts'
import { nextTurn } from './turn.ts'

/** Bytes that pass by in pieces. What they say is found out later, in the turns of the event loop after the one they came in. */
export type Content = {
  /** Takes a piece; its memory may be taken by somebody else once this returns. */
  push(piece: ArrayBufferView): void
  /** Looks at what has come so far, at once. */
  catchUp(): void
  /** To be called once, after the last piece. Rejects with what `onBlock` threw. */
  end(): Promise<GatheredContent>
}

export type GatheredContent = {
  /** SHA-256 of all bytes. */
  digest: Uint8Array
  /** All bytes, if they are no more than asked for. */
  bytes?: Uint8Array
}

export type ContentOptions = {
  /** Up to how many bytes are kept, all or none; asked for with the first piece. */
  keep: (first: Uint8Array) => number
  /** Given the bytes in order, in blocks of any size. */
  onBlock?: (block: Uint8Array) => void
}

/** Small pieces are copied into blocks of this size: hashing one block costs as much as hashing two pieces. */
const blockSize = 16 * 2 ** 10
/** Blocks that may wait for their turn. With more, the oldest is looked at on the spot, so that memory stays flat. */
const maxWaiting = 4
/** What is hashed at once at most. */
const wholeSize = 4 * blockSize
/** How long one turn may take, in ms. */
const turnMillis = 0.2

export function gatherContent({ keep, onBlock }: ContentOptions): Content {
  const waiting: Uint8Array[] = []
  let kept: Uint8Array[] | undefined
  let maxKept: number | undefined
  let hash: Sha256 | undefined
  let size = 0
  let block = new Uint8Array(0)
  let filled = 0
  let turnIsSet = false
  let failure: { error: unknown } | undefined

  function look(bytes: Uint8Array): void {
    hash ??= createSha256()
    hash.update(bytes)
    onBlock?.(bytes)
  }

  /** Puts the block aside, for a later turn. */
  function seal(): void {
    if (filled === 0) return
    const sealed = block.subarray(0, filled)
    filled = 0
    block = new Uint8Array(0)
    kept?.push(sealed)
    waiting.push(sealed)
    if (waiting.length > maxWaiting) look(waiting.shift() as Uint8Array)
  }

  function lookInTurns(): void {
    if (turnIsSet || waiting.length === 0) return
    turnIsSet = true
    nextTurn()
      .then(() => {
        turnIsSet = false
        lookAtSome()
        lookInTurns()
      })
      .catch((error: unknown) => {
        failure = { error }
      })
  }

  function lookAtSome(): void {
    const start = performance.now()
    do {
      const next = waiting.shift()
      if (next) look(next)
    } while (waiting.length > 0 && performance.now() - start < turnMillis)
  }

  /** A large piece is not copied: hashing it now costs less memory, and little more time. */
  function takeLarge(piece: Uint8Array): void {
    seal()
    for (const earlier of waiting.splice(0)) look(earlier)
    look(piece)
    kept?.push(piece.slice())
  }

  return {
    push(view) {
      const piece = bytesOf(view)
      if (maxKept === undefined) {
        maxKept = keep(piece)
        if (maxKept > 0) kept = []
      }
      size += piece.length
      if (size > maxKept) kept = undefined
      if (size === piece.length && piece.length <= wholeSize) {
        // Most answers come in one piece.
        block = piece.slice()
        filled = block.length
      } else if (piece.length >= blockSize) {
        takeLarge(piece)
      } else {
        if (filled + piece.length > block.length) {
          seal()
          lookInTurns()
          block = new Uint8Array(blockSize)
        }
        block.set(piece, filled)
        filled += piece.length
      }
    },
    catchUp() {
      seal()
      try {
        for (let next = waiting.shift(); next; next = waiting.shift()) look(next)
      } catch (error) {
        failure = { error }
      }
    },
    async end() {
      await nextTurn()
      while (waiting.length > 0) {
        lookAtSome()
        if (waiting.length > 0) await nextTurn()
      }
      if (failure) throw failure.error
      if (maxKept === undefined) kept = []
      const last = block.subarray(0, filled)
      kept?.push(last)
      if (filled > 0) onBlock?.(last)
      hash?.update(last)
      return {
        digest: hash ? hash.digest() : sha256(last),
        ...(kept ? { bytes: kept.length === 1 ? last : concatBytes(...kept) } : {}),
      }
    },
  }
}

/** SHA-256 of bytes that are there already; of many, in turns. */
export async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length <= wholeSize) return sha256(bytes)
  const hash = createSha256()
  for (let from = 0; from < bytes.length; from += wholeSize) {
    await nextTurn()
    hash.update(bytes.subarray(from, from + wholeSize))
  }
  return hash.digest()
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array
    ? view
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
