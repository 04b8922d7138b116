import { generateKeyPairSync, type KeyObject } from 'node:crypto'

const made: KeyObject[] = []

/** RSA keys of 4,096 bits take seconds to make: the same ones serve all tests of a process. */
export function rsaKey(number: number): KeyObject {
  made[number] ??= generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey
  return made[number]
}
