import { createPublicKey, type KeyObject } from 'node:crypto'
import type { ChainRule } from '../../../attestation/src/judging/rules.ts'
import {
  authorityKeyId,
  basicConstraints,
  type CertificateSpec,
  noAuthority,
  signsCertificates,
  signsData,
  withExtension,
  withoutExtension,
} from './certificates.ts'
import { changing, judgedAt } from './chains.ts'
import { octets } from './der.ts'

/** A way to break a chain: the rule, what is done, and the chain with it done. */
export type BrokenChain = {
  rule: ChainRule
  what: string
  change: (specs: readonly CertificateSpec[]) => CertificateSpec[]
}

/** The element behind the length of the outermost sequence is there twice. */
const lengthened = (der: Buffer) =>
  // 30 82 xx xx becomes 30 83 00 xx xx: the same length, not in its shortest form.
  Buffer.concat([Buffer.of(0x30, 0x83, 0), der.subarray(2)])

/**
 * Chains that break one rule each, whatever the kind. Those of `root` are for whoever pins: they need no change of the chain.
 *
 * @param length - Of the chain, with the root.
 * @param other - Key that nobody in the chain holds, of the authorities' kind.
 */
export function brokenChains(length: number, other: KeyObject): BrokenChain[] {
  const last = length - 1
  const middle = length - 2
  const every = Array.from({ length }, (_, i) => i)
  const critical = { id: '1.2.3.4', critical: true, value: octets() }
  return [
    ...every.flatMap((i): BrokenChain[] => [
      {
        rule: 'certificateForm',
        what: `certificate ${i} is of version 1`,
        change: changing(i, () => ({ version: 1 })),
      },
      {
        rule: 'certificateForm',
        what: `certificate ${i} writes a length in a longer form`,
        change: changing(i, () => ({ afterSigning: lengthened })),
      },
      {
        rule: 'certificateForm',
        what: `certificate ${i} has a byte after its end`,
        change: changing(i, () => ({ afterSigning: (der) => Buffer.concat([der, Buffer.of(0)]) })),
      },
      {
        rule: 'certificateForm',
        what: `certificate ${i} has an extension twice`,
        change: changing(i, ({ extensions }) => ({
          extensions: [...extensions, extensions[0]!],
        })),
      },
      {
        rule: 'certificateAlgorithm',
        what: `certificate ${i} names another algorithm`,
        change: changing(i, () => ({ afterSigning: renamed })),
      },
      {
        rule: 'certificateExtensions',
        what: `certificate ${i} has a critical extension that is unknown`,
        change: changing(i, ({ extensions }) => ({ extensions: [...extensions, critical] })),
      },
      {
        rule: 'certificateValidity',
        what: `certificate ${i} has ended`,
        change: changing(i, () => ({ notAfter: judgedAt - 1 })),
      },
      {
        rule: 'certificateValidity',
        what: `certificate ${i} has not begun`,
        change: changing(i, () => ({ notBefore: judgedAt + 1 })),
      },
    ]),
    ...every.slice(0, -1).flatMap((i): BrokenChain[] => [
      {
        rule: 'certificateNames',
        what: `certificate ${i} names another issuer`,
        change: changing(i, () => ({ issuer: 'Somebody else' })),
      },
      {
        rule: 'certificateNames',
        what: `certificate ${i} names another key of its issuer`,
        change: changing(i, ({ extensions }) => ({
          extensions: withExtension(extensions, authorityKeyId(createPublicKey(other))),
        })),
      },
      {
        rule: 'certificateSignature',
        what: `certificate ${i} is signed by another key`,
        change: changing(i, () => ({ signer: other })),
      },
    ]),
    ...every.slice(1).flatMap((i): BrokenChain[] => [
      {
        rule: 'certificateAuthority',
        what: `certificate ${i} is no authority's`,
        change: changing(i, ({ extensions }) => ({
          extensions: withExtension(extensions, noAuthority),
        })),
      },
      {
        rule: 'certificateAuthority',
        what: `certificate ${i} does not say that it is an authority's`,
        change: changing(i, ({ extensions }) => ({
          extensions: withoutExtension(extensions, noAuthority.id),
        })),
      },
      {
        rule: 'certificateAuthority',
        what: `certificate ${i} says it, but lets it be passed over`,
        change: changing(i, ({ extensions }) => ({
          extensions: withExtension(extensions, { ...basicConstraints(i - 1), critical: false }),
        })),
      },
      {
        rule: 'keyUsage',
        what: `certificate ${i} lets its key sign data only`,
        change: changing(i, ({ extensions }) => ({
          extensions: withExtension(extensions, signsData),
        })),
      },
      {
        rule: 'keyUsage',
        what: `certificate ${i} leaves open what its key is for`,
        change: changing(i, ({ extensions }) => ({
          extensions: withoutExtension(extensions, signsData.id),
        })),
      },
    ]),
    {
      rule: 'certificateAuthority',
      what: 'an authority signs the document',
      change: changing(0, ({ extensions }) => ({
        extensions: withExtension(extensions, basicConstraints()),
      })),
    },
    {
      rule: 'keyUsage',
      what: 'the key of the document may sign certificates only',
      change: changing(0, ({ extensions }) => ({
        extensions: withExtension(extensions, signsCertificates),
      })),
    },
    ...(middle > 1
      ? [
          {
            rule: 'pathLength' as const,
            what: 'an authority has more authorities below it than it may',
            change: changing(middle, ({ extensions }) => ({
              extensions: withExtension(extensions, basicConstraints(middle - 2)),
            })),
          },
        ]
      : []),
    {
      rule: 'pathLength',
      what: 'the root has more authorities below it than it may',
      change: changing(last, ({ extensions }) => ({
        extensions: withExtension(extensions, basicConstraints(last - 2)),
      })),
    },
  ]
}

/** The last arc of the algorithm's identifiers, changed in both places: ECDSA or RSA-PSS with another hash. */
function renamed(der: Buffer): Buffer {
  const changed = Buffer.from(der)
  for (const known of ['2a8648ce3d0403', '0609608648016503040202']) {
    const pattern = Buffer.from(known, 'hex')
    const isEcdsa = known.startsWith('2a')
    for (let at = changed.indexOf(pattern); at >= 0; at = changed.indexOf(pattern, at + 1)) {
      const place = at + pattern.length - (isEcdsa ? 0 : 1)
      changed[place] = isEcdsa ? 4 : 1
    }
  }
  return changed
}
