import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { type Hex, hexToBytes, toHex } from 'viem'
import { InputError, UsageError } from '../errors.ts'
import { defaultTimeout } from '../input/limits.ts'
import { askHidden, canAsk } from '../input/prompt.ts'
import { readFileText } from '../input/read-text.ts'

/** A P-256 key that signs. */
export type P256Key = {
  x: Hex
  y: Hex
  /** r and low s over the SHA-256 of 32 bytes, 64 bytes. */
  sign(digest: Hex): Hex
}

/** Far above any that a key takes. */
const maxKeyBytes = 65_536
/** Order of the group. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/**
 * The P-256 private key in a PEM file (PKCS #8 or SEC 1). One that is encrypted opens by ASSAY_ATTESTER_PASSPHRASE, or is asked for.
 *
 * @throws InputError, UsageError without a passphrase
 */
export async function readP256Key(path: string): Promise<P256Key> {
  const text = await readFileText(path, maxKeyBytes, defaultTimeout * 1000)
  const key = await parse(text, path)
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new InputError(path, 'holds a key that is not of P-256 (prime256v1, secp256r1)')
  }
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  return {
    x: toHex(Buffer.from(x, 'base64url')),
    y: toHex(Buffer.from(y, 'base64url')),
    sign(digest) {
      const signature = sign('sha256', hexToBytes(digest), { key, dsaEncoding: 'ieee-p1363' })
      // OpenSSL gives either s; the verifier takes the low one alone.
      const s = BigInt(toHex(signature.subarray(32)))
      const low = s > order / 2n ? order - s : s
      return `${toHex(signature.subarray(0, 32))}${toHex(low, { size: 32 }).slice(2)}`
    },
  }
}

async function parse(text: string, path: string): Promise<KeyObject> {
  const isEncrypted = /^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(text)
  const passphrase = isEncrypted ? await passphraseFor() : undefined
  try {
    return createPrivateKey({ key: text, format: 'pem', passphrase })
  } catch {
    // What OpenSSL throws says no more.
    throw new InputError(
      path,
      isEncrypted ? 'does not open by this passphrase' : 'is no private key in PEM',
    )
  }
}

async function passphraseFor(): Promise<string> {
  const { ASSAY_ATTESTER_PASSPHRASE: passphrase } = process.env
  if (passphrase !== undefined) return passphrase
  if (canAsk()) return askHidden('Passphrase of the attester’s key')
  throw new UsageError('The passphrase of the attester’s key is not given.', {
    metaMessages: ['Set ASSAY_ATTESTER_PASSPHRASE, or run this in a terminal.'],
  })
}
