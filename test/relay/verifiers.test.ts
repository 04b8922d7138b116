/** Environments that a contract has to vouch for: what it refuses is told by its own name. */
import {
  encodeKind,
  environmentIdOf,
  formatSignedCall,
  getEnvironment,
  registerEnvironment,
  relaySignedCall,
  signCall,
  submitSignedCall,
} from '@assay/sdk'
import {
  encodeAttesterStatement,
  encodeP256Statement,
  environmentStatementTypedData,
} from '@assay/sdk/formats'
import { type Address, concatHex, hashTypedData, type Hex, hexToBytes, toHex, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deployP256Attester } from '../cli/support/p256-attester.ts'
import { deployQuorum } from '../cli/support/quorum.ts'
import { createP256Key } from '../contracts/support/p256.ts'
import { farFuture, type RunningRelay, type Stage, startStage } from './support/relayed.ts'

const newAccount = () => privateKeyToAccount(generatePrivateKey())
type Account = ReturnType<typeof newAccount>
const [registrant, stranger] = [newAccount(), newAccount()]
const [low, middle, high] = [newAccount(), newAccount(), newAccount()].toSorted((a, b) =>
  a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1,
) as [Account, Account, Account]
const { key, sign } = createP256Key(generatePrivateKey())

let stage: Stage
let relay: RunningRelay
let quorum: Address
let p256: Address
beforeAll(async () => {
  stage = await startStage()
  relay = await stage.relay()
  const named = [low, middle, high].map(({ address }, i) => ({ account: address, name: `a${i}` }))
  quorum = await deployQuorum(stage.chain, named, 2n)
  p256 = await deployP256Attester(stage.chain, key, 'module')
})
afterAll(() => stage.stop())

const claimOf = (verifier: Address) => ({
  ...{ kind: 'none', measurement: toHex(BigInt(verifier), { size: 32 }), keyType: 'none' as const },
  ...{ key: '0x' as const, attestationDigest: zeroHash },
})
const idFor = (verifier: Address) =>
  environmentIdOf(claimOf(verifier), {
    chainId: stage.chain.chainId,
    environmentRegistry: stage.chain.addresses.environmentRegistry,
    registrant: registrant.address,
  })

const typedDataOf = (verifier: Address, deadline: number) =>
  environmentStatementTypedData(
    { environmentId: idFor(verifier), validUntil: farFuture, deadline },
    stage.chain.chainId,
    verifier,
  )
async function by(attester: Account, deadline = farFuture, signer = attester) {
  const signature = await signer.signTypedData(typedDataOf(quorum, deadline))
  return encodeAttesterStatement([{ attester: attester.address, deadline, signature }])
}
function byP256(deadline = farFuture, signer = sign) {
  const message = hexToBytes(hashTypedData(typedDataOf(p256, deadline)))
  return encodeP256Statement(deadline, signer(message))
}

function signed(verifier: Address, statement: Hex) {
  const registration = {
    ...{ ...claimOf(verifier), kind: encodeKind('none'), keyType: 0 },
    ...{ validUntil: farFuture, verifier, uri: '' },
  }
  return signCall(stage.walletOf(registrant), {
    kind: 'registerEnvironment',
    arguments: { registration, proofOfPossession: '0x', statement },
    contract: stage.chain.addresses.environmentRegistry,
  })
}

/** Statements that are refused, with the error as it is to be read. */
async function refused(): Promise<[verifier: Address, statement: Hex, error: RegExp][]> {
  const [one, two] = [await by(low), await by(middle)]
  const q = (name: string, args: string) => new RegExp(`AttesterQuorum_${name}\\(${args}\\)`)
  const p = (name: string, args: string) => new RegExp(`P256Attester_${name}\\(${args}\\)`)
  return [
    [quorum, '0x', q('ThresholdNotReached', '0, 2')],
    [quorum, one, q('ThresholdNotReached', '1, 2')],
    [quorum, one.slice(0, -2) as Hex, q('MalformedStatement', '0')],
    [quorum, await by(stranger), q('NotAnAttester', stranger.address)],
    [quorum, await by(high, farFuture, low), q('InvalidSignature', high.address)],
    [quorum, await by(low, 1), q('DeadlinePassed', `${low.address}, 1, \\d+`)],
    [
      quorum,
      concatHex([two, one]),
      q('SignaturesNotAscending', `${middle.address}, ${low.address}`),
    ],
    [p256, '0x12', p('MalformedStatement', '1')],
    [p256, byP256(1), p('DeadlinePassed', '1, \\d+')],
    [p256, byP256(farFuture, createP256Key(generatePrivateKey()).sign), p('InvalidSignature', '')],
  ]
}

test('error: a relay refuses by the verifier’s error and its arguments, and pays nothing', async () => {
  const { chain } = stage
  for (const [verifier, statement, error] of await refused()) {
    const call = await signed(verifier, statement)
    const [reason = ''] = /^\w+/.exec(error.source) ?? []
    const { json } = await stage.post(relay.url, '/v1/environments', formatSignedCall(call))
    const detail = expect.stringMatching(error) as string
    // Not `invalid-signature`: that of the registrant is good.
    expect(json).toMatchObject({ status: 422, code: 'refused', reason, detail })
    await expect(relaySignedCall(chain.client, { call, url: relay.url })).rejects.toMatchObject({
      name: 'RelayRefusalError',
      message: detail,
    })
    expect(relay.events.at(-1)).toMatchObject({ type: 'refused', code: 'refused', detail })
  }
  expect(relay.events.some(({ type }) => type === 'sent')).toBe(false)
}, 60_000)

test('error: so does the SDK, by a transaction of the registrant’s own and by another’s', async () => {
  const { environmentRegistry } = stage.chain.addresses
  const payer = stage.walletOf(await stage.payer())
  for (const [verifier, statement, error] of await refused()) {
    const [reason = ''] = /^\w+/.exec(error.source) ?? []
    const expected = {
      ...{ name: 'ContractRefusalError', reason },
      message: expect.stringMatching(error) as string,
    }
    const said = { ...claimOf(verifier), validUntil: farFuture, verifier, statement }
    const own = registerEnvironment(stage.walletOf(registrant), { ...said, environmentRegistry })
    await expect(own).rejects.toMatchObject(expected)
    const call = await signed(verifier, statement)
    await expect(submitSignedCall(payer, call)).rejects.toMatchObject(expected)
  }
}, 60_000)

test('default: what enough attesters, or the key, have signed is handed in', async () => {
  const { environmentRegistry } = stage.chain.addresses
  const both = concatHex([await by(low), await by(high)])
  for (const [verifier, statement] of [
    [quorum, both],
    [p256, byP256()],
  ] as const) {
    const call = await signed(verifier, statement)
    await relaySignedCall(stage.chain.client, { call, url: relay.url })
    const environmentId = idFor(verifier)
    const where = { environmentId, environmentRegistry }
    expect(await getEnvironment(stage.chain.client, where)).toMatchObject({ verifier })
  }
}, 60_000)
