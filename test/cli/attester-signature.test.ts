/** Attesters that sign elsewhere: contracts (ERC-1271), and keys that this command never sees. */
import { getEnvironment } from '@assay/sdk'
import {
  type Address,
  hashTypedData,
  type Hex,
  type TypedDataDefinition,
  toHex,
  zeroAddress,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChain } from '../indexer/support/chain.ts'
import { environmentCommand } from './support/environment-command.ts'
import { deployP256Attester } from './support/p256-attester.ts'
import { deployQuorum } from './support/quorum.ts'
import { createP256Key } from '../contracts/support/p256.ts'

/** Init code of an account that accepts as a signature of a digest that digest: 0x1626ba7e if the word at 4 is the one at 100, else 0. */
const echoing = '0x60168060095f395ff360043560643514631626ba7e0260e01b5f5260205ff3'
/** Of one that answers whatever it is asked by four bytes of the right word. */
const short = '0x600e8060095f395ff3631626ba7e60e01b5f5260045ff3'

const validUntil = '4102444800'
const deadline = '2099-01-01T00:00:00Z'
const owner = generatePrivateKey()
const registrant = privateKeyToAccount(owner).address
const keyHere = generatePrivateKey()
const key = privateKeyToAccount(keyHere)
const stranger = privateKeyToAccount(generatePrivateKey())

let chain: Awaited<ReturnType<typeof startChain>>
let contract: Address
let others: Address[]
let verifier: Address
beforeAll(async () => {
  chain = await startChain()
  await chain.client.setBalance({ address: registrant, value: 10n ** 18n })
  contract = await deployed(echoing)
  others = [await deployed(short), chain.addresses.environmentRegistry]
  const named = [contract, key.address, ...others]
    .toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
    .map((account, i) => ({ account, name: `a${i}` }))
  verifier = await deployQuorum(chain, named, 2n)
})
afterAll(() => chain.stop())

async function deployed(data: Hex): Promise<Address> {
  const { client, mined } = chain
  return (await mined(await client.sendTransaction({ data }))).contractAddress ?? zeroAddress
}

const run = (args: string[], env?: Record<string, string>) => environmentCommand(chain, args, env)
const claimOf = (i: number) => ['--kind', 'none', '--measurement', toHex(i, { size: 32 })]

/** What attesters are asked to sign of an environment. */
async function requestFor(i: number, end = validUntil): Promise<TypedDataDefinition> {
  const { code, stdout, stderr } = await run([
    ...['attest', ...claimOf(i), '--registrant', registrant, '--verifier', verifier],
    ...['--valid-until', end, '--deadline', deadline, '--print-request'],
  ])
  expect(code, stdout).toBe(0)
  const typedData = JSON.parse(stdout) as TypedDataDefinition
  // What a person is shown is what is signed.
  expect(stderr).toContain(hashTypedData(typedData))
  return typedData
}

const register = (i: number, signatures: string[], more: string[] = []) =>
  run(
    [
      ...['register', ...claimOf(i), '--verifier', verifier, '--valid-until', validUntil],
      ...signatures.flatMap((it) => ['--attester-signature', it]),
      ...more,
    ],
    { ASSAY_OWNER_KEY: owner },
  )
const sent = () => chain.client.getTransactionCount({ address: registrant })

test('default: a contract’s signature and a key’s, made elsewhere; with no key here but the owner’s', async () => {
  const typedData = await requestFor(1)
  const byCode = `${contract}:${deadline}:${hashTypedData(typedData)}`
  const byKey = `${key.address}:4070908800:${await key.signTypedData(typedData)}`
  const alone = await register(1, [byCode])
  expect([alone.code, alone.said.error?.code]).toEqual([3, 'ContractRefusalError'])
  expect(alone.said.error?.message).toContain('AttesterQuorum_ThresholdNotReached(1, 2)')
  const dry = await register(1, [byKey, byCode], ['--dry-run'])
  expect([dry.code, dry.said.status], dry.stdout).toEqual([0, 'simulated'])
  const registered = await register(1, [byKey, byCode])
  expect([registered.code, registered.said.status], registered.stdout).toEqual([0, 'done'])
  const { environmentRegistry } = chain.addresses
  const { environmentId } = registered.said
  const found = await getEnvironment(chain.client, { environmentId, environmentRegistry })
  expect(found).toMatchObject({ verifier, registrant, validUntil: Number(validUntil) })
}, 120_000)

test('behavior: beside a statement of those who sign here', async () => {
  const attested = await run(
    [
      ...['attest', ...claimOf(2), '--registrant', registrant, '--verifier', verifier],
      ...['--valid-until', validUntil],
    ],
    { ASSAY_ATTESTER_KEY: keyHere },
  )
  const byCode = `${contract}:${deadline}:${hashTypedData(await requestFor(2))}`
  const registered = await register(2, [byCode], ['--statement', attested.said.statement])
  expect([registered.code, registered.said.status], registered.stdout).toEqual([0, 'done'])
}, 120_000)

test('error: InvalidStatementError for what the chain would not take; nothing is sent', async () => {
  const typedData = await requestFor(3)
  const digest = hashTypedData(typedData)
  const another = hashTypedData(await requestFor(3, '4102444801'))
  const before = await sent()
  const cases: [says: string, signatures: string[]][] = [
    ['does not accept this signature', [`${contract}:${deadline}:${another}`]],
    ['does not accept this signature', [`${contract}:${deadline}:0x`]],
    ['does not accept this signature', [`${contract}:2099-01-01T00:00:01Z:${digest}`]],
    ...others.map((it): [string, string[]] => [
      'does not accept this signature',
      [`${it}:${deadline}:${digest}`],
    ]),
    ['has no code', [`${key.address}:${deadline}:${await stranger.signTypedData(typedData)}`]],
    ['has no code', [`${key.address}:${deadline}:0x12`]],
    ['may be used no more: its deadline was', [`${contract}:1577836800:${digest}`]],
    [
      'has signed twice',
      [`${contract}:${deadline}:${digest}`, `${contract}:${deadline}:${digest}`],
    ],
  ]
  for (const [says, signatures] of cases) {
    const { code, said, stdout } = await register(3, signatures)
    expect([code, said.error?.code], stdout).toEqual([3, 'InvalidStatementError'])
    expect(stdout).toContain(says)
  }
  expect(await sent()).toBe(before)
}, 120_000)

test('error: UsageError for another’s account, another verifier, and what is no signature', async () => {
  const digest = toHex(9, { size: 32 })
  const p256 = await deployP256Attester(chain, createP256Key(generatePrivateKey()).key, 'module')
  const good = `${contract}:${deadline}:${digest}`
  const before = await sent()
  const cases: [says: string, signature: string, more?: string[]][] = [
    ['no attester of this verifier', `${stranger.address}:${deadline}:${digest}`],
    ['is no AttesterQuorum', good, ['--verifier', p256]],
    ['<address>:<deadline>:<hex>', 'no'],
    ['<address>:<deadline>:<hex>', `${contract}:${digest}`],
    ['must be an address', `0x12:${deadline}:${digest}`],
    ['The deadline of', `${contract}:soon:${digest}`],
    ['The signature of', `${contract}:${deadline}:0x123`],
  ]
  for (const [says, signature, more] of cases) {
    const { code, said, stdout } = await register(4, [signature], more)
    expect([code, said.error?.code], stdout).toEqual([3, 'UsageError'])
    expect(stdout).toContain(says)
  }
  const none = await run(
    ['register', ...claimOf(4), '--attester-signature', good, '--valid-until', validUntil],
    { ASSAY_OWNER_KEY: owner },
  )
  expect([none.code, none.said.error?.code]).toEqual([3, 'UsageError'])
  expect(none.stdout).toContain('goes with `--verifier`')
  expect(await sent()).toBe(before)
}, 120_000)
