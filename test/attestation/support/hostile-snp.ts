import { verifySevSnp } from '@assay/attestation/sev-snp'
import { judgedAt } from './chains.ts'
import type { HostileKind } from './hostile-run.ts'
import { mutate } from './mutations.ts'
import { createSnpAuthority } from './snp-authority.ts'

/** Makes cases of a report, a certificate or a list of revocations that is changed somewhere. */
export function hostileSnp(): HostileKind {
  const authority = createSnpAuthority()
  const goods = (['Milan', 'Genoa', 'Turin'] as const).flatMap((product) => [
    authority.documentOf({ product, list: {} }),
    authority.documentOf({ product, provider: 'example', list: {} }),
  ])
  const caseOf = ({ document, collateral, pin }: (typeof goods)[number]) => ({
    what: [document, ...collateral.certificates, collateral.revocationList!]
      .map((bytes) => Buffer.from(bytes).toString('base64'))
      .join(' '),
    verify: () => verifySevSnp(document, { at: judgedAt, pins: [pin], collateral }),
  })
  return {
    goods: goods.map(caseOf),
    next(random) {
      const { document, collateral, pin } = random.pick(goods)
      const place = random.below(5)
      const change = (bytes: Uint8Array, at: number) =>
        at === place ? mutate(Buffer.from(bytes), random) : Buffer.from(bytes)
      return caseOf({
        document: change(document, 4),
        pin,
        collateral: {
          certificates: collateral.certificates.map(change),
          revocationList: change(collateral.revocationList!, 3),
        },
      })
    },
  }
}
