import {
  type FieldNode,
  getArgumentValues,
  getNamedType,
  type GraphQLObjectType,
  isObjectType,
  Kind,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { GatewayLimits } from '../limits/limits.ts'
import { Refusal } from '../refusal.ts'
import { checkIndexed } from './check-indexed.ts'
import { schema } from './schema.ts'

/** What Ponder takes where none is given. */
const defaultLimit = 50
/** A list below a row is a query of its own for each row, whatever it finds. */
const leastOfList = 10
/** Of a single row: all of one table are looked up at once, by their keys. */
const ofOne = 0.1
/** Anybody can fill them, and to count is to read them. */
const bigTables = new Set([
  'inference',
  'settlement',
  'verdict',
  'skip',
  'inferenceLog',
  'sessionKey',
])

type Variables = Readonly<Record<string, unknown>>

/**
 * Adds up the rows that a document can make the database read: those of a list times those of each list in it, and a tenth for each single row. It
 * has to fit the schema, no fragment may spread itself.
 *
 * @throws Refusal `page-too-large`, `offset-too-large`, `total-count`, `not-indexed`
 */
export function countRows(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  limits: Pick<GatewayLimits, 'page' | 'offset'>,
): number {
  const fragments = new Map(
    document.definitions.flatMap((it) =>
      it.kind === Kind.FRAGMENT_DEFINITION ? [[it.name.value, it] as const] : [],
    ),
  )
  /** Of one row that a fragment is spread on. */
  const ofFragment = new Map<string, number>()
  const root = schema.getQueryType()!

  function ofSelections(type: GraphQLObjectType, { selections }: SelectionSetNode): number {
    let rows = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) rows += ofField(type, selection)
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        rows += ofSelections(type, selection.selectionSet)
      } else {
        const name = selection.name.value
        const known = ofFragment.get(name) ?? ofSelections(type, fragments.get(name)!.selectionSet)
        ofFragment.set(name, known)
        rows += known
      }
    }
    return rows
  }

  function ofField(type: GraphQLObjectType, node: FieldNode): number {
    const name = node.name.value
    const field = type.getFields()[name]
    const of = field && getNamedType(field.type)
    const table = tableOf(type)
    if (name === 'totalCount' && table !== undefined && bigTables.has(table)) {
      throw new Refusal(400, 'total-count', `\`totalCount\` of \`${table}s\` is not counted.`, {
        advice: 'GET /stats has totals; whether there are more, `pageInfo { hasNextPage }` tells.',
      })
    }
    if (!field || !isObjectType(of) || !node.selectionSet) return name === 'totalCount' ? 1 : 0
    const below = ofSelections(of, node.selectionSet)
    const listed = tableOf(of)
    // The rows of a page, or what tells of the page.
    if (table !== undefined) return below
    if (listed === undefined) return ofOne + below
    const args = getArgumentValues(field, node, variables) as {
      limit?: number | null
      offset?: number | null
      where?: Record<string, unknown> | null
      orderBy?: string | null
    }
    const limit = args.limit ?? defaultLimit
    checkPage(name, limit, args.offset ?? 0, limits)
    if (type === root) checkIndexed(listed, args)
    return Math.max(limit, type === root ? 0 : leastOfList) + limit * below
  }

  return Math.ceil(ofSelections(root, operation.selectionSet))
}

/** The table of which a type is a page. */
function tableOf(type: GraphQLObjectType): string | undefined {
  const isPage = type.name.endsWith('Page') && 'items' in type.getFields()
  return isPage ? type.name.slice(0, -'Page'.length) : undefined
}

function checkPage(
  name: string,
  limit: number,
  offset: number,
  limits: Pick<GatewayLimits, 'page' | 'offset'>,
): void {
  if (limit < 0 || limit > limits.page) {
    throw new Refusal(400, 'page-too-large', `\`limit\` of \`${name}\` is ${limit}.`, {
      advice: `Ask for pages of at most ${limits.page}, with \`after: <pageInfo.endCursor>\`.`,
    })
  }
  if (offset < 0 || offset > limits.offset) {
    throw new Refusal(400, 'offset-too-large', `\`offset\` of \`${name}\` is ${offset}.`, {
      advice: `It goes to ${limits.offset}: use \`after: <pageInfo.endCursor>\`, which costs the same wherever it is.`,
    })
  }
}
