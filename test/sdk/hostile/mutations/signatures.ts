import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ValueMutation } from './mutation.ts'
import { at, put } from './places.ts'

/** Order of secp256k1 (SEC 2, section 2.4.1). */
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** What marks a signature by a contract that is not deployed yet (ERC-6492). */
const counterfactual = '6492'.repeat(16)

const word = (value: bigint) => value.toString(16).padStart(64, '0').slice(-64)

/** A signature is the other one that the curve allows for the same key and digest: n - s for s, the other v (EIP-2 refuses it). */
export const twinSignature: ValueMutation = (receipt) => {
  const signature = at(receipt, 'batch', 'signature')
  if (typeof signature !== 'string' || !/^0x[0-9a-f]{130}$/.test(signature)) return receipt
  const s = order - (BigInt(`0x${signature.slice(66, 130)}`) % order)
  const v = signature.endsWith('1b') ? '1c' : '1b'
  put(receipt, ['batch', 'signature'], signature.slice(0, 66) + word(s) + v)
  return receipt
}

/** A signature is half of its twin, of another form, out of range, or of another batch. */
export const changeSignature: ValueMutation = (receipt, { random, world }) => {
  const given = at(receipt, 'batch', 'signature')
  const signature =
    typeof given === 'string' && /^0x[0-9a-f]{130}$/.test(given) ? given : `0x${'11'.repeat(65)}`
  const [r, s, v] = [signature.slice(2, 66), signature.slice(66, 130), signature.slice(130)]
  const twin = word(order - (BigInt(`0x${s}`) % order))
  const flipped = v === '1b' ? '1c' : '1b'
  const other = random.pick([
    () => r + twin + v,
    () => r + s + flipped,
    () => r + s + (v === '1b' ? '00' : '01'),
    () => r + s + random.hex(1).slice(2),
    () => r + s,
    // Compact (ERC-2098).
    () => r + word(BigInt(`0x${s}`) | (v === '1c' ? 1n << 255n : 0n)),
    () => s + r + v,
    () => word(0n) + s + v,
    () => r + word(0n) + v,
    () => word(order) + s + v,
    () => word(BigInt(`0x${r}`) + order) + s + v,
    () => word(2n ** 256n - 1n) + word(2n ** 256n - 1n) + v,
    () => word(1n) + word(1n) + v,
    () => r + s + v + '00'.repeat(random.below(4_100)),
    () => r + s + v + counterfactual,
    () => '',
    () => random.hex(65).slice(2),
    () => random.pick(world.honest).receipt.batch.signature.slice(2),
  ])()
  put(receipt, ['batch', 'signature'], `0x${other}`)
  return receipt
}

/** A signature by somebody else's key, over something else or nothing that there is. */
export const foreignSignature: ValueMutation = async (receipt, { random, world }) => {
  const account = privateKeyToAccount(random.pick(world.attackers))
  const hash = random.chance(0.5) ? random.pick(world.signed) : random.hex(32)
  const signature: Hex = await account.sign({ hash })
  put(receipt, ['batch', 'signature'], signature)
  return receipt
}
