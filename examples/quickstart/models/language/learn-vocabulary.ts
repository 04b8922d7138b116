import { chunksOf, SPECIAL_PIECES, type Vocabulary } from '../../src/tokenizer.ts'
import type { Corpus } from './corpus.ts'

/**
 * Learns a byte-pair vocabulary of `size` tokens: starting from single characters, the most
 * frequent neighbouring pair is joined until the vocabulary is full. Ties go to the pair that comes
 * first in reading order, so the result depends on the text alone.
 */
export function learnVocabulary(corpus: Corpus, size: number): Vocabulary {
  const counts = new Map<string, number>()
  for (const line of allLines(corpus)) {
    for (const chunk of chunksOf(` ${line}`)) counts.set(chunk, (counts.get(chunk) ?? 0) + 1)
  }
  const alphabet = [...new Set([...counts.keys()].join(''))].sort()
  const pieces: string[] = [...SPECIAL_PIECES, ...alphabet]
  const firstMerge = pieces.length
  const words = [...counts].map(([chunk, count]) => ({
    ids: [...chunk].map((character) => pieces.indexOf(character)),
    count,
  }))
  const merges: [number, number][] = []
  while (pieces.length < size) {
    const pair = mostFrequentPair(words)
    if (pair === undefined) break
    words.forEach((word) => join(word.ids, pair, pieces.length))
    merges.push(pair)
    pieces.push(`${pieces[pair[0]]}${pieces[pair[1]]}`)
  }
  return { version: 1, pieces, firstMerge, merges }
}

// Lower-cased questions count too, because people often type them that way.
function allLines({ systemLines, topics }: Corpus): string[] {
  const questions = topics.flatMap((topic) => topic.questions)
  return [
    ...systemLines,
    ...questions,
    ...questions.map((question) => question.toLowerCase()),
    ...topics.flatMap((topic) => topic.answers),
    // Every printable ASCII character gets a token, whether the corpus has it or not.
    ...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)),
  ]
}

function mostFrequentPair(
  words: readonly { ids: readonly number[]; count: number }[],
): [number, number] | undefined {
  const totals = new Map<number, number>()
  for (const { ids, count } of words) {
    for (let i = 0; i + 1 < ids.length; i++) {
      const key = ids[i]! * 0x10000 + ids[i + 1]!
      totals.set(key, (totals.get(key) ?? 0) + count)
    }
  }
  let best: number | undefined
  for (const [key, total] of totals) {
    if (best === undefined || total > totals.get(best)!) best = key
  }
  return best === undefined ? undefined : [Math.floor(best / 0x10000), best % 0x10000]
}

function join(ids: number[], [left, right]: [number, number], joined: number): void {
  for (let i = 0; i + 1 < ids.length; i++) {
    if (ids[i] === left && ids[i + 1] === right) ids.splice(i, 2, joined)
  }
}
