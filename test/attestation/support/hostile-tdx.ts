import { type TdxCollateral, verifyTdx } from '@assay/attestation/tdx'
import type { Hex } from 'viem'
import type { Random } from '../../contracts/support/random.ts'
import { judgedAt } from './chains.ts'
import type { HostileCase, HostileKind } from './hostile-run.ts'
import { mutate } from './mutations.ts'
import { createTdxAuthority, pemOf } from './tdx-authority.ts'

/** The certificates of a PEM text, one of them changed and written again. */
function changeCertificate(text: string, random: Random): string {
  const ders = text
    .split('-----BEGIN CERTIFICATE-----')
    .slice(1)
    .map((part) => Buffer.from(part.slice(0, part.indexOf('-----END')), 'base64'))
  const place = random.below(ders.length)
  return pemOf(ders.map((der, i) => (i === place ? mutate(der, random) : der)))
}

const changeText = (text: string, random: Random) =>
  mutate(Buffer.from(text, 'latin1'), random).toString('latin1')

/** Makes cases of a quote, a certificate, a text of Intel or a list of revocations that is changed somewhere. */
export function hostileTdx(): HostileKind {
  const authority = createTdxAuthority()
  const goods = [
    authority.documentOf(),
    authority.documentOf({ version: 5 }),
    authority.documentOf({ version: 5, report15: false }),
  ]
  const caseOf = (quote: Buffer, collateral: TdxCollateral, pin: Hex) => ({
    what: `${quote.toString('base64')} ${JSON.stringify(collateral)}`,
    verify: () => verifyTdx(quote, { at: judgedAt, pins: [pin], collateral }),
  })
  return {
    goods: goods.map(({ document, collateral, pin }) => caseOf(document, collateral, pin)),
    next,
  }

  function next(random: Random): HostileCase {
    const { document, collateral, pin } = random.pick(goods)
    const { tcbInfo, qeIdentity, rootList, platformList } = collateral
    const bytes = (value: Uint8Array) => mutate(Buffer.from(value), random)
    const signed = (value: typeof tcbInfo) =>
      random.pick([
        () => ({ ...value, text: changeText(value.text, random) }),
        () => ({ ...value, signature: bytes(value.signature) }),
        () => ({ ...value, issuerChain: changeText(value.issuerChain, random) }),
        () => ({ ...value, issuerChain: changeCertificate(value.issuerChain, random) }),
      ])()
    // A certificate inside the quote is changed as such; the signature of the quote is not over it.
    const withCertificate = () =>
      authority.documentOf({ pem: (text) => `${changeCertificate(text, random)}\0` }).document
    const [quote, change] = random.pick([
      () => [bytes(document), {}] as const,
      () => [bytes(document), {}] as const,
      () => [withCertificate(), {}] as const,
      () => [document, { tcbInfo: signed(tcbInfo) }] as const,
      () => [document, { qeIdentity: signed(qeIdentity) }] as const,
      () => [document, { rootList: bytes(rootList) }] as const,
      () => [document, { platformList: bytes(platformList) }] as const,
    ])()
    return caseOf(quote, { ...collateral, ...change }, pin)
  }
}
