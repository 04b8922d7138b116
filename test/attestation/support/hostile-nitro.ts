import { verifyNitro } from '@assay/attestation/nitro'
import type { Random } from '../../contracts/support/random.ts'
import { judgedAt } from './chains.ts'
import type { HostileCase } from './hostile-run.ts'
import { mutate } from './mutations.ts'
import { createNitroAuthority, writeOpen } from './nitro-authority.ts'

/** Makes documents that are changed somewhere, and documents with a changed certificate that are signed anew. */
export function hostileNitro(): (random: Random) => HostileCase {
  const authority = createNitroAuthority()
  const documents = [authority.documentOf(), authority.documentOf({ write: writeOpen })]
  return (random) => {
    const { document, pin } = random.chance(0.5) ? random.pick(documents) : resigned(random)
    const changed = documents.some((it) => it.document === document)
      ? mutate(document, random)
      : document
    return {
      what: changed.toString('base64'),
      verify: () => verifyNitro(changed, { at: judgedAt, pins: [pin] }),
    }
  }

  function resigned(random: Random) {
    const place = random.below(5)
    const { document } = authority.documentOf({
      ders: (ders) => ders.map((der, i) => (i === place ? mutate(der, random) : der)),
    })
    return { document, pin: documents[0]!.pin }
  }
}
