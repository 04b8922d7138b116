import { verifySevSnp } from '@assay/attestation/sev-snp'
import type { Random } from '../../contracts/support/random.ts'
import { judgedAt } from './chains.ts'
import type { HostileCase } from './hostile-run.ts'
import { mutate } from './mutations.ts'
import { createSnpAuthority } from './snp-authority.ts'

/** Makes cases of a report, a certificate or a list of revocations that is changed somewhere. */
export function hostileSnp(): (random: Random) => HostileCase {
  const authority = createSnpAuthority()
  const goods = (['Milan', 'Genoa', 'Turin'] as const).flatMap((product) => [
    authority.documentOf({ product, list: {} }),
    authority.documentOf({ product, provider: 'example', list: {} }),
  ])
  return (random) => {
    const good = random.pick(goods)
    const { document, collateral } = good
    const place = random.below(5)
    const change = (bytes: Uint8Array, at: number) =>
      at === place ? mutate(Buffer.from(bytes), random) : bytes
    const changed = change(document, 4)
    const changedCollateral = {
      certificates: collateral.certificates.map(change),
      revocationList: change(collateral.revocationList!, 3),
    }
    return {
      what: [changed, ...changedCollateral.certificates, changedCollateral.revocationList]
        .map((bytes) => Buffer.from(bytes).toString('base64'))
        .join(' '),
      verify: () =>
        verifySevSnp(changed, { at: judgedAt, pins: [good.pin], collateral: changedCollateral }),
    }
  }
}
