import { demand, readAs, refuse } from '../judging/judge.ts'
import { readCbor } from './cbor.ts'
import type { NitroRule } from './rules.ts'

/** An attestation document as AWS specifies it, read and not believed. */
export type NitroDocument = {
  moduleId: string
  /** Unix milliseconds. */
  timestamp: number
  pcrs: ReadonlyMap<number, Uint8Array>
  certificate: Uint8Array
  /** The root first. */
  cabundle: readonly Uint8Array[]
  publicKey: Uint8Array | undefined
  userData: Uint8Array | undefined
  nonce: Uint8Array | undefined
}

const required = ['module_id', 'digest', 'timestamp', 'pcrs', 'certificate', 'cabundle']
const optional = ['public_key', 'user_data', 'nonce']

/** Registers that every enclave has: the image, kernel and boot files, the application. */
export const measuredPcrs = [0, 1, 2] as const

/**
 * Reads a payload, by the bounds of
 * https://github.com/aws/aws-nitro-enclaves-nsm-api/blob/main/docs/attestation_process.md
 */
export function readNitroDocument(payload: Uint8Array): NitroDocument {
  const map = readAs('payload', 'its payload', () => readCbor(payload, 'definite or not'))
  demand(map instanceof Map, 'payload', 'its payload is no map')
  for (const name of required) demand(map.has(name), 'payload', `its payload has no ${name}`)
  const known = new Set<unknown>([...required, ...optional])
  demand(
    [...map.keys()].every((name) => known.has(name)),
    'payload',
    'its payload has more',
  )
  const moduleId: unknown = map.get('module_id')
  demand(typeof moduleId === 'string' && moduleId !== '', 'moduleId', 'its module has no name')
  demand(map.get('digest') === 'SHA384', 'digest', 'its registers are not made by SHA-384')
  const timestamp: unknown = map.get('timestamp')
  demand(
    typeof timestamp === 'number' && Number.isSafeInteger(timestamp) && timestamp > 0,
    'timestamp',
    'its time is no positive number of milliseconds',
  )
  return {
    moduleId,
    timestamp,
    pcrs: readPcrs(map.get('pcrs')),
    publicKey: bounded(map, 'public_key', 'publicKey', 1, 1_024),
    userData: bounded(map, 'user_data', 'userData', 0, 512),
    nonce: bounded(map, 'nonce', 'nonce', 0, 512),
    ...readCertificates(map),
  }
}

function readPcrs(value: unknown): ReadonlyMap<number, Uint8Array> {
  demand(value instanceof Map, 'pcrs', 'its registers are no map')
  demand(value.size >= 1 && value.size <= 32, 'pcrs', `it has ${value.size} registers`)
  const pcrs = new Map<number, Uint8Array>()
  for (const [index, pcr] of value as Map<unknown, unknown>) {
    const isIndex = Number.isInteger(index) && (index as number) >= 0 && (index as number) < 32
    demand(isIndex, 'pcrs', 'it has a register without number')
    // SHA-384 it is, as `digest` says.
    const isPcr = pcr instanceof Uint8Array && pcr.length === 48
    demand(isPcr, 'pcrs', `its PCR${String(index)} has not 48 bytes`)
    pcrs.set(index as number, pcr)
  }
  for (const index of measuredPcrs) demand(pcrs.has(index), 'pcrs', `it has no PCR${index}`)
  return pcrs
}

function readCertificates(map: ReadonlyMap<unknown, unknown>) {
  const bundle: unknown = map.get('cabundle')
  const certificate: unknown = map.get('certificate')
  demand(Array.isArray(bundle) && bundle.length > 0, 'certificates', 'its bundle is empty')
  for (const der of [certificate, ...(bundle as unknown[])]) {
    const fits = der instanceof Uint8Array && der.length >= 1 && der.length <= 1_024
    demand(fits, 'certificates', 'one of its certificates has not 1 to 1,024 bytes')
  }
  return { certificate: certificate as Uint8Array, cabundle: bundle as Uint8Array[] }
}

function bounded(
  map: ReadonlyMap<unknown, unknown>,
  name: string,
  rule: NitroRule,
  min: number,
  max: number,
): Uint8Array | undefined {
  const value = map.get(name)
  // Older modules write null for what is not there.
  if (value === undefined || value === null) return undefined
  if (!(value instanceof Uint8Array)) return refuse(rule, `its ${name} is no byte string`)
  const { length } = value
  demand(length >= min && length <= max, rule, `its ${name} has ${length} bytes`)
  return value
}
