import { mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { PrivateKeyAccount } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { readEnvFile, type Variables, writeEnvFile } from '../settings/env-file.ts'
import { accountFrom } from '../settings/session-key.ts'

/** A session key. */
export type KeyFile = {
  key: string
  account: PrivateKeyAccount
  /** Whether its settings are still to come to their place. */
  isNew: boolean
}

/** Where the settings of a key wait until its owner has authorized it: no application should take them up before. */
const nextFile = (path: string): string => `${path}.next`

/** The key of the settings that are there, one that waits for its authorization, the one of the environment, or a new one. */
export async function findKey(path: string, wantsNew: boolean): Promise<KeyFile> {
  const present = (await readEnvFile(path))?.ASSAY_SESSION_KEY
  if (present !== undefined && !wantsNew) return keyFile(present, path, false)
  const waiting = (await readEnvFile(nextFile(path)))?.ASSAY_SESSION_KEY
  if (waiting !== undefined) return keyFile(waiting, nextFile(path), true)
  const given = present === undefined ? process.env.ASSAY_SESSION_KEY : undefined
  return keyFile(given ?? generatePrivateKey(), 'the environment', true)
}

function keyFile(key: string, where: string, isNew: boolean): KeyFile {
  return { key, account: accountFrom(key, `ASSAY_SESSION_KEY in ${where}`), isNew }
}

/** Keeps the settings of a new key before its authorization is asked for: an authorized key must not be lost. */
export async function keepNext(path: string, variables: Variables): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeEnvFile(nextFile(path), variables, { replace: true })
}

/**
 * Puts the settings of a new key, which is authorized, in their place.
 *
 * @param before - The key that is there. Its file is kept beside: only that key can settle what was recorded by it.
 * @returns Where the settings before are kept.
 */
export async function takeUpNext(
  path: string,
  before: PrivateKeyAccount | undefined,
): Promise<string | undefined> {
  const kept = before && `${path}.${before.address.slice(2, 10).toLowerCase()}`
  if (kept !== undefined) await rename(path, kept)
  await rename(nextFile(path), path)
  return kept
}
