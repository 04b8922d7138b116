import { addressOf, integerOf, wordOf } from '../../src/api/answers.ts'
import { chainIdOf, filters, limitOf, statusOf } from '../../src/api/asked.ts'
import { eventPaths, eventSchemas } from '../events/openapi.ts'
import { address, integer, refTo, schemas, status, word } from './schemas.ts'

type Part = Readonly<Record<string, unknown>>

const chainId: Part = { type: 'integer', minimum: 1 }

/** How each reader of a parameter takes it. */
const schemaOf = new Map<unknown, Part>([
  [wordOf, word],
  [addressOf, address],
  [integerOf, integer],
  [statusOf, status],
  [chainIdOf, chainId],
  [limitOf, { type: 'integer', minimum: 1, maximum: 1_000, default: 100 }],
])

const meanings: Partial<Record<keyof typeof filters, string>> = {
  servedFrom: 'Unix milliseconds',
  servedBefore: 'Unix milliseconds',
  settledFrom: 'Unix seconds',
  settledBefore: 'Unix seconds',
  after: 'the `after` of the page before',
  status: "under the SDK's default policy",
}

const json = (description: string, schema: string): Part => ({
  description,
  content: { 'application/json': { schema: refTo(schema) } },
})
const bytes: Part = { 'application/octet-stream': {} }
const problem = (description: string) => json(description, 'Problem')

/** Whatever is asked, it may be refused. */
const refusals = {
  400: problem('What was asked is malformed, or may not be asked.'),
  429: problem('Too much at once, or in a minute; `Retry-After` tells when.'),
  503: problem('The indexer does not answer now; `Retry-After` tells when.'),
  504: problem('It took too long.'),
}
const unknown = { 404: problem('There is none.') }

const pathParameter = (name: string): Part => ({ name, in: 'path', required: true, schema: word })

const get = (operationId: string, summary: string, rest: Part): Part => ({
  get: { operationId, summary, ...rest },
})

const digest: Part = {
  ...{ name: 'digest', in: 'path', required: true },
  schema: { type: 'string', pattern: '^(0x)?[0-9a-fA-F]{64}$' },
}

/** Each path, as it is served. Others are put beside these where they are served. */
export const documentedPaths: Readonly<Record<string, Part>> = {
  '/inferences': get('listInferences', 'Inferences that fit, in the order of the chain.', {
    parameters: Object.entries(filters).map(([name, read]) => ({
      ...{ name, in: 'query', schema: schemaOf.get(read) ?? {} },
      ...(name in meanings ? { description: meanings[name as keyof typeof filters] } : {}),
    })),
    responses: { 200: json('A page of them.', 'InferenceList'), ...refusals },
  }),
  '/inferences/{id}': get('getInferenceState', 'An inference, with what follows of it.', {
    parameters: [pathParameter('id')],
    responses: { 200: json('Its state.', 'InferenceState'), ...unknown, ...refusals },
  }),
  '/inferences/{id}/proof': get('getInferenceProof', 'All of its receipt that is public.', {
    parameters: [pathParameter('id')],
    responses: {
      200: json('Its proof.', 'InferenceProof'),
      ...unknown,
      409: problem('Not all of its batch is here.'),
      ...refusals,
    },
  }),
  '/batches/{digest}': {
    ...get('getBatchData', 'Data of an external batch.', {
      parameters: [digest],
      responses: { 200: { description: 'It.', content: bytes }, ...unknown, ...refusals },
    }),
    put: {
      ...{ operationId: 'putBatchData', summary: 'Keeps data of an external batch.' },
      parameters: [digest],
      security: [{ token: [] }],
      requestBody: { required: true, content: bytes },
      responses: {
        '2XX': { description: 'It is kept.' },
        401: { description: 'The token is not that of this indexer.' },
        413: { description: 'It is longer than is kept here.' },
        ...refusals,
      },
    },
  },
  '/stats': get('getStats', 'Whether proving is in the way, and whether builders stay.', {
    parameters: [
      { name: 'chainId', in: 'query', schema: chainId },
      {
        ...{ name: 'days', in: 'query', description: 'How many days back.' },
        schema: { type: 'integer', minimum: 1, maximum: 366, default: 30 },
      },
      {
        ...{ name: 'weeks', in: 'query', description: 'How many weeks back.' },
        schema: { type: 'integer', minimum: 1, maximum: 104, default: 12 },
      },
    ],
    responses: { 200: json('Figures of each chain.', 'Stats'), ...refusals },
  }),
  ...eventPaths,
  '/health': get('getHealth', 'Whether the server runs.', {
    responses: { 200: json('It does.', 'Health') },
  }),
  '/ready': get('getReadiness', "Whether the rows are those of the chain's head.", {
    responses: {
      200: json('They are.', 'Readiness'),
      503: json('They are not, or the chain gives no answer.', 'Readiness'),
    },
  }),
  '/status': get('getStatus', 'How far the indexer is, and who answers.', {
    responses: { 200: json('It.', 'Status') },
  }),
}

/** A description of the REST part, by OpenAPI 3.1. */
export function openapi(version: string): Part {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Assay indexer',
      version,
      description:
        'Integers beyond those of JavaScript are digits in strings. GraphQL is at /graphql.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: documentedPaths,
    components: {
      schemas: { ...schemas, ...eventSchemas },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}
