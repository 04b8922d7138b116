import { sha256 } from '../crypto/sha256.ts'
import { ContentNotKeptError, type ContentProblem } from '../errors/content.ts'
import { bytesToHex, equalBytes } from '../formats/bytes.ts'
import type { ContentStore } from '../store/content-store.ts'

/** Which side of an inference some bytes are. */
export type ContentKind = 'request' | 'response'

/** How contents are kept. */
export type KeepOptions = {
  /** Contents larger than this are not kept, and told; in bytes. Default: 1,048,576. */
  maxBytes?: number | undefined
  /**
   * Changes bytes before they are kept, such as to take names out; undefined keeps nothing. The digest that is recorded is
   * always that of the real bytes: a masked copy no longer matches it. `url` is without query and user info. Default: none.
   */
  mask?:
    | ((
        bytes: Uint8Array,
        about: { kind: ContentKind; url: string | undefined },
      ) => Uint8Array | undefined)
    | undefined
}

/** Keeps the bytes that digests speak of, beside the recording. */
export type ContentKeeper = {
  /** How many bytes to hold for it, of an input or an output; 0 if it is not to be kept. */
  maxBytes(kind: ContentKind): number
  /** Takes bytes to keep; undefined tells that they were too large. Never throws and never waits. */
  keep(kind: ContentKind, bytes: Uint8Array | undefined, digest: Uint8Array, url?: string): void
  /** Once all that was taken is written. */
  idle(): Promise<void>
}

/** Bytes that may wait to be written at once; more are not kept, and told. */
const maxWaitingBytes = 64 * 2 ** 20

export function createContentKeeper(
  store: ContentStore,
  rules: Record<ContentKind, KeepOptions | undefined>,
  onError: (error: unknown) => void,
): ContentKeeper {
  const told = new Set<ContentProblem>()
  let waitingBytes = 0
  let writing: Promise<void> = Promise.resolve()

  function tell(problem: ContentProblem, cause?: unknown): void {
    if (told.has(problem)) return
    told.add(problem)
    onError(new ContentNotKeptError(problem, { cause }))
  }

  function masked(bytes: Uint8Array, kind: ContentKind, url: string | undefined) {
    const mask = rules[kind]?.mask
    if (!mask) return bytes
    try {
      // Its own copy: a mask may work in place.
      return mask(bytes.slice(), { kind, url })
    } catch (error) {
      tell('mask', error)
      return undefined
    }
  }

  async function write(bytes: Uint8Array, digest: Uint8Array): Promise<void> {
    const own = sha256(bytes)
    const real = bytesToHex(digest)
    const insteadOf = equalBytes(own, digest) ? undefined : real
    try {
      const { evicted } = await store.put({ bytes, digest: bytesToHex(own), insteadOf })
      if (evicted > 0) tell('evicted')
    } catch (error) {
      tell('write', error)
    }
  }

  return {
    maxBytes: (kind) => rules[kind]?.maxBytes ?? 0,
    keep(kind, bytes, digest, url) {
      if (!rules[kind]) return
      if (!bytes || bytes.length > this.maxBytes(kind)) return tell('too-large')
      const kept = masked(bytes, kind, url)
      if (!kept) return
      if (waitingBytes + kept.length > maxWaitingBytes) return tell('busy')
      waitingBytes += kept.length
      writing = writing
        .then(() => write(kept, digest))
        .finally(() => {
          waitingBytes -= kept.length
        })
    },
    idle: () => writing,
  }
}
