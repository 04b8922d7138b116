import { nitroPublicKeyOf } from '@assay/attestation'
import { verifyNitro } from '@assay/attestation/nitro'
import { registerEnvironment } from '@assay/sdk'
import { createWalletClient, type Hex, http, sha256 } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { accountOf } from '../../indexer/support/chain.ts'
import { farFuture, type Session } from '../../sdk/support/session.ts'
import { createNitroAuthority } from './nitro-authority.ts'

const nitro = createNitroAuthority()

/** A Nitro document that holds a secp256k1 key, in force now, which is when an environment of a test is registered and judged. */
export const documentHolding = (publicKey: Hex) =>
  nitro.documentOf({
    certificates: ([first, ...others]) => {
      const now = Math.floor(Date.now() / 1000)
      return [{ ...first!, notBefore: now - 3_600, notAfter: now + 7_200 }, ...others]
    },
    payload: (members) =>
      members.set(
        'public_key',
        Buffer.from(nitroPublicKeyOf('secp256k1', publicKey).slice(2), 'hex'),
      ),
  })

/** Registers an environment in the owner's name with the key of an account, and a document that may hold another key. */
export async function registerWith(
  session: Session,
  of: PrivateKeyAccount,
  { document, pin }: ReturnType<typeof documentHolding>,
): Promise<Hex> {
  const { timestamp } = await session.chain.client.getBlock()
  const { measurement } = verifyNitro(document, { at: Number(timestamp), pins: [pin] })
  return registerArchived(session, of, { kind: 'nitro', measurement, bytes: document })
}

/** Registers an environment with the key of an account, and what is archived of it. @param registrant - In whose name. Default: the owner's. */
export async function registerArchived(
  { chain: { rpcUrl, addresses, mined } }: Session,
  of: PrivateKeyAccount,
  { kind, measurement, bytes }: { kind: string; measurement: Hex; bytes: Uint8Array },
  registrant = accountOf(1),
): Promise<Hex> {
  const registered = await registerEnvironment(
    createWalletClient({ account: registrant, chain: hardhat, transport: http(rpcUrl) }),
    {
      ...{ kind, measurement, keyType: 'secp256k1', key: of.publicKey },
      attestationDigest: sha256(bytes),
      validUntil: farFuture,
      proveKey: (typedData) => of.signTypedData(typedData),
      environmentRegistry: addresses.environmentRegistry,
    },
  )
  await mined(registered.transactionHash)
  return registered.environmentId
}

/** Each block is a second later than the one before it: a chain that begins so long ago doesn't get ahead of a recorder's clock. */
export const behindNow = () => ({ initialDate: new Date(Date.now() - 60_000) })
