import { parseJson } from './answer-facts.ts'
import type { RequestFacts } from './request-body.ts'

/**
 * Model and messages of a request's body: the members of `messages` (OpenAI's chat completions, Anthropic's messages), or of `input`
 * (OpenAI's responses), where all of them are objects. An `input` of texts, as embeddings have it, is no chat.
 */
export function messagesIn(text: string): Pick<RequestFacts, 'model' | 'messages'> {
  const body = text === '' ? undefined : parseJson(text)
  const messages = [body?.messages, body?.input].find(isChat)
  return {
    ...(typeof body?.model === 'string' ? { model: body.model } : {}),
    ...(messages ? { messages } : {}),
  }
}

function isChat(value: unknown): value is object[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
  )
}
