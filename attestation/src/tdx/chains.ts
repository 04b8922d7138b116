import type { KeyObject } from 'node:crypto'
import type { Hex } from 'viem'
import { same } from '../judging/bytes.ts'
import { demand } from '../judging/judge.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type ChainProfile, checkChain, readChain } from '../x509/chain.ts'
import { checkRevocations } from '../x509/revocations.ts'
import { certificatesOf, type TdxCollateral } from './collateral.ts'

const common = { algorithm: 'ecdsa-sha256', authorityKey: 'P-256', leafUsage: 'stated' } as const
const platformProfile: ChainProfile = { name: 'PCK', minLength: 3, maxLength: 3, ...common }
const signingProfile = (name: string): ChainProfile => ({
  name,
  minLength: 2,
  maxLength: 2,
  ...common,
})
const signerName = 'Intel SGX TCB Signing'

/** The certificates that signed, each of a chain that was checked. */
export type TdxSigners = {
  root: Hex
  platform: Certificate
  tcbInfo: Certificate
  qeIdentity: Certificate
}

/** Reads and checks the three chains, which end at one root, and that nothing in them is revoked. */
export function checkTdxChains(
  pem: Uint8Array,
  collateral: TdxCollateral,
  asked: { at: number; pins: readonly Hex[] },
): TdxSigners {
  const texts = [
    [pemInQuote(pem), platformProfile],
    [collateral.tcbInfo.issuerChain, signingProfile('TCB info')],
    [collateral.qeIdentity.issuerChain, signingProfile('QE identity')],
  ] as const
  const chains = texts.map(([text, profile]) =>
    readChain(certificatesOf(text, profile.name), profile),
  )
  const checked = chains.map((chain, i) => checkChain(chain, texts[i]![1], asked))
  const [platform, ...signing] = chains as [Certificate[], Certificate[], Certificate[]]
  const root = platform[2]!
  for (const [signer, last] of signing as unknown as [Certificate, Certificate][]) {
    demand(same(last.whole, root.whole), 'root', 'its collateral is of another root')
    const isSigner = signer.commonName === signerName
    demand(isSigner, 'certificateNames', `its collateral is signed by ${signer.commonName}`)
  }
  const [authorityKey, rootKey] = checked[0]!.authorityKeys as [KeyObject, KeyObject]
  const { algorithm } = common
  const authority = platform[1]!
  const by = { algorithm, at: asked.at }
  const isRevokedByRoot = checkRevocations(collateral.rootList, {
    ...by,
    name: 'the root',
    issuer: root,
    key: rootKey,
  })
  const isRevokedByAuthority = checkRevocations(collateral.platformList, {
    ...by,
    name: 'PCK',
    issuer: authority,
    key: authorityKey,
  })
  const isRevoked =
    [authority, ...signing.map(([signer]) => signer!)].some(isRevokedByRoot) ||
    isRevokedByAuthority(platform[0]!)
  demand(!isRevoked, 'revoked', 'Intel revoked one of its certificates')
  return {
    root: checked[0]!.root,
    platform: platform[0]!,
    tcbInfo: signing[0][0]!,
    qeIdentity: signing[1][0]!,
  }
}

/**
 * The text of the certificates in a quote. A zero byte follows it in some, as in a text of C, and in some the last line end is missing; not
 * both, so that no byte can be changed for another.
 */
export function pemInQuote(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1')
  if (text.endsWith('\n\0')) return text.slice(0, -1)
  return text.endsWith('-') ? `${text}\n` : text
}
