/**
 * All tables of the indexer, rebuilt from the chain's events alone, with nothing of the indexer's and nothing of the SDK's but the ABIs:
 * what the indexer's rows are compared with.
 */
import {
  environmentRegistryAbi,
  inferenceLogAbi,
  modelRegistryAbi,
  verdictRegistryAbi,
} from '@assay/sdk/abi'
import { type Address, decodeEventLog, type PublicClient } from 'viem'
import { bytes, type Leaf, leavesOf, rootOf, sha256 } from './rebuild-data.ts'
import { type Confirmation, figuresOf } from './rebuild-figures.ts'

/** A row as GraphQL gives it: integers as text. */
export type Row = Record<string, unknown>
export type Tables = Record<string, Row[]>

type Contracts = Record<
  'modelRegistry' | 'environmentRegistry' | 'inferenceLog' | 'verdictRegistry',
  Address
>

const abi = [
  ...modelRegistryAbi,
  ...environmentRegistryAbi,
  ...inferenceLogAbi,
  ...verdictRegistryAbi,
]
const zero = (hex: string) => (/^0x0+$/.test(hex) ? null : hex)
const text = (value: string) => value.replaceAll('\0', '\ufffd')
const lower = (value: string) => value.toLowerCase()

/** The text of 32 bytes if it is printable, else their hex. */
function kindOf(hex: string): string {
  const kind = bytes(hex).toString('latin1').replace(/\0+$/, '')
  return /^[\x21-\x7e]+$/.test(kind) ? kind : hex
}

/** Whether the data of an external batch is there. */
export const hasExternalData = ({ settlement = [] }: Tables): boolean =>
  settlement.some(({ mode, dataState }) => mode === 'external' && dataState === 'available')

/** @param toBlock - Last block that is read. Default: the latest. */
export async function rebuild(client: PublicClient, contracts: Contracts, toBlock?: bigint) {
  const address = Object.values(contracts)
  const chainId = await client.getChainId()
  const logs = await client.getLogs({ address, fromBlock: 0n, ...(toBlock ? { toBlock } : {}) })
  const times = new Map<bigint, string>()
  for (const number of new Set(logs.map(({ blockNumber }) => blockNumber))) {
    times.set(number, String((await client.getBlock({ blockNumber: number })).timestamp))
  }
  const tables = Object.fromEntries(
    [
      'publisher',
      'model',
      'environment',
      'environmentReport',
      'owner',
      'sessionKey',
      'sessionKeyReport',
    ]
      .concat('inferenceLog', 'settlement', 'skip', 'inference', 'auditor', 'verdict')
      .map((name) => [name, new Map<string, Row>()]),
  )
  /** The row of a key, made with its first values if there is none. */
  const rowOf = (table: string, key: string, values: Row) => {
    const rows = tables[table]!
    if (!rows.has(key)) rows.set(key, values)
    return rows.get(key)!
  }

  const confirmations: Confirmation[] = []
  for (const log of logs) {
    const { eventName, args: raw } = decodeEventLog({ abi, data: log.data, topics: log.topics })
    const a = raw as unknown as Record<string, string>
    const at = times.get(log.blockNumber)!
    const base =
      (BigInt(chainId) << 128n) | (log.blockNumber << 64n) | (BigInt(log.logIndex) << 32n)
    const position = String(base)
    const here = { chainId: String(chainId), position }
    const place = {
      ...here,
      blockNumber: String(log.blockNumber),
      transactionHash: log.transactionHash,
    }
    const account = (table: string, name: string) =>
      rowOf(table, lower(name), { address: lower(name), ...here })
    const sessionKey = () => {
      account('owner', a.owner!)
      const [owner, address] = [lower(a.owner!), lower(a.sessionKey!)]
      const none = { authorizedAt: null, expiresAt: null, revokedAt: null }
      const report = { compromisedSince: null, compromiseReportedAt: null }
      return rowOf('sessionKey', `${owner}${address}`, {
        owner,
        address,
        ...none,
        ...report,
        ...here,
      })
    }
    const confirm = (owner: unknown) =>
      confirmations.push({ owner: owner as string | null, at, position })
    const advance = () => {
      const end = BigInt(a.first!) + BigInt(a.count!)
      const known = tables.inferenceLog!.get(a.logId!)!
      known.head = String(end)
      return known
    }
    /** @param problem - With the data; undefined: none. */
    const settle = (
      mode: string,
      dataDigest: string,
      problem: string | undefined,
      uri: string | null,
    ) => {
      const { owner, sessionKey } = advance()
      const { logId, root, signedByKey } = a
      const range = { first: String(a.first), count: String(a.count) }
      const batch = { logId, root, ...range, owner, sessionKey, signedByKey, settledAt: at }
      rowOf('settlement', `${logId}${root}`, {
        ...batch,
        mode,
        dataDigest,
        dataState: !problem ? 'available' : problem === 'not-allowed' ? 'unavailable' : 'invalid',
        dataProblem: problem ?? null,
        loaded: problem ? '0' : String(a.count),
        uri,
        ...place,
      })
      if (!signedByKey) confirm(owner)
      return owner
    }
    const insert = (leaves: Leaf[], owner: unknown) => {
      for (const [i, leaf] of leaves.entries()) {
        rowOf('inference', leaf.inferenceId, {
          ...leaf,
          ...{
            chainId: here.chainId,
            root: a.root,
            owner,
            settledAt: at,
            position: String(base + BigInt(i)),
          },
          impossibleTime: BigInt(leaf.servedAt) > (BigInt(at) + 300n) * 1000n,
        })
      }
    }
    switch (eventName as string) {
      case 'ModelPublished': {
        account('publisher', a.publisher!)
        rowOf('model', a.modelId!, {
          ...{ modelId: a.modelId, publisher: lower(a.publisher!), name: text(a.name!) },
          ...{ version: text(a.version!), manifestDigest: a.manifestDigest, uri: text(a.uri!) },
          ...{ signingRoot: zero(a.signingRoot!), publishedAt: at },
          ...{ retiredAt: null, retirementReason: null, ...place },
        })
        break
      }
      case 'ModelRetired':
        Object.assign(tables.model!.get(a.modelId!)!, {
          retiredAt: at,
          retirementReason: text(a.reason!),
        })
        break
      case 'EnvironmentRegistered': {
        const keyType = ['none', 'secp256k1', 'p256', 'ed25519', 'rsa'][Number(a.keyType)]
        rowOf('environment', a.environmentId!, {
          ...{
            environmentId: a.environmentId,
            registrant: lower(a.registrant!),
            kind: kindOf(a.kind!),
          },
          ...{
            measurement: a.measurement,
            keyType,
            key: a.key,
            uri: text(a.uri!),
            registeredAt: at,
          },
          ...{ attestationDigest: zero(a.attestationDigest!), verifier: zero(lower(a.verifier!)) },
          ...{ validUntil: String(a.validUntil), endsAt: String(a.validUntil), revokedAt: null },
          ...{ reporter: null, compromisedSince: null, compromiseReportedAt: null, ...place },
        })
        break
      }
      case 'EnvironmentRevoked': {
        const row = tables.environment!.get(a.environmentId!)!
        const endsAt = Number(row.validUntil) < Number(at) ? row.validUntil : at
        Object.assign(row, { revokedAt: at, endsAt })
        break
      }
      case 'EnvironmentCompromised': {
        const [environmentId, reporter, since] = [
          a.environmentId!,
          lower(a.reporter!),
          String(a.since),
        ]
        const report = { environmentId, since, reporter, reportedAt: at, ...place }
        rowOf('environmentReport', `${environmentId}${since}`, report)
        Object.assign(tables.environment!.get(environmentId)!, {
          ...{ reporter, compromisedSince: since, compromiseReportedAt: at },
        })
        break
      }
      case 'SessionKeyAuthorized': {
        const row = sessionKey()
        Object.assign(row, { authorizedAt: row.authorizedAt ?? at, expiresAt: String(a.expiresAt) })
        confirm(row.owner)
        break
      }
      case 'SessionKeyRevoked':
        sessionKey().revokedAt = at
        confirm(lower(a.owner!))
        break
      case 'SessionKeyCompromised': {
        const since = String(a.since)
        const row = sessionKey()
        Object.assign(row, { compromisedSince: since, compromiseReportedAt: at })
        const key = { owner: row.owner, sessionKey: row.address }
        const report = { ...key, since, reportedAt: at, ...place }
        rowOf('sessionKeyReport', `${lower(a.owner!)}${lower(a.sessionKey!)}${since}`, report)
        confirm(row.owner)
        break
      }
      case 'InferenceLogOpened': {
        sessionKey()
        rowOf('inferenceLog', a.logId!, {
          ...{ logId: a.logId, owner: lower(a.owner!), sessionKey: lower(a.sessionKey!) },
          ...{ instance: a.instance, openedAt: at, head: '0', ...place },
        })
        break
      }
      case 'BatchSettledInline': {
        const data = bytes(a.data!)
        const leaves = leavesOf(a.logId!, BigInt(a.first!), data)!
        insert(leaves, settle('inline', sha256(data), undefined, null))
        break
      }
      case 'BatchSettledExternal': {
        const [, base64] = /^data:.*,(.*)$/.exec(a.uri!) ?? []
        const leaves = base64 && leavesOf(a.logId!, BigInt(a.first!), Buffer.from(base64, 'base64'))
        const problem = !base64
          ? 'not-allowed'
          : !leaves
            ? 'no-batch-data'
            : leaves.length !== Number(a.count)
              ? 'other-count'
              : rootOf(leaves.map(({ inferenceId }) => bytes(inferenceId))) === a.root
                ? undefined
                : 'other-root'
        const owner = settle('external', a.dataDigest!, problem, text(a.uri!))
        if (leaves && !problem) insert(leaves, owner)
        break
      }
      case 'InferencesSkipped': {
        const [logId, first, count] = [a.logId!, String(a.first), String(a.count)]
        confirm(advance().owner)
        rowOf('skip', `${logId}${first}`, { logId, first, count, skippedAt: at, ...place })
        break
      }
      case 'VerdictPosted': {
        account('auditor', a.author!)
        const kind = ['model', 'environment', 'inference'][Number(a.subjectKind)]
        const of = (name: string) => (kind === name ? a.subject : null)
        const row = rowOf('verdict', a.verdictId!, {
          ...{
            verdictId: a.verdictId,
            author: lower(a.author!),
            subjectKind: kind,
            subject: a.subject,
          },
          ...{
            modelId: of('model'),
            environmentId: of('environment'),
            inferenceId: of('inference'),
          },
          ...{
            score: a.score,
            tag: text(a.tag!),
            evidenceDigest: zero(a.evidenceDigest!),
            ...place,
          },
        })
        const posting = {
          ...{ uri: text(a.uri!), postedAt: at, postedPosition: position },
          changedPosition: position,
        }
        Object.assign(row, posting, { withdrawnAt: null })
        break
      }
      case 'VerdictWithdrawn': {
        const row = tables.verdict!.get(a.verdictId!)
        if (row?.author === lower(a.author!)) {
          Object.assign(row, { withdrawnAt: at, changedPosition: position })
        }
      }
    }
  }
  const rebuilt = Object.fromEntries(
    Object.entries(tables).map(([name, rows]): [string, Row[]] => [name, [...rows.values()]]),
  )
  return { ...rebuilt, ...figuresOf(String(chainId), rebuilt, confirmations) }
}
