import type { Hex } from 'viem'
import { accountOf, type LocalChain } from '../../../indexer/support/chain.ts'
import { keyOf } from './keys.ts'
import { farFuture, postVerdicts, publishModel, registerEnvironment } from './registries.ts'
import { createStage, type SettledBatch, type Stage } from './stage.ts'

/** What happened on a chain. */
export type History = {
  batches: SettledBatch[]
  /** An owner whose contract accepts any signature. */
  yesMan: Hex
}

/** An account whose code puts ERC-1271's yes, 0x1626ba7e, at the left of a word and returns it, whatever it is asked. */
const yesMan = '0x6d631626ba7e60e01b5f5260205ff35f52600e6012f3'
/** No signature by anybody. */
const scribble: Hex = `0x${'5c'.repeat(65)}`

const [alice, bob, mallory] = [1, 2, 3].map(accountOf) as [
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
]

/**
 * Lets owners, keys, models and environments do all that makes receipts differ, on a real chain and with the real contracts.
 *
 * @param start - Unix ms; when the chain's clock began.
 */
export async function makeHistory(chain: LocalChain, start: number): Promise<History> {
  const stage = createStage(chain, start)
  const owned = await deployYesMan(stage)
  await plainLogs(stage)
  await environments(stage)
  await keysThatWereLost(stage)
  // The owner's contract never authorized the key: it accepts the batch itself, whatever its signature.
  const log = stage.log(owned, keyOf('stranger'), 'yes')
  await stage.settle(log, 3, 'external', { signature: scribble })
  return { batches: stage.batches, yesMan: owned }
}

async function authorize({ chain, at }: Stage, owner: typeof alice, key: Hex) {
  await at(() => chain.as(owner).log.write.authorize([key, farFuture]))
}

async function plainLogs(stage: Stage) {
  const key = keyOf('alice')
  await authorize(stage, alice, key.address)
  const first = stage.log(alice.address, key, 'first')
  await stage.settle(first, 1, 'inline')
  await stage.settle(first, 2, 'external')
  await stage.settle(first, 3, 'inline')
  await stage.at(() => stage.chain.as(alice).log.write.skip([first.place, first.head, 4]))
  first.head += 4n
  await stage.settle(first, 8, 'inline')
  await stage.keepBack(first, 5)
  const second = stage.log(alice.address, key, 'second')
  await stage.settle(second, 1000, 'external')
  await stage.settle(second, 70, 'inline')
  // Who attacks may have a log of its own, in which nothing is wrong.
  await authorize(stage, mallory, keyOf('mallory').address)
  await stage.settle(stage.log(mallory.address, keyOf('mallory'), 'own'), 6, 'inline')
}

async function environments(stage: Stage) {
  const key = keyOf('enclave')
  await authorize(stage, bob, key.address)
  const environmentId = await registerEnvironment(stage, key)
  const modelId = await publishModel(stage)
  await postVerdicts(stage, modelId, environmentId)
  const log = stage.log(bob.address, key, 'enclave')
  await stage.settle(log, 7, 'inline', { modelId, environmentId })
  await stage.settle(log, 2, 'external', { modelId })
  // Its key is another's, and then it is revoked.
  const other = stage.log(alice.address, keyOf('alice'), 'named')
  await stage.settle(other, 2, 'inline', { modelId, environmentId })
  await stage.at(() => stage.chain.as(bob).environments.write.revoke([environmentId]))
  stage.wait(2 * 86_400)
  await stage.settle(log, 2, 'inline', { modelId, environmentId })
}

async function keysThatWereLost(stage: Stage) {
  const { chain, at } = stage
  const [revoked, shared, lost] = ['revoked', 'shared', 'lost'].map(keyOf) as [
    ReturnType<typeof keyOf>,
    ReturnType<typeof keyOf>,
    ReturnType<typeof keyOf>,
  ]
  await authorize(stage, alice, revoked.address)
  await authorize(stage, alice, shared.address)
  await stage.settle(stage.log(alice.address, revoked, 'revoked'), 4, 'inline')
  await at(() => chain.as(alice).log.write.revokeSessionKey([revoked.address]))
  const log = stage.log(alice.address, shared, 'shared')
  await stage.settle(log, 2, 'inline')
  const since = stage.now()
  stage.wait(3_600)
  await stage.settle(log, 2, 'inline')
  await at(() => chain.as(alice).log.write.reportCompromise([shared.address, since]))
  // An owner that is a plain account, in the place of a key that was never authorized.
  const owner = keyOf('owner')
  await stage.settle(stage.log(owner.address, owner, 'lost', lost.address), 2, 'inline')
}

async function deployYesMan({ chain, at }: Stage): Promise<Hex> {
  const { contractAddress } = await at(() => chain.client.sendTransaction({ data: yesMan }))
  return contractAddress as Hex
}
