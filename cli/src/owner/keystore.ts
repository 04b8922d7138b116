import { parseStrictJson } from '@assay/sdk/relay'
import * as Keystore from 'ox/Keystore'
import type { PrivateKeyAccount } from 'viem'
import { InputError } from '../errors.ts'
import { defaultTimeout } from '../input/limits.ts'
import { readFileText } from '../input/read-text.ts'
import { accountFrom } from '../settings/session-key.ts'

/** Far above any that a wallet writes. */
const maxKeystoreBytes = 65_536
/** Memory of scrypt, 128·n·r bytes (RFC 7914), and work of both: eight times what wallets ask for. */
const maxScryptCost = 2 ** 24
const maxIterations = 2 ** 24

type Params = Record<string, unknown>

/**
 * Opens a keystore (Web3 Secret Storage, version 3), as geth, Foundry and most wallets write it.
 *
 * @throws InputError if the file is none, asks for too much work, or the passphrase is wrong
 */
export async function openKeystore(
  path: string,
  passphrase: () => Promise<string>,
): Promise<PrivateKeyAccount> {
  const keystore = parse(
    await readFileText(path, maxKeystoreBytes, defaultTimeout * 1000),
    (problem) => new InputError(path, problem),
  )
  const password = await passphrase()
  let key: string
  try {
    const derived = await Keystore.toKeyAsync(keystore, { password })
    key = Keystore.decrypt(keystore, derived)
  } catch {
    // What the library throws says no more, and might show what is secret.
    throw new InputError(path, 'does not open by this passphrase')
  }
  return accountFrom(key, 'What the keystore holds')
}

function parse(text: string, refuse: (problem: string) => InputError): Keystore.Keystore {
  const limits = { maxLength: maxKeystoreBytes, maxDepth: 6, maxValues: 200 }
  const none = (detail: string) => refuse(`is no keystore of version 3: ${detail}`)
  const json = parseStrictJson(
    text,
    (place, problem) => none(`${place} ${problem}`.trim()) as never,
    limits,
  ) as Params | null
  if (json?.version !== 3) throw none('`version` is not 3')
  // Early wallets wrote it with a capital letter.
  const crypto = objectIn(json.crypto ?? json.Crypto)
  const kdfparams = objectIn(crypto.kdfparams)
  const { iv } = objectIn(crypto.cipherparams)
  if (crypto.cipher !== 'aes-128-ctr') throw none('the cipher is not aes-128-ctr')
  const hex = { iv, salt: kdfparams.salt, ciphertext: crypto.ciphertext, mac: crypto.mac }
  for (const [name, value] of Object.entries(hex)) {
    if (typeof value !== 'string' || !/^(?:[0-9a-f]{2}){1,64}$/i.test(value)) {
      throw none(`\`${name}\` is no hex`)
    }
  }
  const { n, r, p, c, dklen, prf } = kdfparams
  if (dklen !== 32) throw none('`dklen` is not 32')
  if (crypto.kdf === 'scrypt') {
    if (!isCount(n) || !isCount(r) || !isCount(p) || (n & (n - 1)) !== 0) throw none('bad scrypt')
    if (n * r * p > maxScryptCost) throw refuse('asks for more work than any wallet does')
  } else if (crypto.kdf === 'pbkdf2') {
    if (prf !== 'hmac-sha256' || !isCount(c)) throw none('bad pbkdf2')
    if (c > maxIterations) throw refuse('asks for more work than any wallet does')
  } else throw none('the key derivation is neither scrypt nor pbkdf2')
  return { id: '', version: 3, crypto } as unknown as Keystore.Keystore
}

const objectIn = (value: unknown): Params =>
  typeof value === 'object' && value !== null ? (value as Params) : {}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value < 2 ** 31
