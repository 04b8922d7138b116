import { readFile } from 'node:fs/promises'

/** One topic: questions that mean the same, and answers that fit all of them. */
export interface Topic {
  readonly questions: readonly string[]
  readonly answers: readonly string[]
}

/** The parsed text: topics, plus the lines that may stand before a conversation. */
export interface Corpus {
  readonly systemLines: readonly string[]
  readonly topics: readonly Topic[]
}

/** Reads blocks of `S:`, `Q:` and `A:` lines that are separated by empty lines. */
export async function readCorpus(file: URL): Promise<Corpus> {
  const blocks = (await readFile(file, 'utf8')).split(/\n{2,}/u)
  const linesOf = (block: string, marker: string) =>
    block
      .split('\n')
      .filter((line) => line.startsWith(marker))
      .map((line) => line.slice(marker.length).trim())
  const topics = blocks
    .map((block) => ({ questions: linesOf(block, 'Q:'), answers: linesOf(block, 'A:') }))
    .filter(({ questions }) => questions.length > 0)
  return { systemLines: blocks.flatMap((block) => linesOf(block, 'S:')), topics }
}
