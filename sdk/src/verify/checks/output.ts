import type { Hex } from 'viem'
import { sha256 } from '../../crypto/sha256.ts'
import { bytesToHex, toBytes } from '../../formats/bytes.ts'
import { type Attested, nothingAttested } from '../attestations.ts'
import type { ChainFacts } from '../chain/chain-state.ts'
import { isUnread, type Unread } from '../chain/unread.ts'
import type { VerificationPolicy } from '../policy.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { measurementToModel } from './accepted-environment.ts'
import { linesOf } from './line.ts'
import { opinionOn } from './opinion.ts'
import { signedByOwnKey } from './own-key.ts'

const { line, unread } = linesOf('output')

/**
 * Whether the output was made by that model, there. Nothing in a record alone shows it: it takes an auditor's verdict on the
 * inference, such as a replay that agrees, or an environment whose own key signed and of which an auditor says that it runs just
 * this model.
 *
 * @param environment - The line on the environment.
 */
export function checkOutput(
  subject: Pick<Subject, 'inference' | 'place' | 'signer'> & { receipt: { inferenceId: Hex } },
  environment: Check,
  state: ChainFacts | Unread,
  policy: VerificationPolicy,
  attested: Attested = nothingAttested,
): Check {
  const { inference, receipt } = subject
  const declared = line(
    'unknown',
    'declared',
    'That the model made this output from this input is the recorder’s word.',
    'A verdict that your policy trusts, a replay that agrees, or a proof could show that it ran.',
  )
  if (isUnread(state)) return declared
  const { verdicts, block } = state
  if (isUnread(verdicts)) return unread(verdicts)
  const onInference = opinionOn(verdicts, policy, block.timestamp, {
    kind: 'inference',
    subject: receipt.inferenceId,
  })
  if (onInference) return line(onInference.status, 'vouched', `${onInference.words}.`)
  const modelDigest = bytesToHex(sha256(toBytes(inference.modelId)))
  const onModel = opinionOn(verdicts, policy, block.timestamp, {
    kind: 'environment',
    subject: inference.environmentId,
    counts: ({ tag, evidenceDigest }) =>
      tag === measurementToModel && evidenceDigest === modelDigest,
  })
  if (!onModel || environment.status !== 'verified' || !state.environment) return declared
  // What passed a gateway may have been written anywhere.
  if (signedByOwnKey(state.environment, subject, attested.evidence) === 'gateway') return declared
  return line(
    onModel.status,
    'vouched',
    `The environment’s own key signed, and of the code there ${onModel.words}.`,
  )
}
