const hex = (bytes: number) => ({ type: 'string', pattern: `^0x[0-9a-f]{${bytes * 2}}$` })
const integer = { type: 'string', pattern: '^[0-9]+$', description: 'A whole number, as digits.' }
const cursor = {
  type: 'string',
  description:
    'For each chain its id, a block, and the index of an event in it, with which to go on; a full stop between chains. `0`: from the start.',
  examples: ['31337-152-4', '0'],
}

const placed = {
  chainId: { type: 'integer' },
  blockNumber: integer,
  place: { type: 'string', description: 'Chain, block, and index in the block.' },
}

const settlementEvent = {
  type: 'object',
  required: ['type', 'place', 'logId', 'root'],
  properties: {
    type: { const: 'settlement' },
    ...placed,
    logId: hex(32),
    root: hex(32),
    first: integer,
    count: integer,
    mode: { enum: ['inline', 'external'] },
    signedByKey: { type: 'boolean' },
    dataDigest: hex(32),
    dataState: {
      enum: ['pending', 'available', 'unavailable', 'invalid'],
      description: 'As it was when it was told.',
    },
    settledAt: { ...integer, description: 'Unix seconds.' },
    transactionHash: hex(32),
  },
}

const verdictEvent = {
  type: 'object',
  required: ['type', 'place', 'verdictId'],
  properties: {
    type: { const: 'verdict' },
    ...placed,
    verdictId: hex(32),
    author: hex(20),
    subjectKind: { enum: ['model', 'environment', 'inference'] },
    subject: hex(32),
    score: { type: 'integer', minimum: 0, maximum: 100 },
    tag: { type: 'string', description: 'Its first 200 characters.' },
    evidenceDigest: { oneOf: [hex(32), { type: 'null' }] },
    postedAt: { ...integer, description: 'Unix seconds.' },
    withdrawnAt: { oneOf: [integer, { type: 'null' }], description: 'Null: it stands.' },
  },
}

const page = {
  type: 'object',
  required: ['items', 'after', 'more', 'final', 'indexed', 'live'],
  properties: {
    items: {
      type: 'array',
      items: { oneOf: ['SettlementEvent', 'VerdictEvent'].map(schemaOf) },
    },
    after: { ...cursor, description: 'Give it as `after` to go on, now or later.' },
    more: {
      type: 'boolean',
      description: 'Whether there is more already, also where fewer items came than asked for.',
    },
    final: {
      ...cursor,
      description: 'What stands before it stays. Who asks again from here misses nothing.',
    },
    indexed: {
      type: 'array',
      items: { type: 'object', properties: { chainId: { type: 'integer' }, block: integer } },
      description: 'The last block of each chain that is in the tables.',
    },
    live: {
      type: 'boolean',
      description: 'False while the past is read: what is missing may come.',
    },
  },
}

const problem = (description: string) => ({
  description,
  content: {
    'application/json': {
      schema: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
    },
  },
})

/** Schemas of events, for `components.schemas` of an OpenAPI 3.1 document. */
export const eventSchemas = {
  SettlementEvent: settlementEvent,
  VerdictEvent: verdictEvent,
  EventPage: page,
}

/** The routes of events, for `paths` of an OpenAPI 3.1 document. */
export const eventPaths = {
  '/owners/{address}/events': {
    get: {
      operationId: 'listOwnerEvents',
      summary: 'What happened to an owner, and what happens',
      description:
        'Settlements of an owner, and verdicts on its inferences, models and environments: as a page, or with `Accept: text/event-stream` as a stream of ' +
        'server-sent events `replay`, `settlement`, `verdict`, `removed` and `live`, whose `id` is a cursor.',
      parameters: [
        { name: 'address', in: 'path', required: true, schema: hex(20) },
        {
          name: 'after',
          in: 'query',
          schema: cursor,
          description:
            'From where on. Default: a page begins at the start, a stream with what is not final.',
        },
        {
          name: 'limit',
          in: 'query',
          schema: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
          description: 'Of a page.',
        },
        {
          name: 'Last-Event-ID',
          in: 'header',
          schema: cursor,
          description: 'Of a stream; counts before `after`.',
        },
      ],
      responses: {
        200: {
          description: 'A page, or a stream.',
          content: {
            'application/json': { schema: schemaOf('EventPage') },
            'text/event-stream': { schema: { type: 'string' } },
          },
        },
        400: problem('The address, the cursor or the limit is none.'),
        429: problem('The client has as many streams open as it may.'),
        503: problem('All streams are taken, or the indexer is away.'),
      },
    },
  },
}

function schemaOf(name: string) {
  return { $ref: `#/components/schemas/${name}` }
}
