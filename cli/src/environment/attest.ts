import {
  type AttesterSignature,
  decodeAttesterStatement,
  encodeAttesterStatement,
  encodeP256Statement,
} from '@assay/sdk'
import { hashTypedData } from 'viem'
import { UsageError } from '../errors.ts'
import { bytesFrom } from '../input/words.ts'
import { plainJson } from '../output/plain.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { requestOf } from '../owner/signing-request.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { accountFrom } from '../settings/session-key.ts'
import { readP256Key } from './p256-key.ts'
import { askedStatement, checkStatementOptions, type StatementOptions } from './statement.ts'
import { nameInQuorum, nameOfP256, pointOf } from './verifiers.ts'

export type AttestOptions = StatementOptions & {
  join?: string[]
  attesterKey?: string
  printRequest?: boolean
}

/**
 * Prints the statement of an attester on an environment, joined with those of others; or what an attester has to sign elsewhere.
 *
 * @throws UsageError, InputError, InvalidStatementError; AttestationRefusedError for an archive that does not hold
 */
export async function attest(
  id: string | undefined,
  options: AttestOptions,
  terminal: Terminal,
): Promise<void> {
  const { join = [], attesterKey, printRequest } = options
  if ([join.length > 0, attesterKey !== undefined, printRequest].filter(Boolean).length > 1) {
    throw new UsageError('`--join`, `--attester-key` and `--print-request` exclude each other.', {
      metaMessages: ['A P256Attester has one key, whose statement stands alone.'],
    })
  }
  if (printRequest) return request(id, options, terminal)
  if (attesterKey !== undefined) return attestByP256(id, attesterKey, options, terminal)
  return attestByAccount(id, join, options, terminal)
}

/** What is to be signed elsewhere, for `eth_signTypedData_v4`. */
async function request(
  id: string | undefined,
  options: AttestOptions,
  terminal: Terminal,
): Promise<void> {
  checkStatementOptions(id, options)
  await loadEnvFile(options.settings)
  const { typedData, statement, rows } = await askedStatement(id, options)
  await terminal.note(table([...rows([]), ['digest', hashTypedData(typedData)]], terminal))
  await terminal.write(`${plainJson(requestOf(typedData))}\n`)
  await terminal.note(
    `Next: the registrant hands it in by register --attester-signature <address>:${statement.deadline}:<signature>.`,
  )
}

/** The statement of a P256Attester's key. */
async function attestByP256(
  id: string | undefined,
  path: string,
  options: AttestOptions,
  terminal: Terminal,
): Promise<void> {
  checkStatementOptions(id, options)
  await loadEnvFile(options.settings)
  const key = await readP256Key(path)
  const { place, verifier, statement, typedData, rows, said } = await askedStatement(id, options)
  const name = await nameOfP256(key, verifier, place)
  const point = pointOf(key)
  await terminal.note(table(rows([['attester', `${point}, which it calls ${name}`]]), terminal))
  const signed = encodeP256Statement(statement.deadline, key.sign(hashTypedData(typedData)))
  const all = { ...said, name, key: point, statement: signed }
  await terminal.write(`${options.json ? plainJson(all) : signed}\n`)
}

/** The statement of a quorum's attesters. */
async function attestByAccount(
  id: string | undefined,
  join: readonly string[],
  options: AttestOptions,
  terminal: Terminal,
): Promise<void> {
  const others = join.flatMap((it) => decodeAttesterStatement(bytesFrom(it, '`--join`')))
  const joinsAlone = join.length > 0 && id === undefined && options.verifier === undefined
  const own = joinsAlone ? undefined : await signByAccount(id, options, terminal)
  const signatures = own ? [...others, own.signature] : others
  const statement = encodeAttesterStatement(signatures)
  const attesters = signatures.map(({ attester }) => attester)
  const said = options.json ? plainJson({ ...own?.said, attesters, statement }) : statement
  await terminal.write(`${said}\n`)
}

/** One's own signature, and what it says. */
async function signByAccount(
  id: string | undefined,
  options: AttestOptions,
  terminal: Terminal,
): Promise<{ signature: AttesterSignature; said: Record<string, string | number> }> {
  checkStatementOptions(id, options)
  await loadEnvFile(options.settings)
  const { ASSAY_ATTESTER_KEY: key } = process.env
  if (key === undefined) {
    throw new UsageError('There is no key to sign with.', {
      metaMessages: [
        'Set ASSAY_ATTESTER_KEY to the private key of the attester, or name a file with a P-256 key by --attester-key.',
        'An attester that signs elsewhere, such as a contract: --print-request.',
      ],
    })
  }
  const account = accountFrom(key, 'ASSAY_ATTESTER_KEY')
  const { place, verifier, statement, typedData, rows, said } = await askedStatement(id, options)
  const { address: attester } = account
  const name = await nameInQuorum(attester, verifier, place)
  await terminal.note(table(rows([['attester', `${attester}, which it calls ${name}`]]), terminal))
  const signature = await account.signTypedData(typedData)
  return {
    signature: { attester, deadline: statement.deadline, signature },
    said: { ...said, name },
  }
}
