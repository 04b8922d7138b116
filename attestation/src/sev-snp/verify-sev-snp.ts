import type { Hex } from 'viem'
import { hexOf, isZero, same, sha256Hex } from '../judging/bytes.ts'
import { InvalidAttestationOptionsError } from '../judging/errors.ts'
import { demand, judged, readAs } from '../judging/judge.ts'
import { type AttestationOptions, documentBytes, readOptions } from '../judging/options.ts'
import { type AttestationReport, neverCovered, rulesOf } from '../judging/report.ts'
import { isSignedByPoint, publicKeyOf } from '../x509/algorithms.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type ChainProfile, checkChain, readChain } from '../x509/chain.ts'
import { checkRevocations } from '../x509/revocations.ts'
import { type Endorsement, readEndorsement } from './endorsement.ts'
import { amdRoots } from './pins.ts'
import {
  chipIdBytes,
  productNamed,
  productOf,
  readTcb,
  type SnpProduct,
  type SnpTcb,
  tcbNames,
} from './products.ts'
import { type SevSnpRule, sevSnpRules } from './rules.ts'
import { readSnpReport, type SigningKey, type SnpReport } from './snp-report.ts'

/** What comes with a report, as AMD's Key Distribution Service gives it. */
export type SevSnpCollateral = {
  /** DER: of the key that signed the report (VCEK or VLEK), of AMD's signing key (ASK or ASVK), of the root (ARK). */
  certificates: readonly Uint8Array[]
  /** DER: AMD's list of revoked signing keys, if it was archived. */
  revocationList?: Uint8Array
}

/** What a report is verified with. */
export type SevSnpOptions = AttestationOptions & {
  collateral: SevSnpCollateral
  /** Privilege level at which the report must have been asked for, 0 to 3. Default: 0, the highest. */
  vmpl?: number
}

/** What a verified attestation report of an SEV-SNP guest shows. */
export type SevSnpReport = AttestationReport<'sev-snp', SevSnpRule> & {
  version: number
  product: SnpProduct
  signingKey: SigningKey
  /** The cloud provider whose key signed, where it is not the chip's. */
  provider?: string
  /** Of the guest at its launch, 48 bytes. */
  launchMeasurement: Hex
  /** What the guest had put in, 64 bytes; it is the guest's word. */
  reportData: Hex
  /** What the host had put in at the launch, 32 bytes; it is the host's word. */
  hostData: Hex
  /** SHA-384 of the keys that signed the launch; zero or absent if none did. */
  idKeyDigest: Hex
  authorKeyDigest?: Hex
  guestSvn: number
  /** Bits as AMD numbers them. */
  policy: bigint
  platformInfo: bigint
  vmpl: number
  chipId: Hex
  /** Versions that the key is for. AMD publishes no judgement of them: compare them with what you ask for. */
  tcb: SnpTcb
}

const profile: ChainProfile = {
  name: 'AMD',
  algorithm: 'rsa-pss-sha384',
  authorityKey: 'RSA-4096',
  minLength: 3,
  maxLength: 3,
  leafUsage: 'may be open',
}
const unlistedRevocations =
  'Whether AMD revoked its signing key: no list of revocations came with the report.'

/**
 * Verifies an attestation report of an AMD SEV-SNP guest.
 *
 * @param document - The report, 1,184 bytes.
 * @throws AttestationRefusedError by the name of the rule that it breaks.
 * @throws InvalidAttestationOptionsError
 */
export function verifySevSnp(document: Uint8Array, options: SevSnpOptions): SevSnpReport {
  const asked = readOptions(options, amdRoots)
  const { vmpl = 0 } = options
  if (![0, 1, 2, 3].includes(vmpl)) {
    throw new InvalidAttestationOptionsError('vmpl', 'must be 0, 1, 2 or 3')
  }
  const bytes = documentBytes(document)
  return judged('sev-snp', () => {
    const read = readSnpReport(bytes)
    const { certificates, revocationList } = readCollateral(options.collateral)
    const chain = readChain(certificates, profile)
    const [leaf, signer, root] = chain as [Certificate, Certificate, Certificate]
    const endorsement = readEndorsement(leaf)
    checkProduct(read, endorsement, root)
    const tcb = checkTcb(read, endorsement)
    checkSigningKey(read, endorsement)
    const key = readAs('certificateAlgorithm', 'its key', () =>
      publicKeyOf(leaf.publicKey, 'P-384'),
    )
    const checked = checkChain(chain, profile, asked)
    demand(
      isSignedByPoint(key, 'sha384', read.signed, read.signature),
      'signature',
      'it is not signed by the key of its certificate',
    )
    if (revocationList) {
      const authority = { name: 'AMD', issuer: root, key: checked.authorityKeys[1]! } as const
      const isRevoked = checkRevocations(revocationList, {
        ...authority,
        algorithm: profile.algorithm,
        at: asked.at,
      })
      demand(!isRevoked(signer), 'revoked', 'AMD revoked the key that signed its certificate')
    }
    checkPolicy(read, vmpl)
    const isListed = revocationList !== undefined
    const open = isListed ? neverCovered : [...neverCovered, unlistedRevocations]
    return {
      kind: 'sev-snp',
      at: asked.at,
      documentDigest: sha256Hex(bytes),
      root: checked.root,
      rules: rulesOf(
        sevSnpRules,
        (rule) => isListed || (rule !== 'revocationList' && rule !== 'revoked'),
      ),
      notCovered: open,
      product: endorsement.product,
      ...(endorsement.provider !== undefined && { provider: endorsement.provider }),
      tcb,
      ...shown(read),
    }
  })
}

function readCollateral(collateral: SevSnpCollateral | undefined): SevSnpCollateral {
  const certificates = collateral?.certificates
  const list = collateral?.revocationList
  demand(
    Array.isArray(certificates) &&
      certificates.length === 3 &&
      certificates.every((der) => der instanceof Uint8Array) &&
      (list === undefined || list instanceof Uint8Array),
    'collateral',
    'three certificates did not come with it: of its key, of the signing key, of the root',
  )
  return collateral as SevSnpCollateral
}

function checkProduct(read: SnpReport, { product }: Endorsement, root: Certificate): void {
  const ofRoot = productNamed(root.commonName.replace(/^ARK-/, ''))
  const ofReport = read.processor ? productOf(read.processor) : product
  demand(
    ofRoot === product && ofReport === product,
    'product',
    `its processor is ${ofReport}, its certificate for ${product}, its root for ${root.commonName}`,
  )
}

function checkTcb(read: SnpReport, { product, tcb }: Endorsement): SnpTcb {
  const reported = readTcb(read.reportedTcb, product)
  const current = readTcb(read.currentTcb, product)
  for (const name of tcbNames(product)) {
    const [ofReport, ofKey, running] = [reported[name], tcb[name], current[name]]
    demand(ofReport === ofKey, 'tcb', `it reports ${name} ${ofReport}, its key is for ${ofKey}`)
    demand(ofReport! <= running!, 'tcb', `it reports ${name} ${ofReport}, and ${running} runs`)
  }
  return reported
}

/** The chip's own key names the chip; a provider's key serves all of its chips. */
function checkSigningKey(read: SnpReport, { product, hardwareId, provider }: Endorsement): void {
  if (read.signingKey === 'vlek') {
    demand(provider !== undefined, 'signingKey', 'its certificate is of no VLEK')
    demand(hardwareId === undefined, 'chipId', 'its certificate names a chip')
    return
  }
  demand(provider === undefined, 'signingKey', 'its certificate is of no VCEK')
  const used = chipIdBytes[product]
  demand(
    hardwareId?.length === used &&
      same(hardwareId, read.chipId.subarray(0, used)) &&
      isZero(read.chipId.subarray(used)),
    'chipId',
    'its certificate names another chip',
  )
}

function checkPolicy({ policy, vmpl }: SnpReport, asked: number): void {
  demand((policy & (1n << 19n)) === 0n, 'debugMode', 'its policy lets the guest be debugged')
  demand((policy & (1n << 18n)) === 0n, 'migration', 'its policy lets an agent migrate the guest')
  demand(vmpl === asked, 'vmpl', `it was asked for at VMPL ${vmpl}, not ${asked}`)
}

function shown(read: SnpReport) {
  const { version, signingKey, guestSvn, policy, platformInfo, vmpl, authorKeyDigest } = read
  return {
    measurement: sha256Hex(read.measurement),
    launchMeasurement: hexOf(read.measurement),
    reportData: hexOf(read.reportData),
    hostData: hexOf(read.hostData),
    idKeyDigest: hexOf(read.idKeyDigest),
    ...(authorKeyDigest && { authorKeyDigest: hexOf(authorKeyDigest) }),
    chipId: hexOf(read.chipId),
    version,
    signingKey,
    guestSvn,
    policy,
    platformInfo,
    vmpl,
  }
}
