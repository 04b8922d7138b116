import { isAddress } from 'viem'
import { InvalidPolicyError } from '../errors/input.ts'
import { parseStrict } from '../formats/parse-strict.ts'
import {
  eitherOf,
  hexOf,
  integer,
  listOf,
  objectOf,
  oneOf,
  recordOf,
  type Refuse,
  type Shape,
  text,
} from '../formats/shape.ts'
import { subjectKinds } from '../formats/verdict.ts'
import { policySchema, type VerificationPolicy } from './policy.ts'
import { checkNames } from './report.ts'

/** Some of what a person lists by hand. */
const maxItems = 1_000
const maxSeconds = 100 * 366 * 86_400

const account: Shape = (value, path, refuse) => {
  if (typeof value !== 'string' || !isAddress(value)) {
    throw refuse(path, 'must be an address; with capital letters, by its checksum (EIP-55)')
  }
}
const url: Shape = (value, path, refuse) => {
  const fits = typeof value === 'string' && value.length <= 2048 && URL.canParse(value)
  if (!fits || !/^https?:$/.test(new URL(value).protocol)) {
    throw refuse(path, 'must be the URL of an endpoint, by http or https')
  }
}
const seconds = integer(1, maxSeconds)
const accounts = listOf(account, maxItems)
const digests = listOf(hexOf(32), maxItems)

const chainShape = objectOf(
  {
    inferenceLog: account,
    modelRegistry: account,
    environmentRegistry: account,
    verdictRegistry: account,
  },
  {
    startBlock: integer(0),
    rpcs: listOf(url, 16, 1),
    finality: eitherOf(oneOf('finalized'), objectOf({ confirmations: integer(1, 1_000_000) })),
  },
)

/** The strict form of a policy; sdk/schema/policy-v1.json says the same as JSON Schema. */
const policyShape = objectOf(
  {
    schema: oneOf(policySchema),
    chains: recordOf(/^[1-9][0-9]{0,15}$/, chainShape, maxItems),
    // A policy that requires nothing would call everything verified that nothing refutes.
    require: listOf(oneOf(...checkNames), checkNames.length, 1),
  },
  {
    publishers: accounts,
    auditors: listOf(
      objectOf(
        {
          account,
          subjects: listOf(oneOf(...Object.keys(subjectKinds)), 3, 1),
          tags: listOf(text(256), maxItems, 1),
          minScore: integer(1, 100),
        },
        { maxAgeSeconds: seconds },
      ),
      maxItems,
    ),
    environments: objectOf(
      {},
      {
        registrants: accounts,
        kinds: listOf(text(32), maxItems),
        measurements: digests,
        verifiers: accounts,
        attestationRoots: digests,
        maxAgeSeconds: seconds,
      },
    ),
    maxAgeSeconds: seconds,
  },
)

/**
 * Reads a policy and refuses what is not one to the letter, so that nothing is judged by half of it.
 *
 * @param policy - JSON text, or the value it stands for; not trusted.
 * @returns The policy, addresses in lower case.
 * @throws InvalidPolicyError that names the place and what is wrong there.
 */
export function parsePolicy(policy: unknown): VerificationPolicy {
  const refuse: Refuse = (...problem) => new InvalidPolicyError(...problem)
  const parsed = parseStrict(policy, policyShape, refuse) as VerificationPolicy
  const { auditors, ...rest } = withLowerCaseAddresses(parsed) as VerificationPolicy
  // Tags are words, whatever they look like.
  const spoken = auditors?.map((it, i) => ({ ...it, tags: parsed.auditors?.[i]?.tags ?? [] }))
  return { ...rest, ...(spoken && { auditors: spoken }) }
}

function withLowerCaseAddresses(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, item: unknown) =>
    typeof item === 'string' && isAddress(item, { strict: false }) ? item.toLowerCase() : item,
  )
}
