import { createECDH, createPrivateKey, sign as signBytes } from 'node:crypto'
import { type Hex, hexToBytes, toHex } from 'viem'

/** Order of P-256's group. */
export const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** A P-256 key from its secret, by OpenSSL: its SEC 1 uncompressed point, and r and low s over the SHA-256 of a message. */
export function createP256Key(secret: Hex) {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(hexToBytes(secret))
  const point = ecdh.getPublicKey()
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      ...{ kty: 'EC', crv: 'P-256', d: base64(hexToBytes(secret)) },
      ...{ x: base64(point.subarray(1, 33)), y: base64(point.subarray(33)) },
    },
  })

  function sign(message: Uint8Array): Hex {
    const signature = signBytes('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const s = BigInt(toHex(signature.subarray(32)))
    const low = s > p256Order / 2n ? p256Order - s : s
    return `${toHex(signature.subarray(0, 32))}${toHex(low, { size: 32 }).slice(2)}`
  }
  return { key: toHex(point), sign }
}
