import {
  type InferenceReceipt,
  type VerificationPolicy,
  verifyReceipt,
  type VerifyReceiptOptions,
} from '@assay/sdk'
import { numberToHex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { endpointBefore } from '../support/endpoint.ts'
import { farFuture, type Session, startSession } from '../support/session.ts'
import { lineOf, receiptBy } from '../support/verified.ts'

let session: Session
let receipt: InferenceReceipt
beforeAll(async () => {
  session = await startSession()
  receipt = await receiptBy(await session.recorder())
})
afterAll(() => session.stop())

const real = () => session.chain.client
const honest = (name: string) => endpointBefore(real(), name, (_, __, pass) => pass())

function policyWith(
  finality: VerificationPolicy['chains'][string]['finality'],
): VerificationPolicy {
  const { chainId, addresses } = session.chain
  return {
    ...session.policy,
    chains: { [chainId]: { ...addresses, ...(finality ? { finality } : {}) } },
  }
}

function verify(client: VerifyReceiptOptions['client'], policy = session.policy, of = receipt) {
  return verifyReceipt(of, { policy, client })
}

describe('several endpoints', () => {
  test('default: that agree are named in the report', async () => {
    const report = await verify([honest('one'), honest('two')])
    expect(report.status).toBe('verified')
    expect(report.chain.endpoints).toEqual(['one', 'two'])
    expect(lineOf(report, 'settlement').reason).toContain('says one, two of block')
  })

  test.each([
    ['a settlement', 'eth_call'],
    ['a transaction', 'eth_getTransactionReceipt'],
    ['a block', 'eth_getBlockByNumber'],
  ])('behavior: where they differ in %s, nothing of it is believed', async (_, differing) => {
    const liar = endpointBefore(real(), 'liar', async (method, __, pass) => {
      const answer = await pass()
      if (method !== differing) return answer
      if (typeof answer === 'string') return answer.replace(/.$/, '7')
      return { ...(answer as object), hash: `0x${'9'.repeat(64)}`, logs: [] }
    })
    const report = await verify([honest('one'), liar])
    expect(report.status).toBe('unknown')
    expect(JSON.stringify(report)).toContain('one, liar answer differently')
  })

  test('behavior: where they differ in events, what stands in events alone is not believed', async () => {
    const liar = endpointBefore(real(), 'liar', (method, _, pass) =>
      method === 'eth_getLogs' ? [] : pass(),
    )
    const report = await verify([honest('one'), liar], session.policy, { ...receipt, hints: {} })
    expect(report.status).toBe('verified')
    expect(lineOf(report, 'log').status).toBe('unknown')
    expect(lineOf(report, 'log').reason).toContain('one, liar answer differently to eth_getLogs')
  })

  test('behavior: one that is behind is waited for, not refuted', async () => {
    const head = await real().getBlockNumber()
    await real().mine({ blocks: 5 })
    const behind = endpointBefore(real(), 'behind', (method, _, pass) =>
      method === 'eth_blockNumber' ? numberToHex(head) : pass(),
    )
    const report = await verify([honest('one'), behind])
    expect(report.status).toBe('verified')
    expect(report.chain.block?.number).toBe(String(head))
  })

  test('behavior: one that claims to be far behind can’t hide what happened since', async () => {
    const sessionKey = await session.newKey(farFuture)
    const stolen = await receiptBy(await session.recorder({ sessionKey }))
    const settledAt = await real().getBlock()
    const { log } = session.chain.as(accountOf(1))
    const report = [privateKeyToAddress(sessionKey), Number(settledAt.timestamp) - 1] as const
    await session.chain.mined(await log.write.reportCompromise(report))
    await real().mine({ blocks: 1 })
    const newest = (number: bigint, name: string) =>
      endpointBefore(real(), name, (method, params, pass) => {
        if (method === 'eth_blockNumber') return numberToHex(number)
        return params[0] === 'finalized' ? pass([numberToHex(number), false]) : pass()
      })
    const reports = async () => {
      const clients = [
        newest(await real().getBlockNumber(), 'one'),
        newest(settledAt.number, 'behind'),
      ]
      const policies = [session.policy, policyWith('finalized')]
      return Promise.all(policies.map((policy) => verify(clients, policy, stolen)))
    }
    // Some minutes are nothing unusual.
    expect((await reports()).map(({ status }) => status)).toEqual(['verified', 'verified'])
    await real().increaseTime({ seconds: 16 * 60 })
    await real().mine({ blocks: 1 })
    for (const late of await reports()) {
      expect(late.status).toBe('unknown')
      expect(lineOf(late, 'settlement').reason).toContain('behind does not know of block')
    }
  })

  test('behavior: an address with a password is named by its host alone', async () => {
    const client = Object.assign(honest('custom'), {
      transport: { url: 'https://user:secret@rpc.example/key/123' },
    })
    const report = await verify(client)
    expect(report.chain.endpoints).toEqual(['rpc.example'])
    expect(JSON.stringify(report)).not.toMatch(/secret|123"/)
  })
})

describe('finality', () => {
  test('behavior: what lacks the confirmations that the policy asks for is unknown', async () => {
    const recorder = await session.recorder()
    const fresh = await receiptBy(recorder)
    const statusAt = async (confirmations: number) => {
      const options = { policy: policyWith({ confirmations }), client: real() }
      return lineOf(await verifyReceipt(fresh, options), 'settlement').status
    }
    expect(await statusAt(1)).toBe('verified')
    expect(await statusAt(2)).toBe('unknown')
    await real().mine({ blocks: 1 })
    expect(await statusAt(2)).toBe('verified')
    expect(await statusAt(1_000_000)).toBe('unknown')
  })

  test('behavior: finalized is what the endpoint holds for final', async () => {
    const settled = await real().getBlockNumber()
    await real().mine({ blocks: 3 })
    const finalAt = (number: bigint) =>
      endpointBefore(real(), 'one', (method, params, pass) =>
        method === 'eth_getBlockByNumber' && params[0] === 'finalized'
          ? pass([numberToHex(number), false])
          : pass(),
      )
    const policy = policyWith('finalized')
    expect((await verify(finalAt(settled), policy)).status).toBe('verified')
    const hash = receipt.hints.transactionHash ?? '0x'
    const { blockNumber } = await real().getTransactionReceipt({ hash })
    const before = await verify(finalAt(blockNumber - 1n), policy)
    expect(before.status).toBe('unknown')
    expect(lineOf(before, 'settlement').reason).toContain(`of block ${blockNumber - 1n}`)
  })

  test('behavior: a block that is replaced during the reading is read anew once, then not believed', async () => {
    const replacing = (times: number) => {
      let left = times
      let reads = 0
      return endpointBefore(real(), 'one', async (method, params, pass) => {
        const answer = await pass()
        if (method !== 'eth_getBlockByNumber' || params[0] === 'finalized') return answer
        // Of each reading the second look, by which the block is confirmed.
        if (++reads % 2 === 0 && left-- > 0)
          return { ...(answer as object), hash: `0x${'a'.repeat(64)}` }
        return answer
      })
    }
    expect((await verify(replacing(1))).status).toBe('verified')
    const report = await verify(replacing(2))
    expect(report.status).toBe('unknown')
    expect(lineOf(report, 'settlement').reason).toContain('was replaced while the chain was read')
  })
})

describe('what an endpoint can do', () => {
  test('behavior: ranges of events that it refuses are asked for in parts', async () => {
    await real().mine({ blocks: 300 })
    const asked: bigint[] = []
    const limited = endpointBefore(real(), 'limited', (method, params, pass) => {
      if (method !== 'eth_getLogs') return pass()
      const { fromBlock, toBlock } = params[0] as Record<string, string>
      const length = BigInt(toBlock ?? 0) - BigInt(fromBlock ?? 0)
      asked.push(length)
      if (length >= 100n) throw new Error('query returned more than 100 blocks')
      return pass()
    })
    const stripped = { ...receipt, hints: {} }
    const report = await verifyReceipt(stripped, { policy: session.policy, client: limited })
    expect(lineOf(report, 'log')).toMatchObject({ status: 'verified' })
    expect(asked.length).toBeLessThan(20)
  })

  test('behavior: one that gives no events in time is not asked again and again', async () => {
    await real().mine({ blocks: 300 })
    let asked = 0
    const slow = endpointBefore(real(), 'slow', (method, _, pass) => {
      if (method !== 'eth_getLogs') return pass()
      asked++
      throw Object.assign(new Error('It took too long.'), { name: 'TimeoutError' })
    })
    const auditor = { account: session.owner, subjects: ['inference'], tags: ['x'], minScore: 1 }
    const policy = { ...session.policy, auditors: [auditor] } as VerificationPolicy
    const report = await verify(slow, policy, { ...receipt, hints: {} })
    expect(lineOf(report, 'log').status).toBe('unknown')
    expect(report.status).toBe('verified')
    // For what was skipped, for verdicts, and for the settlement, of which the second range is short.
    expect(asked).toBe(4)
  })

  test('behavior: one that keeps no events leaves the log unknown, and the settlement verified', async () => {
    const pruned = endpointBefore(real(), 'pruned', (method, _, pass) => {
      if (method === 'eth_getLogs') throw new Error('pruned')
      return pass()
    })
    const report = await verify(pruned)
    expect(report.status).toBe('verified')
    expect(lineOf(report, 'log').status).toBe('unknown')
    const demanding = { ...session.policy, require: [...session.policy.require, 'log' as const] }
    expect((await verify(pruned, demanding)).status).toBe('unknown')
  })

  test('behavior: one that gives events of others, or none of what is settled, verifies no log', async () => {
    const params = [{ fromBlock: '0x0', toBlock: 'latest' }]
    const all: unknown = await real().request({ method: 'eth_getLogs', params } as never)
    const [other] = all as object[]
    for (const answer of [[], [other], 'none', [{}], [null], [{ ...other, topics: 'x' }]]) {
      const odd = endpointBefore(real(), 'odd', (method, _, pass) => {
        if (method === 'eth_getLogs') return answer
        return method === 'eth_getTransactionReceipt' ? null : pass()
      })
      const report = await verify(odd)
      expect(lineOf(report, 'log').status, JSON.stringify(answer)).not.toBe('verified')
      expect(lineOf(report, 'hints').status).toBe('unknown')
    }
  })

  test('behavior: any answer of any kind to any request is survived', async () => {
    const answers = [
      null,
      undefined,
      7,
      '',
      '0x',
      '0x0',
      'garbage',
      [],
      {},
      [[]],
      `0x${'f'.repeat(64)}`,
      `0x${'f'.repeat(640)}`,
      { number: '0x1', hash: `0x${'1'.repeat(64)}`, timestamp: '0xffffffffffffffff' },
      { number: -1, hash: 1, timestamp: {} },
      { logs: [{ topics: [] }] },
    ]
    const methods = [
      'eth_chainId',
      'eth_blockNumber',
      'eth_getBlockByNumber',
      'eth_call',
      'eth_getLogs',
      'eth_getTransactionReceipt',
    ]
    for (const method of methods) {
      for (const answer of answers) {
        const odd = endpointBefore(real(), 'odd', (asked, _, pass) =>
          asked === method ? answer : pass(),
        )
        const report = await verify(odd)
        const settled = method === 'eth_getLogs' || method === 'eth_getTransactionReceipt'
        if (!settled)
          expect(report.status, `${method} ${JSON.stringify(answer)}`).not.toBe('verified')
      }
    }
  })
})
