import { callTypedData } from '@assay/sdk'
import { type AnySignedCall, parseStrictJson } from '@assay/sdk/relay'
import { getTypesForEIP712Domain, hashTypedData, type TypedDataDefinition } from 'viem'
import { InputError } from '../errors.ts'
import { defaultTimeout } from '../input/limits.ts'
import { readFileText } from '../input/read-text.ts'

/** What `eth_signTypedData_v4` takes: integers beyond 2^53 as digits. */
export type SigningRequest = {
  domain: Record<string, unknown>
  types: Record<string, unknown>
  primaryType: string
  message: Record<string, unknown>
}

const limits = { maxLength: 2 ** 20, maxDepth: 8, maxValues: 4_000 }

/** The request to sign a call elsewhere. */
export const signingRequestOf = (call: AnySignedCall): SigningRequest =>
  requestOf(callTypedData(call))

/** The request to sign typed data elsewhere. */
export function requestOf(typedData: TypedDataDefinition): SigningRequest {
  const { domain, types, primaryType, message } = typedData
  return JSON.parse(
    JSON.stringify(
      {
        types: { EIP712Domain: getTypesForEIP712Domain({ domain }), ...types },
        primaryType,
        domain,
        message,
      },
      (_, value) => (typeof value === 'bigint' ? String(value) : (value as unknown)),
    ),
  ) as SigningRequest
}

/** Reads a request that was printed before. @throws InputError */
export async function readSigningRequest(path: string): Promise<SigningRequest> {
  const text = await readFileText(path, limits.maxLength, defaultTimeout * 1000)
  const no = (problem: string) => new InputError(path, `is no request to sign: ${problem}`)
  const json = parseStrictJson(
    text,
    (place, problem) => no(`${place} ${problem}`.trim()) as never,
    limits,
  ) as Partial<SigningRequest> | null
  for (const member of ['domain', 'types', 'message'] as const) {
    const value = json?.[member]
    if (typeof value !== 'object' || Array.isArray(value)) throw no(`\`${member}\` is missing`)
  }
  if (typeof json?.primaryType !== 'string') throw no('`primaryType` is missing')
  return json as SigningRequest
}

/** An integer of a request's message. @throws InputError */
export function integerIn({ message }: SigningRequest, name: string, path: string): bigint {
  const value = message[name]
  if (/^[0-9]{1,78}$/.test(String(value))) return BigInt(value as string)
  throw new InputError(path, `is no request of this command: it has no \`${name}\``)
}

/** Whether two requests ask for the same signature. @throws InputError if the one that was read is malformed */
export function isSameRequest(call: AnySignedCall, read: SigningRequest, path: string): boolean {
  try {
    const digest = hashTypedData(read as unknown as TypedDataDefinition)
    return digest === hashTypedData(callTypedData(call))
  } catch (cause) {
    throw new InputError(path, 'is no request to sign', { cause })
  }
}
