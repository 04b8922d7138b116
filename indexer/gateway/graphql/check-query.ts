import {
  type DocumentNode,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  validate,
  specifiedRules,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { GatewayLimits } from '../limits/limits.ts'
import { Refusal, type RefusalCode } from '../refusal.ts'
import { countRows } from './count-rows.ts'
import { checkShape } from './measure-shape.ts'
import type { GraphqlRequest } from './read-request.ts'
import { schema } from './schema.ts'

/** What a query that may be asked costs. */
export type QueryCost = {
  /** That the database may have to read. */
  rows: number
  /** Whether it asks for the schema. */
  introspects: boolean
}

/** Beyond that a list of what is wrong helps nobody. */
const maxErrors = 3

/** Documents that are valid, by how many tokens they may have and their text: programs ask the same with other variables. */
const valid = new LRUCache<string, DocumentNode>({ max: 100 })

/**
 * Checks a query before it reaches the database.
 *
 * @param maxRows - That it may make the database read.
 * @throws Refusal that says what is wrong with it.
 */
export function checkQuery(
  { query, variables, operationName }: GraphqlRequest,
  limits: GatewayLimits,
  maxRows: number,
): QueryCost {
  const name = `${limits.tokens} ${query}`
  const known = valid.get(name)
  const document = known ?? parsed(query, limits.tokens)
  const operation = getOperationAST(document, operationName)
  if (!operation) {
    throw invalid(
      operationName === undefined
        ? 'The document has several operations, or none.'
        : 'The document has no operation of that name.',
    )
  }
  if (operation.operation !== OperationTypeNode.QUERY) throw invalid('There are only queries here.')
  const introspects = checkShape(document, operation, limits)
  if (!known) {
    const [problem] = validate(schema, document, specifiedRules, { maxErrors })
    if (problem) throw invalid(problem.message)
    valid.set(name, document)
  }
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors,
  })
  if (coerced.errors) throw invalid(coerced.errors[0]!.message)
  const rows = count(() => countRows(document, operation, coerced.coerced, limits))
  if (rows > maxRows) {
    throw new Refusal(
      400,
      'too-many-rows',
      `The query may read ${rows} rows, of at most ${maxRows}.`,
      { advice: 'Give `limit` to its lists: those of a list within a list are multiplied.' },
    )
  }
  return { rows, introspects }
}

function parsed(query: string, maxTokens: number): DocumentNode {
  try {
    const document = parse(query, { maxTokens, noLocation: true })
    const odd = document.definitions.find(
      ({ kind }) => kind !== Kind.OPERATION_DEFINITION && kind !== Kind.FRAGMENT_DEFINITION,
    )
    if (odd) throw invalid('The document defines types.')
    return document
  } catch (error) {
    if (error instanceof GraphQLError) {
      if (error.message.includes('more that') || error.message.includes('tokens')) {
        throw invalid(`The document has more than ${maxTokens} tokens.`, 'too-many-tokens')
      }
      throw invalid(error.message)
    }
    throw error
  }
}

/** An argument that can't be what its variable holds. */
function count(rows: () => number): number {
  try {
    return rows()
  } catch (error) {
    if (error instanceof GraphQLError) throw invalid(error.message)
    throw error
  }
}

function invalid(message: string, code: RefusalCode = 'invalid-query'): Refusal {
  return new Refusal(400, code, message.slice(0, 300), {
    advice: 'GET /graphql in a browser has the schema, and checks while you write.',
  })
}
