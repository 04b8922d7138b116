import { type InferenceReceipt, namedModelIdOf, type Recorder, verifyReceipt } from '@assay/sdk'
import { zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { type Session, startSession } from '../support/session.ts'
import { lineOf, receiptBy } from '../support/verified.ts'

let session: Session
let recorder: Recorder
beforeAll(async () => {
  session = await startSession()
  recorder = await session.recorder()
})
afterAll(() => session.stop())

const owner = () => session.chain.as(accountOf(1))
const verify = (receipt: InferenceReceipt) =>
  verifyReceipt(receipt, { policy: session.policy, client: session.chain.client })

test('behavior: declared is never verified, whatever the registry says', async () => {
  const model = {
    name: 'm',
    version: '1',
    manifestDigest: `0x${'5'.repeat(64)}`,
    signingRoot: zeroHash,
    uri: '',
  } as const
  await session.chain.mined(await owner().models.write.publish([model]))
  const modelId = await owner().models.read.modelIdOf([
    session.owner,
    'm',
    '1',
    model.manifestDigest,
  ])
  const published = lineOf(await verify(await receiptBy(recorder, { modelId })), 'model')
  expect(published).toMatchObject({ status: 'unknown', source: 'declared' })
  expect(published.reason).toContain(session.owner.toLowerCase())
  await session.chain.mined(await owner().models.write.retire([modelId, 'old']))
  expect(lineOf(await verify(await receiptBy(recorder, { modelId })), 'model').reason).toContain(
    'retired',
  )
  const named = await receiptBy(recorder, {
    modelId: namedModelIdOf('https://api.example.com', 'gpt'),
    model: 'gpt',
    endpoint: 'https://api.example.com/v1/chat/completions',
  })
  expect(lineOf(await verify(named), 'model').reason).toContain('names “gpt” publicly')
  const nowhere = await receiptBy(recorder, { modelId: `0x${'6'.repeat(64)}` })
  expect(lineOf(await verify(nowhere), 'model').reason).toContain('not in the registry')
})
