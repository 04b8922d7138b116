import { getEnvironment } from '@assay/sdk'
import { type Address, toHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChain } from '../indexer/support/chain.ts'
import { assay } from './support/assay.ts'
import { environmentCommand } from './support/environment-command.ts'
import { deployQuorum } from './support/quorum.ts'

const validUntil = '4102444800'
const measurement = toHex(1, { size: 32 })
const described = ['--kind', 'none', '--measurement', measurement]
const attesters = ['north', 'south', 'west']
  .map((name) => ({ name, key: generatePrivateKey() }))
  .map(({ name, key }) => ({ name, key, account: privateKeyToAccount(key).address }))
  .toSorted((a, b) => (a.account.toLowerCase() < b.account.toLowerCase() ? -1 : 1))
const owner = generatePrivateKey()
const registrant = privateKeyToAccount(owner).address

let chain: Awaited<ReturnType<typeof startChain>>
let verifier: Address
beforeAll(async () => {
  chain = await startChain()
  await chain.client.setBalance({ address: registrant, value: 10n ** 18n })
  verifier = await deployQuorum(chain, attesters, 2n)
})
afterAll(() => chain.stop())

const run = (args: string[], env?: Record<string, string>) => environmentCommand(chain, args, env)
const by = (i: number) => ({ ASSAY_ATTESTER_KEY: attesters[i]?.key as string })
const attest = (i: number, more: string[] = []) =>
  run(
    [
      ...['attest', ...described, '--registrant', registrant],
      ...['--verifier', verifier, '--valid-until', validUntil, ...more],
    ],
    by(i),
  )
const register = (statement: string, more: string[] = ['--valid-until', validUntil]) =>
  run(['register', ...described, '--verifier', verifier, '--statement', statement, ...more], {
    ASSAY_OWNER_KEY: owner,
  })

test('default: two of three attest, each by itself; joined, the registry takes it', async () => {
  const [first, last] = await Promise.all([attest(2), attest(0)])
  expect([first.code, last.code]).toEqual([0, 0])
  expect(first.said).toMatchObject({
    name: attesters[2]?.name,
    attesters: [attesters[2]?.account],
    ...{ verifier, chainId: chain.chainId, validUntil: Number(validUntil) },
  })
  const [one, two] = [first.said.statement, last.said.statement]
  const alone = await register(one)
  expect([alone.code, alone.said.error]).toMatchObject([3, { code: 'ContractRefusalError' }])
  expect(alone.said.error?.message).toContain('AttesterQuorum_ThresholdNotReached(1, 2)')

  const joined = await run(['attest', '--join', one, '--join', two])
  expect(joined.code).toBe(0)
  const statement = joined.said.statement
  // Another end is not what they have signed.
  const other = await register(statement, ['--valid-until', '4102444801'])
  expect(other.said.error?.message).toContain('AttesterQuorum_InvalidSignature')
  const registered = await register(statement)
  expect([registered.code, registered.said.status]).toEqual([0, 'done'])
  const environmentId = registered.said.environmentId
  expect(environmentId).toBe(first.said.environmentId)
  const { environmentRegistry } = chain.addresses
  const environment = await getEnvironment(chain.client, { environmentId, environmentRegistry })
  expect(environment).toMatchObject({ verifier, validUntil: Number(validUntil), registrant })
}, 120_000)

test('behavior: by the id alone, joined to what another has signed; a person gets the statement alone', async () => {
  const first = await attest(1)
  const { environmentId, statement } = first.said
  const args = ['attest', environmentId, '--verifier', verifier]
  const end = ['--valid-until', validUntil, '--deadline', '2099-01-01T00:00:00Z']
  const second = await run([...args, ...end, '--join', statement], by(2))
  expect(second.said).toMatchObject({ deadline: 4_070_908_800, environmentId })
  expect(second.said.attesters).toHaveLength(2)
  const env = { ASSAY_RPC_URL: chain.rpcUrl, ...by(2) }
  const { stdout, stderr } = await assay(['environment', ...args, ...end], { env })
  expect(stdout).toMatch(/^0x[0-9a-f]{186}\n$/)
  expect(stderr).toContain(attesters[2]?.name)
  expect(stdout + stderr).not.toContain(attesters[2]?.key)
}, 120_000)

test('error: UsageError, InvalidStatementError, NoContractError', async () => {
  const id = toHex(7, { size: 32 })
  const args = ['attest', id, '--verifier', verifier, '--valid-until', validUntil]
  const own = (await run(args, by(0))).said.statement
  const cases: [string, string[], Record<string, string>][] = [
    ['UsageError', args, {}],
    ['UsageError', args, { ASSAY_ATTESTER_KEY: 'no key' }],
    ['UsageError', args, { ASSAY_ATTESTER_KEY: owner }],
    ['UsageError', ['attest', id, '--verifier', verifier], by(0)],
    ['UsageError', ['attest', id, '--valid-until', validUntil], by(0)],
    ['UsageError', [...args, '--registrant', registrant], by(0)],
    ['UsageError', ['attest', ...args.slice(2), ...described], by(0)],
    ['UsageError', [...args, '--deadline', 'soon'], by(0)],
    ['NoContractError', ['attest', id, '--verifier', registrant, ...args.slice(4)], by(0)],
    ['InvalidStatementError', [...args, '--join', own], by(0)],
    ['InvalidStatementError', ['attest', '--join', own, '--join', own], {}],
    ['InvalidStatementError', ['attest', '--join', own.slice(0, -2)], {}],
    ['UsageError', ['attest', '--join', 'no hex'], {}],
  ]
  const ended = await Promise.all(cases.map(([, given, env]) => run(given, env)))
  expect(ended.map(({ code, said }) => [code, said.error?.code])).toEqual(
    cases.map(([name]) => [3, name]),
  )
  const both = await register('0x', ['--valid-until', validUntil, '--days', '3'])
  expect([both.code, both.said.error]).toMatchObject([3, { code: 'UsageError' }])
}, 120_000)
