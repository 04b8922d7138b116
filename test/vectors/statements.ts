import {
  type AttesterSignature,
  encodeAttesterStatement,
  encodeP256Statement,
  environmentIdOf,
  environmentStatementTypedData,
} from '@assay/sdk/formats'
import { getContractAddress, hashTypedData, type Hex, stringToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { addressOf, claim, pattern, registry } from './inputs.ts'

/** Where a deployer's contracts come to stand, by number. */
const deployed = (nonce: bigint) =>
  getContractAddress({ from: addressOf('deployer'), nonce }).toLowerCase() as Hex

/**
 * Not secrets: keys for tests alone. OpenSSL signs by P-256 differently each time, so that its signature stands here as it was made
 * once, with low s, by the key whose secret is the pattern of `P-256 attester`.
 */
const attesters = ['first', 'second', 'third'].map((name) => ({
  name,
  account: privateKeyToAccount(pattern(`${name} attester`)),
}))
const p256Attester = {
  x: '0x36118a4877c7d3690833950c62908df6c66418862ee86038367b1b59b3f68b3e',
  y: '0x11d13836f3d157f6cb5bc793b9a5482841ad605d68d3eb60238ca7c79ad0c6e3',
  signature:
    '0x7b053ee6536ba14d40133d54a4676e1372ba65990aeee05d14427b228c5185f452c71809052524ab53a824ab54d2746c56996e10c4428ce8a6b34a2a3829387b',
} as const

/** Statements of two of three attesters, and of a P-256 key, on the environment of `ids.json`. */
export async function statements() {
  const environmentId = environmentIdOf(claim, registry)
  const statement = { environmentId, validUntil: 1_800_000_000, deadline: 1_790_000_000 }
  const typedData = (verifier: Hex) =>
    environmentStatementTypedData(statement, registry.chainId, verifier)
  const [quorum, p256Verifier] = [deployed(0n), deployed(1n)]
  const signatures = await Promise.all(
    attesters.slice(1).map(async ({ account }): Promise<AttesterSignature> => ({
      attester: account.address.toLowerCase() as Hex,
      deadline: statement.deadline,
      signature: await account.signTypedData(typedData(quorum)),
    })),
  )
  return {
    ...statement,
    chainId: registry.chainId,
    deployer: addressOf('deployer'),
    quorum: {
      verifier: quorum,
      attesters: attesters
        .map(({ name, account }) => ({
          account: account.address.toLowerCase(),
          name: stringToHex(name, { size: 32 }),
        }))
        .toSorted((a, b) => (a.account < b.account ? -1 : 1)),
      threshold: 2,
      digest: hashTypedData(typedData(quorum)),
      signatures,
      statement: encodeAttesterStatement(signatures),
    },
    p256: {
      ...p256Attester,
      verifier: p256Verifier,
      name: stringToHex('attester', { size: 32 }),
      digest: hashTypedData(typedData(p256Verifier)),
      statement: encodeP256Statement(statement.deadline, p256Attester.signature),
    },
  }
}
