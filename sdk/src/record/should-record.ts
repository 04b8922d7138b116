/** What is known of a request before it is sent. */
export type RequestInfo = { method: string; url: URL }

/**
 * Ends of paths that stand for an inference, of the APIs of OpenAI and those like it, Anthropic and Google: chat completions,
 * completions, responses, messages, embeddings, images, audio, generateContent. Lists of models, files, polls and the like are
 * no inference.
 */
const inferencePaths = [
  /\/completions$/,
  /\/responses$/,
  // A message of a thread is put down, not answered.
  /(?<!\/threads\/[^/]+)\/messages$/,
  /\/embeddings$/,
  /\/images\/(?:generations|edits|variations)$/,
  /\/audio\/(?:speech|transcriptions|translations)$/,
  /:(?:generateContent|streamGenerateContent|embedContent|batchEmbedContents)$/,
]

/** The default of `shouldRecord`: a POST whose path ends as an inference's does. */
export function isInferenceRequest({ method, url }: RequestInfo): boolean {
  return method === 'POST' && inferencePaths.some((path) => path.test(url.pathname))
}
