import { ModelFileError } from './errors.ts'

/** Who speaks in a turn. The marker starts the line: `S:` system, `Q:` user, `A:` the model. */
export type Role = 'system' | 'user' | 'assistant'

/** The content of `vocabulary.json`. A token's id is its position in `pieces`. */
export interface Vocabulary {
  /** Layout version of the file. */
  readonly version: 1
  /** The text of each token. The first five are special: unknown, newline and the three roles. */
  readonly pieces: readonly string[]
  /** Id of the first piece made by a merge; merge `i` makes piece `firstMerge + i`. */
  readonly firstMerge: number
  /** The pairs of ids to join, best first (byte-pair encoding over characters). */
  readonly merges: readonly (readonly [number, number])[]
}

/** Ids of the special tokens, the same in every vocabulary. */
export const SPECIAL = { unknown: 0, newline: 1, system: 2, user: 3, assistant: 4 } as const

/** Text of the special tokens, in the order of their ids. */
export const SPECIAL_PIECES = ['\uFFFD', '\n', 'S:', 'Q:', 'A:'] as const

// A word keeps the space before it, so that decoding is plain concatenation. The limit of 32 keeps the
// cost of encoding linear in the length of the text.
const CHUNK = / ?[A-Za-z]{1,32}| ?[0-9]{1,32}| ?[^\sA-Za-z0-9]{1,32}|\s/gu

/** Cuts text into the chunks that no merge may cross. */
export function chunksOf(text: string): string[] {
  return text.match(CHUNK) ?? []
}

/** Byte-pair encoder and decoder for the language model. */
export class Tokenizer {
  readonly vocabulary: Vocabulary
  readonly #idOfCharacter = new Map<string, number>()
  readonly #rankOfPair = new Map<string, number>()

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary
    for (let id = SPECIAL.newline; id < vocabulary.firstMerge; id++) {
      const piece = vocabulary.pieces[id] ?? ''
      if ([...piece].length === 1) this.#idOfCharacter.set(piece, id)
    }
    vocabulary.merges.forEach(([left, right], rank) => {
      this.#rankOfPair.set(`${left},${right}`, rank)
    })
  }

  /** Number of tokens in the vocabulary, which is also the width of the logits. */
  get size(): number {
    return this.vocabulary.pieces.length
  }

  /** Text to token ids. Role markers inside the text stay ordinary characters. */
  encode(text: string): number[] {
    return chunksOf(text).flatMap((chunk) => this.#encodeChunk(chunk))
  }

  /** One whole turn: the role marker, the text on one line and the newline that ends the turn. */
  encodeTurn(role: Role, text: string): number[] {
    const line = text.replace(/\s+/gu, ' ').trim()
    return [SPECIAL[role], ...this.encode(` ${line}`), SPECIAL.newline]
  }

  /** Text of whole lines, where a role marker at the start of a line is the special token. */
  encodeLines(text: string): number[] {
    return text.split(/(?<=\n)/u).flatMap((line) => {
      const role = SPECIAL_PIECES.indexOf(line.slice(0, 2) as 'S:', SPECIAL.system)
      return role < 0 ? this.encode(line) : [role, ...this.encode(line.slice(2))]
    })
  }

  /** The text of one token. */
  piece(id: number): string {
    return this.vocabulary.pieces[id] ?? SPECIAL_PIECES[SPECIAL.unknown]
  }

  #encodeChunk(chunk: string): number[] {
    const ids = [...chunk].map((character) => this.#idOfCharacter.get(character) ?? SPECIAL.unknown)
    for (;;) {
      const best = this.#bestPair(ids)
      if (best === undefined) return ids
      ids.splice(best.position, 2, this.vocabulary.firstMerge + best.rank)
    }
  }

  #bestPair(ids: readonly number[]): { position: number; rank: number } | undefined {
    let best: { position: number; rank: number } | undefined
    for (let position = 0; position + 1 < ids.length; position++) {
      const rank = this.#rankOfPair.get(`${ids[position]},${ids[position + 1]}`)
      if (rank !== undefined && (best === undefined || rank < best.rank)) best = { position, rank }
    }
    return best
  }
}

/** Checks the parsed `vocabulary.json` and returns it typed. */
export function parseVocabulary(path: string, value: unknown): Vocabulary {
  const candidate = value as Partial<Vocabulary> | null
  if (typeof candidate !== 'object' || candidate === null || candidate.version !== 1) {
    throw new ModelFileError(path, 'is not a version 1 vocabulary')
  }
  const { pieces, merges, firstMerge } = candidate
  if (!Array.isArray(pieces) || !Array.isArray(merges) || typeof firstMerge !== 'number') {
    throw new ModelFileError(path, 'needs "pieces", "merges" and "firstMerge"')
  }
  if (pieces.length !== firstMerge + merges.length) {
    throw new ModelFileError(path, 'has a piece without a merge or a merge without a piece')
  }
  return candidate as Vocabulary
}
