import type { Hex } from 'viem'
import { hexOf, isZero, sha256Hex } from '../judging/bytes.ts'
import { demand, judged, readAs } from '../judging/judge.ts'
import { clockTolerance, shownTime } from '../judging/moment.ts'
import { type AttestationOptions, documentBytes, readOptions } from '../judging/options.ts'
import { type AttestationReport, neverCovered, rulesOf } from '../judging/report.ts'
import { isSignedByPoint, publicKeyOf } from '../x509/algorithms.ts'
import { type ChainProfile, checkChain, readChain } from '../x509/chain.ts'
import { readSign1, signedBytes } from './cose.ts'
import { measuredPcrs, type NitroDocument, readNitroDocument } from './document.ts'
import { awsNitroRoots } from './pins.ts'
import { type NitroRule, nitroRules } from './rules.ts'

/** What a verified attestation document of a Nitro enclave shows. */
export type NitroReport = AttestationReport<'nitro', NitroRule> & {
  moduleId: string
  /** When it was made, in Unix milliseconds, by the clock of the Nitro hypervisor. */
  timestamp: number
  /** Registers by number. */
  pcrs: Readonly<Record<number, Hex>>
  /** What the enclave had put in; it is the enclave's word. */
  publicKey?: Hex
  userData?: Hex
  nonce?: Hex
}

const profile: ChainProfile = {
  name: 'AWS',
  algorithm: 'ecdsa-sha384',
  authorityKey: 'P-384',
  minLength: 2,
  maxLength: 8,
  leafUsage: 'stated',
}

/**
 * Verifies an attestation document of an AWS Nitro enclave, from the bytes alone: the document brings its certificates, and AWS
 * lists no revocations for them.
 *
 * @param document - As the Nitro Secure Module gives it: COSE_Sign1 in CBOR.
 * @throws AttestationRefusedError by the name of the rule that it breaks.
 * @throws InvalidAttestationOptionsError
 * @example
 * const report = verifyNitro(await readFile('document.cbor'), { at: 1_726_534_500 })
 * report.pcrs[0] // what runs there
 */
export function verifyNitro(document: Uint8Array, options: AttestationOptions): NitroReport {
  const asked = readOptions(options, awsNitroRoots)
  const bytes = documentBytes(document)
  return judged('nitro', () => {
    const sign1 = readSign1(bytes)
    const read = readNitroDocument(sign1.payload)
    const chain = readChain([read.certificate, ...read.cabundle.toReversed()], profile)
    const [leaf] = chain as [(typeof chain)[0]]
    checkTimestamp(read, leaf, asked.at)
    const key = readAs('certificateAlgorithm', 'its key', () =>
      publicKeyOf(leaf.publicKey, 'P-384'),
    )
    demand(
      isSignedByPoint(key, 'sha384', signedBytes(sign1), sign1.signature),
      'signature',
      'it is not signed by the key of its certificate',
    )
    const { root } = checkChain(chain, profile, asked)
    for (const index of measuredPcrs) {
      demand(!isZero(read.pcrs.get(index)!), 'debugMode', `its PCR${index} is zero`, {
        raise: 'Run the enclave without --debug-mode.',
      })
    }
    return reportOf(bytes, read, root, asked.at)
  })
}

/** A document is made as it is asked for, by a certificate of three hours. */
function checkTimestamp(
  { timestamp }: NitroDocument,
  { notBefore, notAfter }: { notBefore: number; notAfter: number },
  at: number,
): void {
  const seconds = Math.floor(timestamp / 1000)
  demand(seconds <= at + clockTolerance, 'timestamp', 'it was made after it was judged')
  demand(
    notBefore <= seconds && seconds <= notAfter,
    'timestamp',
    `it was made while its certificate was not valid, which is from ${shownTime(notBefore)} to ${shownTime(notAfter)}`,
  )
}

function reportOf(bytes: Uint8Array, read: NitroDocument, root: Hex, at: number): NitroReport {
  const { moduleId, timestamp, pcrs, publicKey, userData, nonce } = read
  return {
    kind: 'nitro',
    at,
    documentDigest: sha256Hex(bytes),
    root,
    measurement: sha256Hex(Buffer.concat(measuredPcrs.map((index) => pcrs.get(index)!))),
    rules: rulesOf(nitroRules),
    notCovered: neverCovered,
    moduleId,
    timestamp,
    pcrs: Object.fromEntries([...pcrs].map(([index, pcr]) => [index, hexOf(pcr)])),
    ...(publicKey && { publicKey: hexOf(publicKey) }),
    ...(userData && { userData: hexOf(userData) }),
    ...(nonce && { nonce: hexOf(nonce) }),
  }
}
