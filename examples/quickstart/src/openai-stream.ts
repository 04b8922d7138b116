import type { GenerationEvent } from './language-model.ts'
import { toOpenAiError } from './openai-errors.ts'
import { usageOf, type AnswerWriter } from './openai-format.ts'

/** The objects of a streamed answer, one per token and two or three for its ends. */
async function* chunks(
  events: AsyncIterable<GenerationEvent>,
  writer: AnswerWriter,
  includeUsage: boolean,
): AsyncGenerator<object, void> {
  // With usage asked for, every other chunk says that its own is not known yet.
  const notYet = includeUsage ? { usage: null } : {}
  yield { ...writer.text('', true), ...notYet }
  for await (const event of events) {
    if (event.text !== '') yield { ...writer.text(event.text, false), ...notYet }
    if (event.type === 'end') {
      yield { ...writer.finish(event.finishReason), ...notYet }
      if (includeUsage) yield writer.usage(usageOf(event.promptTokens, event.completionTokens))
    }
  }
}

/**
 * The body of a streamed answer as server-sent events. The next token is computed only when the
 * reader asks for it; when the reader goes away, `abort` is called.
 */
export function eventStream(
  events: AsyncIterable<GenerationEvent>,
  writer: AnswerWriter,
  includeUsage: boolean,
  abort: () => void,
): ReadableStream<Uint8Array> {
  const source = chunks(events, writer, includeUsage)
  const encoder = new TextEncoder()
  const line = (data: string) => encoder.encode(`data: ${data}\n\n`)
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await source.next()
        controller.enqueue(line(done ? '[DONE]' : JSON.stringify(value)))
        if (done) controller.close()
      } catch (error) {
        // The status is already sent, so the error can only travel inside the stream.
        controller.enqueue(line(JSON.stringify(toOpenAiError(error).body())))
        controller.close()
      }
    },
    async cancel() {
      // The abort ends a step that is under way; the return ends a generator that waits to be asked.
      abort()
      await source.return()
    },
  })
}
