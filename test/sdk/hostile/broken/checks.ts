/** A check of the verifier, and what takes its place when it is taken out. */
export type BrokenCheck = {
  name: string
  /** Of the SDK's source. */
  file: string
  /** What stands there, once. */
  text: string
  instead: string
  /** Which cases it concerns: every `step`-th from `first` on. Default: all. */
  cases?: { first: number; step: number }
}

/** What `run.ts` makes bundles of, and proofs of equivocation. */
const bundles = { first: 7, step: 20 }
const equivocations = { first: 13, step: 20 }

/** Verifiers of which each lacks one check: what judges hostile receipts has to find every one of them. */
export const brokenChecks: readonly BrokenCheck[] = [
  {
    name: 'fields need not be those of the commitment',
    file: 'verify/checks/record.ts',
    text: 'if (fieldLeafHashOf(name, salt, value) !== leafHashes[place])',
    instead: 'if (false)',
  },
  {
    name: 'who signed makes no difference',
    file: 'verify/signer.ts',
    text: "if (address === sessionKey) return 'sessionKey'",
    instead: "return 'sessionKey'",
  },
  {
    name: 'a signature has a twin (EIP-2)',
    file: 'verify/recover-address.ts',
    text: 's > n / 2n',
    instead: 's >= n',
  },
  {
    name: 'an environment may be named by any key',
    file: 'verify/checks/own-key.ts',
    text: "if (signer === 'sessionKey' && keyAddressOf(environment) === place.sessionKey) return 'batch'",
    instead: "return 'batch'",
  },
  {
    name: 'hints hold',
    file: 'verify/checks/hints.ts',
    text: 'return event && (uri === undefined || event.uri === uri)',
    instead: 'return true',
  },
  {
    name: 'messages need not be those that were committed to',
    file: 'verify/checks/messages.ts',
    text: 'if (bytesToHex(leafHash) !== leafHashes[Number(index)])',
    instead: 'if (false)',
  },
  {
    name: 'a member may be named twice',
    file: 'formats/strict-json.ts',
    text: 'if (countMembers(value) !== names)',
    instead: 'if (false)',
  },
  {
    name: 'of a bundle only the first batch counts',
    file: 'verify/verify-bundle.ts',
    text: 'if (last?.of !== batch) last =',
    instead: 'last ??=',
    cases: bundles,
  },
  {
    name: 'what a key is said to have stated need not be in its batch',
    file: 'verify/statement.ts',
    text: "if (!isIncluded) return { fault: 'notIncluded' }",
    instead: '',
    cases: equivocations,
  },
]
