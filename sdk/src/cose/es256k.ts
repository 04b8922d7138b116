import { type Address, concatHex, type Hex, recoverAddress } from 'viem'
import { privateKeyToAddress, sign } from 'viem/accounts'
import { sha256 } from '../crypto/sha256.ts'
import { bytesToHex, concatBytes, toBytes } from '../formats/bytes.ts'
import type { CoseSigner } from './export-cose-receipt.ts'
import { coseAlgorithms } from './registry.ts'
import type { CoseVerifier } from './verify-cose-receipt.ts'

/**
 * Signs by ES256K (RFC 8812, section 3.2): ECDSA with secp256k1 and SHA-256, r ‖ s. The key id is the key's address, 20 bytes.
 *
 * @param privateKey - 32 bytes, such as that of a session key. Its use for batches is not touched: those are Keccak-256 digests of
 * EIP-712, these SHA-256 digests of a Sig_structure.
 */
export function es256kSigner(privateKey: Hex): CoseSigner {
  return {
    algorithm: coseAlgorithms.es256k,
    keyId: toBytes(privateKeyToAddress(privateKey)),
    async sign(toBeSigned) {
      const { r, s } = await sign({ hash: bytesToHex(sha256(toBeSigned)), privateKey })
      return concatBytes(toBytes(r), toBytes(s))
    },
  }
}

/**
 * Verifies ES256K by the address of the key, which is enough: r and s leave no more than a few keys that can have signed.
 *
 * @param address - Of the key that is trusted.
 */
export function es256kVerifier(address: Address): CoseVerifier {
  return async ({ algorithm, toBeSigned, signature }) => {
    if (algorithm !== coseAlgorithms.es256k || signature.length !== 64) return false
    const hash = bytesToHex(sha256(toBeSigned))
    const signers = await Promise.all(
      (['0x1b', '0x1c'] as const).map((v) =>
        recoverAddress({ hash, signature: concatHex([bytesToHex(signature), v]) }).catch(() => ''),
      ),
    )
    return signers.some((signer) => signer.toLowerCase() === address.toLowerCase())
  }
}
