import { isInferenceRequest } from '@assay/sdk'
import { expect, test } from 'vitest'

const isInference = (path: string, method = 'POST') =>
  isInferenceRequest({ method, url: new URL(path, 'https://api.example.com') })

test('default: what stands for an inference', () => {
  for (const path of [
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/responses',
    '/v1/messages?beta=true',
    '/openai/deployments/m/chat/completions?api-version=1',
    '/v1/embeddings',
    '/v1/images/generations',
    '/v1/audio/transcriptions',
    '/v1beta/models/m:streamGenerateContent?alt=sse',
    '/v1beta/models/m:batchEmbedContents',
  ]) {
    expect(isInference(path), path).toBe(true)
    expect(isInference(path, 'GET'), path).toBe(false)
  }
})

test('default: what does not', () => {
  for (const path of [
    '/v1/models',
    '/v1/files',
    '/v1/messages/count_tokens',
    '/v1/messages/batches',
    '/v1/threads/thread_1/messages',
    '/v1/responses/resp_1/cancel',
    '/v1/uploads/u/complete',
  ]) {
    expect(isInference(path), path).toBe(false)
  }
})
