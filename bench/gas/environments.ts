import { hash as digest } from 'node:crypto'
import {
  encodeAttesterStatement,
  encodeKind,
  encodeP256Statement,
  environmentIdOf,
  environmentStatementTypedData,
  keyTypes,
} from '@assay/sdk/formats'
import {
  type Address,
  hashTypedData,
  type Hex,
  hexToBytes,
  slice,
  stringToHex,
  zeroAddress,
} from 'viem'
import { createP256Key } from '../../test/contracts/support/p256.ts'
import { type Chain, readArtifact } from './chain.ts'

const hash = (text: string): Hex => `0x${digest('sha256', text, 'hex')}`
const chainId = 31337
const validUntil = 4_102_444_800
const deadline = 4_000_000_000

/** What every registration says but for the code that it is about: an Ed25519 key, an archive, no address of it. */
const claimOf = (name: string) => ({
  ...{ kind: 'nitro', measurement: hash(`measurement ${name}`), keyType: 'ed25519' as const },
  ...{ key: hash('key'), attestationDigest: hash('attestation') },
})
type Claim = ReturnType<typeof claimOf>

/** Measures EnvironmentRegistry: the same environment with nobody who vouches for it, by a quorum and by a P-256 key. */
export async function measureEnvironments(chain: Chain) {
  const { owner, sessionKey, relay } = chain
  const registrant = owner.account.address
  const artifact = (path: string) =>
    readArtifact(new URL(`../../artifacts/contracts/${path}.json`, import.meta.url))
  const registry = await chain.deploy(await artifact('EnvironmentRegistry.sol/EnvironmentRegistry'))

  function typedDataOf(claim: Claim, verifier: Address) {
    const place = { chainId, environmentRegistry: registry.address, registrant }
    const environmentId = environmentIdOf(claim, place)
    return environmentStatementTypedData({ environmentId, validUntil, deadline }, chainId, verifier)
  }

  function register(claim: Claim, verifier: Address, statement: Hex) {
    const [kind, keyType] = [encodeKind(claim.kind), keyTypes[claim.keyType]]
    const registration = { ...claim, kind, keyType, validUntil, verifier, uri: '' }
    const args = [registration, '0x', statement]
    return chain.gasOf(owner, { ...registry, functionName: 'register', args })
  }

  async function byQuorum() {
    const attesters = [owner, sessionKey, relay].toSorted((a, b) =>
      a.account.address.toLowerCase() < b.account.address.toLowerCase() ? -1 : 1,
    )
    const named = attesters.map(({ account }, i) => ({
      account: account.address,
      name: stringToHex(`attester ${i}`, { size: 32 }),
    }))
    const { address } = await chain.deploy(
      await artifact('verifiers/AttesterQuorum.sol/AttesterQuorum'),
      [named, 2n],
    )
    const claim = claimOf('quorum')
    const typedData = typedDataOf(claim, address)
    const signatures = attesters.slice(0, 2).map(async (attester) => ({
      ...{ attester: attester.account.address, deadline },
      signature: await attester.signTypedData(typedData),
    }))
    return register(claim, address, encodeAttesterStatement(await Promise.all(signatures)))
  }

  async function byP256() {
    const { key, sign } = createP256Key(hash('attester'))
    const { address } = await chain.deploy(
      await artifact('verifiers/P256Attester.sol/P256Attester'),
      [stringToHex('attester', { size: 32 }), slice(key, 1, 33), slice(key, 33)],
    )
    const claim = claimOf('P-256')
    const message = hexToBytes(hashTypedData(typedDataOf(claim, address)))
    // Another one each time, and a zero byte is cheaper: without any it costs the same in each run.
    let signature: Hex
    do signature = sign(message)
    while (hexToBytes(signature).includes(0))
    return register(claim, address, encodeP256Statement(deadline, signature))
  }

  return {
    unverified: await register(claimOf('unverified'), zeroAddress, '0x'),
    byQuorum: await byQuorum(),
    byP256: await byP256(),
  }
}
