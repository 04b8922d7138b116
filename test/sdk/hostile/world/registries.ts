import { encodeKind, environmentIdOf, environmentKeyTypedData, modelIdOf } from '@assay/sdk/formats'
import { type Hex, sha256, zeroAddress, zeroHash } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { accountOf } from '../../../indexer/support/chain.ts'
import { digestOf } from './keys.ts'
import type { Stage } from './stage.ts'

/** 2100-01-01 */
export const farFuture = 4_102_444_800
export const auditor = accountOf(4)
const publisher = accountOf(2)

/** Registers an environment whose key is a session key. */
export async function registerEnvironment({ chain, at }: Stage, key: PrivateKeyAccount) {
  const { environmentRegistry } = chain.addresses
  const claim = {
    kind: 'nitro',
    measurement: digestOf('measurement'),
    keyType: 'secp256k1' as const,
    key: key.publicKey,
    attestationDigest: zeroHash,
  }
  const registrant = publisher.address
  const id = environmentIdOf(claim, { chainId: chain.chainId, environmentRegistry, registrant })
  const proof = await key.signTypedData(
    environmentKeyTypedData(id, chain.chainId, environmentRegistry),
  )
  const registration = {
    ...claim,
    ...{ kind: encodeKind(claim.kind), keyType: 1, validUntil: farFuture },
    ...{ verifier: zeroAddress, uri: '' },
  }
  await at(() => chain.as(publisher).environments.write.register([registration, proof, '0x']))
  return id
}

/** Publishes a model, by the same account. */
export async function publishModel({ chain, at }: Stage): Promise<Hex> {
  const model = { name: 'example “ä”', version: '1', manifestDigest: digestOf('manifest') }
  await at(() =>
    chain.as(publisher).models.write.publish([{ ...model, signingRoot: zeroHash, uri: '' }]),
  )
  return modelIdOf({ ...model, publisher: publisher.address })
}

/** Lets an auditor vouch for a model, an environment, and that the one runs in the other. */
export async function postVerdicts({ chain, at }: Stage, modelId: Hex, environmentId: Hex) {
  const verdict = (
    subjectKind: number,
    subject: Hex,
    tag: string,
    evidenceDigest: Hex = zeroHash,
  ) => ({
    ...{ subjectKind, subject, score: 90, tag, evidenceDigest, uri: '' },
  })
  await at(() =>
    chain
      .as(auditor)
      .verdicts.write.post([
        [
          verdict(0, modelId, 'weights'),
          verdict(1, environmentId, 'attested'),
          verdict(1, environmentId, 'measurement-to-model', sha256(modelId)),
        ],
      ]),
  )
}
