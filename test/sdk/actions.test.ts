import { assayActions, InvalidInputError } from '@assay/sdk'
import { type Verdict, verdictIdOf } from '@assay/sdk/formats'
import { inferenceLogAbi, verdictRegistryAbi } from '@assay/sdk/abi'
import { createWalletClient, http, toHex, zeroHash } from 'viem'
import { hardhat } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventsOf } from '../contracts/support/calls.ts'
import { accountOf, type LocalChain, startChain } from '../indexer/support/chain.ts'

const author = accountOf(4)
let chain: LocalChain
beforeAll(async () => {
  chain = await startChain()
})
afterAll(() => chain.stop())

const client = () =>
  createWalletClient({
    account: author,
    chain: hardhat,
    transport: http(chain.rpcUrl),
  }).extend(assayActions())

describe('verdicts', () => {
  const verdict: Verdict = {
    subjectKind: 'inference',
    subject: toHex(7n, { size: 32 }),
    score: 100,
    tag: 'replay',
    evidenceDigest: zeroHash,
  }

  test('default: posted under the ids that the SDK computes, then withdrawn', async () => {
    const { verdictRegistry } = chain.addresses
    const place = { chainId: chain.chainId, verdictRegistry, author: author.address }
    const other = { ...verdict, score: 0, tag: '' }
    const verdicts = [{ ...verdict, uri: 'https://x' }, other]
    const posted = await eventsOf(
      chain,
      verdictRegistryAbi,
      client().postVerdicts({ verdicts, verdictRegistry }),
    )
    expect(posted.map((event) => event.args)).toEqual([
      {
        ...verdict,
        subjectKind: 2,
        uri: 'https://x',
        author: author.address,
        verdictId: verdictIdOf(verdict, place),
      },
      {
        ...other,
        subjectKind: 2,
        uri: '',
        author: author.address,
        verdictId: verdictIdOf(other, place),
      },
    ])
    const verdictIds = [verdictIdOf(verdict, place)]
    const withdrawn = await eventsOf(
      chain,
      verdictRegistryAbi,
      client().withdrawVerdicts({ verdictIds, verdictRegistry }),
    )
    expect(withdrawn.map((event) => event.args)).toEqual([
      { verdictId: verdictIds[0], author: author.address },
    ])
  })

  test.each([-1, 101, 0.5, Number.NaN])('error: a score of %s', async (score) => {
    const { verdictRegistry } = chain.addresses
    const verdicts = [{ ...verdict, score }]
    await expect(client().postVerdicts({ verdicts, verdictRegistry })).rejects.toThrow(
      InvalidInputError,
    )
  })

  test('error: none', async () => {
    const { verdictRegistry } = chain.addresses
    await expect(client().postVerdicts({ verdicts: [], verdictRegistry })).rejects.toThrow(
      /VerdictRegistry_Empty/,
    )
  })
})

describe('inference logs', () => {
  const sessionKey = accountOf(5).address
  const key = { owner: author.address, sessionKey, instance: toHex(1n, { size: 32 }) }

  test('skipInferences: moves the head on', async () => {
    const { inferenceLog } = chain.addresses
    const events = await eventsOf(
      chain,
      inferenceLogAbi,
      client().skipInferences({ key, first: 0n, count: 3, inferenceLog }),
    )
    expect(events.map((event) => event.eventName)).toEqual([
      'InferenceLogOpened',
      'InferencesSkipped',
    ])
    await expect(
      client().skipInferences({ key, first: 0n, count: 3, inferenceLog }),
    ).rejects.toMatchObject({ name: 'BatchForkError' })
  })

  test('reportSessionKeyCompromise: says since when, and only ever earlier', async () => {
    const { inferenceLog } = chain.addresses
    const report = (since: number) =>
      client().reportSessionKeyCompromise({ sessionKey, since, inferenceLog })
    const [reported] = await eventsOf(chain, inferenceLogAbi, report(1_700_000_000))
    expect(reported?.args).toEqual({ owner: author.address, sessionKey, since: 1_700_000_000 })
    await expect(report(1_700_000_001)).rejects.toMatchObject({ name: 'ContractRefusalError' })
  })
})

describe('environments', () => {
  test('reportEnvironmentCompromise: by its registrant alone', async () => {
    const { environmentRegistry } = chain.addresses
    const { environmentId } = await client().registerEnvironment({
      kind: 'none',
      measurement: zeroHash,
      keyType: 'none',
      key: '0x',
      attestationDigest: zeroHash,
      validUntil: 4_102_444_800,
      environmentRegistry,
    })
    await chain.client.mine({ blocks: 1 })
    const report = { environmentId, since: 1_700_000_000, environmentRegistry }
    await chain.mined(await client().reportEnvironmentCompromise(report))
    expect(await client().getEnvironment({ environmentId, environmentRegistry })).toMatchObject({
      compromise: { since: 1_700_000_000, reporter: author.address },
    })
    await expect(
      client().reportEnvironmentCompromise({ ...report, environmentId: zeroHash }),
    ).rejects.toMatchObject({ name: 'ContractRefusalError' })
  })
})
