import { randomBytes } from 'node:crypto'
import { modelIdOf, type SubjectKind, subjectKinds } from '@assay/sdk/formats'
import { type Hex, toHex, zeroHash } from 'viem'
import type { accountOf } from '../../indexer/support/chain.ts'
import type { Session } from './session.ts'

type SomeAccount = ReturnType<typeof accountOf>

/** Publishes a model of which nobody else speaks. */
export async function publish({ chain }: Session, publisher: SomeAccount): Promise<Hex> {
  const manifestDigest = toHex(randomBytes(32))
  const model = { name: 'm', version: manifestDigest.slice(2, 10), manifestDigest }
  const published = { ...model, signingRoot: zeroHash, uri: '' }
  await chain.mined(await chain.as(publisher).models.write.publish([published]))
  return modelIdOf({ ...model, publisher: publisher.address })
}

/** Posts a verdict. */
export async function judge(
  { chain }: Session,
  auditor: SomeAccount,
  verdict: {
    subjectKind: SubjectKind
    subject: Hex
    score: number
    tag: string
    evidenceDigest?: Hex
  },
): Promise<void> {
  const { subjectKind, evidenceDigest = zeroHash, ...rest } = verdict
  const posted = { ...rest, subjectKind: subjectKinds[subjectKind], evidenceDigest, uri: '' }
  await chain.mined(await chain.as(auditor).verdicts.write.post([[posted]]))
}
