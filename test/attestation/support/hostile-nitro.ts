import { verifyNitro } from '@assay/attestation/nitro'
import type { Random } from '../../contracts/support/random.ts'
import { judgedAt } from './chains.ts'
import type { HostileKind } from './hostile-run.ts'
import { mutate } from './mutations.ts'
import { createNitroAuthority, writeOpen } from './nitro-authority.ts'

/** Makes documents that are changed somewhere, and documents with a changed certificate that are signed anew. */
export function hostileNitro(): HostileKind {
  const authority = createNitroAuthority()
  const documents = [authority.documentOf(), authority.documentOf({ write: writeOpen })]
  const caseOf = ({ document, pin }: (typeof documents)[number]) => ({
    what: document.toString('base64'),
    verify: () => verifyNitro(document, { at: judgedAt, pins: [pin] }),
  })
  return {
    goods: documents.map(caseOf),
    next: (random) => caseOf(random.chance(0.5) ? changed(random) : resigned(random)),
  }

  function changed(random: Random) {
    const { document, pin } = random.pick(documents)
    return { document: mutate(document, random), pin }
  }

  function resigned(random: Random) {
    const place = random.below(5)
    const { document } = authority.documentOf({
      ders: (ders) => ders.map((der, i) => (i === place ? mutate(der, random) : der)),
    })
    return { document, pin: documents[0]!.pin }
  }
}
