import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeystore } from '../../cli/src/owner/keystore.ts'
import { keystores } from './support/keystores.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-keystore-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function open(content: unknown, passphrase = 'testpassword') {
  const file = join(directory, 'keystore.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return openKeystore(file, () => Promise.resolve(passphrase))
}

test('default: the published vectors open', async () => {
  for (const { keystore, passphrase, address } of Object.values(keystores)) {
    expect((await open(keystore, passphrase)).address).toBe(address)
  }
})

test('error: InputError: a wrong passphrase, a changed file', async () => {
  const { keystore } = keystores.pbkdf2
  await expect(open(keystore, 'another')).rejects.toThrow('does not open')
  const crypto = { ...keystore.crypto, ciphertext: keystore.crypto.ciphertext.replace('5', '6') }
  await expect(open({ ...keystore, crypto })).rejects.toThrow('does not open')
})

test('error: InputError: what is no keystore, or asks for work without measure', async () => {
  const { keystore } = keystores.scrypt
  const { kdfparams } = keystore.crypto
  const withKdf = (params: object) => ({
    ...keystore,
    crypto: { ...keystore.crypto, kdfparams: { ...kdfparams, ...params } },
  })
  for (const [content, problem] of [
    ['{}', 'version'],
    ['null', 'version'],
    ['not json', 'JSON'],
    ['{"version":3,"version":3}', 'twice'],
    [{ ...keystore, version: 1 }, 'version'],
    [{ version: 3 }, 'cipher'],
    [{ ...keystore, crypto: { ...keystore.crypto, mac: 'xyz' } }, 'hex'],
    [{ ...keystore, crypto: { ...keystore.crypto, kdf: 'argon2' } }, 'neither'],
    [withKdf({ n: 2 ** 28 }), 'more work'],
    [withKdf({ n: 1000 }), 'scrypt'],
    [withKdf({ p: -1 }), 'scrypt'],
    [withKdf({ dklen: 64 }), 'dklen'],
  ] as const) {
    await expect(open(content), JSON.stringify(content)).rejects.toThrow(problem)
  }
})
