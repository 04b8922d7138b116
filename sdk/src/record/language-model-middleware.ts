import type { Recorder } from './recorder-type.ts'
import { within } from './within.ts'

export type AssayMiddlewareOptions = {
  /** How long an answer may wait for its inference to be written to the journal, in ms; beyond, it goes without. Default: 100. */
  maxWaitMillis?: number | undefined
}

/** What a provider says beside an answer; `assay` is ours. */
type Metadata = Record<string, Record<string, unknown>>
type Generated = { providerMetadata?: Metadata | undefined }
type Part = { type: string; providerMetadata?: Metadata | undefined }

/**
 * A middleware for the AI SDK's `wrapLanguageModel`: ties what `recorder.fetch` records inside of a call to that call, and adds
 * `providerMetadata.assay.inferenceId` to its result, of a stream to its `finish` part. The model's provider has to be made with
 * `recorder.fetch`. What is not recorded in time, and a call of several requests, goes without the id.
 *
 * @example
 * const openai = createOpenAI({ fetch: recorder.fetch })
 * const model = wrapLanguageModel({ model: openai('gpt-5'), middleware: assayMiddleware(recorder) })
 */
export function assayMiddleware(
  recorder: Recorder,
  { maxWaitMillis = 100 }: AssayMiddlewareOptions = {},
) {
  const scope = async <R>(run: () => PromiseLike<R>) => {
    const { value, inferences } = await recorder.capture(run)
    const metadata = async (given: Metadata | undefined): Promise<Metadata | undefined> => {
      try {
        const [only, ...others] = await within(
          maxWaitMillis,
          inferences({ timeoutMillis: maxWaitMillis }),
        )
        if (!only || others.length > 0) return given
        return { ...given, assay: { inferenceId: only.inferenceId } }
      } catch {
        // An answer without its id is better than none.
        return given
      }
    }
    return { value, metadata }
  }
  /** Without a way to follow a call there is nothing to add. */
  const canScope = recorder.enabled && recorder.canCapture

  return {
    specificationVersion: 'v4' as const,
    async wrapGenerate<R extends object>({ doGenerate }: { doGenerate: () => PromiseLike<R> }) {
      if (!canScope) return doGenerate()
      const { value, metadata } = await scope(doGenerate)
      const providerMetadata = await metadata((value as Generated).providerMetadata)
      return providerMetadata ? { ...value, providerMetadata } : value
    },
    async wrapStream<P extends { type: string }, R extends { stream: ReadableStream<P> }>({
      doStream,
    }: {
      doStream: () => PromiseLike<R>
    }) {
      if (!canScope) return doStream()
      const { value, metadata } = await scope(doStream)
      const stream = mapParts<P>(value.stream, async (part) => {
        if (part.type !== 'finish') return part
        const providerMetadata = await metadata((part as Part).providerMetadata)
        return providerMetadata ? { ...part, providerMetadata } : part
      })
      return { ...value, stream }
    },
  }
}

/** The same parts, one changed here and there; nothing is read ahead of the reader. */
function mapParts<P>(
  stream: ReadableStream<P>,
  map: (part: P) => P | Promise<P>,
): ReadableStream<P> {
  const reader = stream.getReader()
  return new ReadableStream<P>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(await map(value))
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
