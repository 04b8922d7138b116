import type { SeededRandom } from '../../src/random.ts'
import { SPECIAL, type Tokenizer } from '../../src/tokenizer.ts'
import type { Corpus } from './corpus.ts'

/** One step of a lane: what goes in, what should come out, and how much the loss counts. */
export interface Step {
  readonly token: number
  readonly target: number
  readonly weight: number
  /** True where a new conversation begins and the state returns to zero. */
  readonly reset: boolean
}

/** Filler for lanes that end early; it starts from a zero state and has no loss. */
export const PADDING: Step = { token: SPECIAL.newline, target: 0, weight: 0, reset: true }

// The first tokens of an answer decide what it is about, so the loss counts them more; a question
// only has to be understood, not to be guessed.
const QUESTION_WEIGHT = 0.1
const OPENING_WEIGHT = 5
const OPENING_TOKENS = 4

/**
 * Builds one pass over the corpus: every question with every answer of its topic once, shuffled,
 * joined to conversations of one to three turns and dealt out to `laneCount` parallel lanes.
 */
export function dealLanes(
  corpus: Corpus,
  tokenizer: Tokenizer,
  laneCount: number,
  random: SeededRandom,
): Step[][] {
  const pairs = corpus.topics.flatMap(({ questions, answers }) =>
    questions.flatMap((question) => answers.map((answer) => ({ question, answer }))),
  )
  random.shuffle(pairs)
  const lanes: Step[][] = Array.from({ length: laneCount }, () => [])
  while (pairs.length > 0) {
    const turns = pairs.splice(0, 1 + random.below(3))
    const ids: number[] = []
    if (random.next() < 0.2) {
      const line = corpus.systemLines[random.below(corpus.systemLines.length)]!
      ids.push(...tokenizer.encodeTurn('system', line))
    }
    for (const { question, answer } of turns) {
      const asked = tokenizer.encodeTurn('user', vary(question, random))
      ids.push(...asked.map((id) => (random.next() < 0.04 && id > 4 ? SPECIAL.unknown : id)))
      ids.push(...tokenizer.encodeTurn('assistant', answer))
    }
    const shortest = lanes.reduce((a, b) => (b.length < a.length ? b : a))
    shortest.push(...stepsOf(ids))
  }
  return lanes
}

/** Turns the tokens of one conversation into training steps. */
export function stepsOf(ids: readonly number[]): Step[] {
  let answered = Infinity
  return ids.slice(0, -1).map((token, index) => {
    if (token === SPECIAL.assistant) answered = 0
    else if (token === SPECIAL.newline) answered = Infinity
    const weight =
      answered === Infinity ? QUESTION_WEIGHT : answered < OPENING_TOKENS ? OPENING_WEIGHT : 1
    answered++
    return { token, target: ids[index + 1]!, weight, reset: index === 0 }
  })
}

const OPENINGS = [
  'Please tell me: ',
  'Hi, ',
  'In one sentence, ',
  'Can you explain: ',
  'So ',
  'And ',
]
const ENDINGS = [' please', ' in short', ' for me', ' to me', ' in simple words', ' exactly']

/**
 * Varies a question as people do: a polite opening, a missing word, a few words more, no capitals,
 * no question mark. It teaches the network to listen to the words that carry the meaning.
 */
function vary(question: string, random: SeededRandom): string {
  const chance = (probability: number) => random.next() < probability
  let words = question.split(' ')
  if (words.length > 3) words = words.filter(() => !chance(0.07))
  let varied = words.join(' ')
  const mark = /[.?!]*$/u.exec(varied)?.[0] ?? ''
  if (chance(0.15)) {
    varied = `${varied.slice(0, varied.length - mark.length)}${ENDINGS[random.below(ENDINGS.length)]}${mark}`
  }
  if (chance(0.15)) varied = `${OPENINGS[random.below(OPENINGS.length)]}${varied}`
  if (chance(0.25)) varied = varied.toLowerCase()
  return chance(0.25) ? varied.replace(/[.?!]+$/u, '') : varied
}
