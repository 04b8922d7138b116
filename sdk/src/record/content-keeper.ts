import { sha256 } from '../crypto/sha256.ts'
import { ContentNotKeptError, type ContentProblem } from '../errors/content.ts'
import { InvalidInputError } from '../errors/input.ts'
import { bytesToHex, equalBytes } from '../formats/bytes.ts'
import type { ContentStore } from '../store/content-store.ts'

/** Which side of an inference some bytes are. */
export type ContentKind = 'request' | 'response'

/** How contents are kept. */
export type KeepOptions = {
  /** Contents larger than this are not kept, and told; in bytes. Default: 1,048,576. */
  maxBytes?: number | undefined
  /**
   * Changes bytes before they are kept, in place or not, such as to take names out; undefined keeps nothing. The digest that is recorded is
   * always that of the real bytes: a masked copy no longer matches it. `url` is without query and user info. Default: none.
   */
  mask?:
    | ((
        bytes: Uint8Array,
        about: { kind: ContentKind; url: string | undefined },
      ) => Uint8Array | undefined)
    | undefined
}

/** How the inputs and the outputs are kept; undefined: not at all. */
export type KeepRules = Record<ContentKind, (KeepOptions & { maxBytes: number }) | undefined>

/** What is known of an input or an output. */
export type SeenContent = {
  /** Undefined: they were larger than `maxBytes`. */
  bytes?: Uint8Array | undefined
  /** SHA-256 of the bytes. Undefined: nobody knows them, such as those of form data. */
  digest?: Uint8Array | undefined
  /** Where they went or came from. */
  url?: string | undefined
}

/** Keeps the bytes that digests speak of, beside the recording. */
export type ContentKeeper = {
  /** How many bytes to hold for it, of an input or an output; 0 if it is not to be kept. */
  maxBytes: Record<ContentKind, number>
  /** Takes an input or an output, if it is to be kept. Never throws and never waits. */
  keep(kind: ContentKind, seen: SeenContent): void
  /** Once all that was taken is written. */
  idle: () => Promise<void>
}

/** Bytes that may wait to be written at once; more are not kept, and told. */
const maxWaitingBytes = 64 * 2 ** 20

export function createContentKeeper(
  store: ContentStore,
  rules: KeepRules,
  onError: (error: unknown) => void,
): ContentKeeper {
  const maxBytes = {
    request: rules.request?.maxBytes ?? 0,
    response: rules.response?.maxBytes ?? 0,
  }
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
      const result: unknown = mask(bytes, { kind, url })
      if (result === undefined || result instanceof Uint8Array) return result
      // A promise, from a program without types: what it rejects with must not end the process.
      Promise.resolve(result).catch(() => undefined)
      throw new InvalidInputError('content', 'mask', 'must give bytes or undefined')
    } catch (error) {
      tell('mask', error)
      return undefined
    }
  }

  async function write(bytes: Uint8Array, digest: Uint8Array): Promise<void> {
    try {
      const own = sha256(bytes)
      const real = bytesToHex(digest)
      const insteadOf = equalBytes(own, digest) ? undefined : real
      const { evicted } = await store.put({ bytes, digest: bytesToHex(own), insteadOf })
      if (evicted > 0) tell('evicted')
    } catch (error) {
      tell('write', error)
    }
  }

  return {
    maxBytes,
    keep(kind, { bytes, digest, url }) {
      if (maxBytes[kind] === 0 || !digest) return
      if (!bytes || bytes.length > maxBytes[kind]) return tell('too-large')
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
