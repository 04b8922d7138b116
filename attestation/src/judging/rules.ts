import type { AciRule } from '../aci/rules.ts'
import type { NitroRule } from '../nitro/rules.ts'
import type { SevSnpRule } from '../sev-snp/rules.ts'
import type { TdxRule } from '../tdx/rules.ts'

/** Kinds of environments whose documents can be verified here. */
export type AttestationKind = 'nitro' | 'tdx' | 'sev-snp'

/**
 * Rules for a chain of certificates, the same for every kind. A document that breaks one of them is refused by its name.
 */
export const chainRules = {
  certificateForm: 'Each certificate is DER of X.509 version 3, in its one encoding.',
  certificateAlgorithm: 'Each certificate is signed by the algorithm that its authority uses.',
  certificateExtensions:
    'No certificate has an extension twice, or a critical one that is unknown.',
  certificateNames: 'Each certificate names the next one as its issuer, and its key by its id.',
  certificateAuthority: 'Issuers are authorities, the key that signed is none.',
  pathLength: 'No authority has more authorities below it than it may have.',
  keyUsage: 'Authorities may sign certificates, the key that signed may sign.',
  certificateValidity: 'At the time of judging all certificates are valid.',
  certificateSignature: 'Each certificate is signed by the next one.',
  root: 'The last certificate is one of those that are pinned.',
} as const

/** A rule for chains of certificates. */
export type ChainRule = keyof typeof chainRules

/** A rule of any kind. */
export type AttestationRule =
  ChainRule | NitroRule | TdxRule | SevSnpRule | AciRule | EnvironmentRule

/** Rules that bind a document to what is registered. */
export const environmentRules = {
  registeredKind: 'The environment is registered as of the kind that the document is of.',
  registeredMeasurement: 'The registered measurement is that of the document.',
  registeredDocument: 'The registered digest is that of the archived document.',
  registeredKey:
    'The document holds the registered key, where its kind holds keys, or the keyset that it binds does.',
} as const

/** A rule that binds a document to what is registered. */
export type EnvironmentRule = keyof typeof environmentRules
