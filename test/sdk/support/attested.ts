import { verifyReceipt } from '@assay/sdk'
import type { Hex } from 'viem'
import { accountOf } from '../../indexer/support/chain.ts'
import { judge } from './registered.ts'
import type { Session } from './session.ts'
import { environmentOf, lineOf } from './verified.ts'

const auditor = accountOf(5)

/** Registers an environment of a key, of which the auditor of `judgedEnvironment` says that its attestation is good. */
export async function attestedEnvironment(
  session: Session,
  key: Hex,
  options: { validUntil?: number } = {},
): Promise<Hex> {
  const environmentId = await environmentOf(session, key, { kind: 'tdx', ...options })
  await judge(session, auditor, {
    ...{ subjectKind: 'environment', subject: environmentId, score: 100, tag: 'attestation' },
  })
  return environmentId
}

/** The line on the environment, and the whole, for who believes that auditor and requires the line. */
export async function judgedEnvironment({ policy, chain }: Session, receipt: unknown) {
  const report = await verifyReceipt(receipt, {
    policy: {
      ...policy,
      require: [...policy.require, 'environment'],
      auditors: [
        {
          ...{ account: auditor.address, subjects: ['environment'], minScore: 100 },
          tags: ['attestation'],
        },
      ],
    },
    client: chain.client,
  })
  return { whole: report.status, ...lineOf(report, 'environment') }
}
