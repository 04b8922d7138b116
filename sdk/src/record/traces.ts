import type { Hex } from 'viem'
import { type InferenceReceipt, receiptSchema } from '../formats/receipt.ts'
import { type ProviderIds, requestIdIn } from './lookup.ts'

/** An inference by its id, and by its place where that is known. */
export type NamedInference = { inferenceId: Hex; sequence?: bigint | undefined }

/** What leads from something that an application holds to its inference. */
export type Traces = {
  named: readonly NamedInference[]
  objects: readonly object[]
  ids: readonly ProviderIds[]
}

const nothing: Traces = { named: [], objects: [], ids: [] }

/** Traces that can be seen at once: of a response, an answer, a stream, what `record` gave, a receipt, an id. */
export function tracesOf(of: unknown): Traces {
  if (typeof of === 'string') {
    const ids = [{ response: of }, { request: of }]
    return { ...nothing, named: isInferenceId(of) ? [{ inferenceId: of }] : [], ids }
  }
  if (!isObject(of)) return nothing
  const signal = member(member(of, 'controller'), 'signal')
  const request =
    text(member(of, '_request_id')) ?? (isPlain(of) ? undefined : text(member(of, 'request_id')))
  return {
    named: isOurs(of) ? namedBy(of) : [],
    objects: [of, signal, member(of, 'response')].filter(isObject),
    // Of the events of OpenAI's responses some hold the answer, whose id is read there when it passes, too.
    ids: [
      { response: text(member(of, 'id')), request },
      { response: text(member(member(of, 'response'), 'id')) },
    ],
  }
}

/**
 * Traces of a result of the AI SDK, all of which are of a class; what is not may be a provider's words. The members of `streamText`'s are promises: asking for them reads the stream to its end, as
 * any use of them does.
 *
 * @returns Undefined if the result stands for several calls.
 */
export async function tracesOfResult(of: unknown): Promise<Traces | undefined> {
  if (!isObject(of)) return nothing
  const found: Traces[] = []
  for (const name of ['steps', 'responses']) {
    const calls = await settled(member(of, name))
    if (!Array.isArray(calls)) continue
    if (calls.length > 1) return undefined
    if (name === 'responses') found.push(tracesOfResponse(calls[0]))
  }
  if (isPlain(of)) return nothing
  found.push(tracesOfMetadata(await settled(member(of, 'providerMetadata'))))
  found.push(tracesOfResponse(await settled(member(of, 'response'))))
  return join(found)
}

function tracesOfMetadata(metadata: unknown): Traces {
  return { ...nothing, named: namedBy(member(metadata, 'assay')) }
}

/** Whether it has no class, as what a JSON text says: its provider may have named in it whatever it likes. */
function isPlain(of: object): boolean {
  const prototype = Object.getPrototypeOf(of) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Whether it is what `record` gave, or a receipt. An answer may say of itself what its provider likes. */
function isOurs(of: object): boolean {
  const names: readonly string[] = member(of, 'schema') === receiptSchema ? ofReceipts : ofRecorded
  return Object.keys(of).every((name) => names.includes(name))
}
const ofRecorded = ['inferenceId', 'sequence']
const ofReceipts: (keyof InferenceReceipt)[] = [
  ...(['schema', 'inferenceId', 'log', 'inference', 'fields', 'messages', 'batch'] as const),
  'hints',
]

/** Of what `record` gave, a receipt, the middleware's data. */
function namedBy(of: unknown): NamedInference[] {
  const [inferenceId, sequence] = [member(of, 'inferenceId'), member(of, 'sequence')]
  if (!isInferenceId(inferenceId)) return []
  return [{ inferenceId, sequence: typeof sequence === 'bigint' ? sequence : undefined }]
}

function tracesOfResponse(response: unknown): Traces {
  const headers = member(response, 'headers')
  try {
    const request =
      headers instanceof Headers
        ? requestIdIn(headers)
        : isObject(headers)
          ? requestIdIn(new Headers(headers as Record<string, string>))
          : undefined
    return { ...nothing, ids: [{ response: text(member(response, 'id')), request }] }
  } catch {
    // No headers of HTTP, though called so.
    return nothing
  }
}

function join(traces: readonly Traces[]): Traces {
  return {
    named: traces.flatMap((it) => it.named),
    objects: traces.flatMap((it) => it.objects),
    ids: traces.flatMap((it) => it.ids),
  }
}

/** A member of whatever it is; a getter of somebody else's object may throw. */
function member(of: unknown, name: string): unknown {
  try {
    return isObject(of) ? (of as Record<string, unknown>)[name] : undefined
  } catch {
    return undefined
  }
}

async function settled(value: unknown): Promise<unknown> {
  try {
    return await value
  } catch {
    // A call that failed: who waits for its result is told there.
    return undefined
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isInferenceId(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)
}
