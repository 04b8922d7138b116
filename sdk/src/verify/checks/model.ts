import { type Hex, zeroHash } from 'viem'
import { printable } from '../../errors/printable.ts'
import { toBytes } from '../../formats/bytes.ts'
import { namedModelIdOf } from '../../formats/inference.ts'
import type { ChainFacts } from '../chain/chain-state.ts'
import type { PublishedModel } from '../chain/published-model.ts'
import { isUnread, type Unread } from '../chain/unread.ts'
import type { VerificationPolicy } from '../policy.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { linesOf } from './line.ts'
import { opinionOn } from './opinion.ts'
import { dateOf } from './times.ts'

const { line, unread } = linesOf('model')
const decoder = new TextDecoder()
/** How much of a name or an endpoint is looked at, in bytes: more than any has, and of a megabyte the hash would take long. */
const maxText = 4096

/**
 * Which model: who published it, and whether the policy believes who did, or who checked it. That it ran is another question, which
 * the line `output` answers.
 */
export function checkModel(
  { inference, opened }: Pick<Subject, 'inference' | 'opened'>,
  state: ChainFacts | Unread,
  policy: VerificationPolicy,
): Check {
  const text = (name: string) => decoder.decode(toBytes(startOf(opened.get(name) ?? '0x')))
  const name = text('model.returned') || text('model.requested')
  if (inference.modelId === zeroHash) {
    return line(
      'unknown',
      'declared',
      name
        ? `Not registered; the recorder names “${printable(name)}”.`
        : 'Not registered, and not named here.',
      'The publisher of the weights can register them.',
    )
  }
  const endpoint = text('endpoint')
  if (name && endpoint && inference.modelId === namedModelIdOf(originOf(endpoint), name)) {
    return line(
      'unknown',
      'declared',
      `The recorder names “${printable(name)}” publicly; nobody published its weights.`,
    )
  }
  if (isUnread(state)) return unread(state, 'declared')
  const { model, verdicts, block } = state
  if (!model) return line('unknown', 'declared', 'The model id is not in the registry.')
  if (isUnread(verdicts)) return unread(verdicts)
  const who = `${wordsOf(model)} Whether it ran is said by the line “output”.`
  const subject = inference.modelId
  const opinion = opinionOn(verdicts, policy, block.timestamp, { kind: 'model', subject })
  if (opinion) return line(opinion.status, 'vouched', `${who} ${opinion.words}.`)
  // Without the event of the publication nothing binds the publisher to the id but the endpoint's word, which is enough to vouch.
  return policy.publishers?.some((it) => it.toLowerCase() === model.publisher.toLowerCase())
    ? line('verified', 'vouched', `${who} Your policy accepts this publisher.`)
    : line(
        'unknown',
        'declared',
        `${who} Your policy accepts neither the publisher nor anybody’s verdict on it.`,
        'Name the publisher in the policy, or an auditor that checked the model.',
      )
}

const startOf = (value: Hex) => value.slice(0, 2 + 2 * maxText) as Hex

function wordsOf(model: PublishedModel): string {
  const { name, version, publisher, publishedAt, manifestDigest, retiredAt } = model
  const what = name === undefined ? 'A model' : `“${printable(name)}” ${printable(version ?? '')}`
  return [
    `${what}, published by ${publisher.toLowerCase()} ${dateOf(publishedAt)}, manifest ${manifestDigest}.`,
    retiredAt ? ` It was retired ${dateOf(retiredAt)}.` : '',
  ].join('')
}

function originOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).origin : endpoint
}
