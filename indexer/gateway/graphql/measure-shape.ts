import {
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { GatewayLimits } from '../limits/limits.ts'
import { Refusal } from '../refusal.ts'

/** How much of what a document holds once each fragment is put in the place of its spreads. */
type Shape = {
  depth: number
  /** Levels of introspection, and of its lists within each other. */
  introspection: number
  introspectionLists: number
  aliases: number
  fields: number
  /** How often each name is asked for. */
  names: ReadonlyMap<string, number>
}

const empty: Shape = {
  depth: 0,
  introspection: 0,
  introspectionLists: 0,
  aliases: 0,
  fields: 0,
  names: new Map(),
}

/** Each names types again, so that a few levels of them ask for the whole schema again and again. */
const introspectionLists = new Set(['fields', 'inputFields', 'interfaces', 'possibleTypes'])

/** With fragments in place: what tools ask for has about 170. */
const maxFields = 1_000
/** A validator compares each field with all others of its name; that of a tool's introspection is about 8,000 comparisons. */
const maxComparisons = 20_000
const maxIntrospection = 20
const maxIntrospectionLists = 2

/**
 * Refuses what is too deep or too wide, before anything looks at it whose time grows faster than the document. A fragment is measured
 * once, however often it is spread.
 *
 * @returns Whether it asks for the schema.
 * @throws Refusal `too-deep`, `too-many-aliases`, `too-many-fields`, `invalid-query` for fragments that spread each other.
 */
export function checkShape(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  limits: Pick<GatewayLimits, 'depth' | 'aliases' | 'rootFields'>,
): boolean {
  const fragments = new Map(
    document.definitions.flatMap((it) =>
      it.kind === Kind.FRAGMENT_DEFINITION ? [[it.name.value, it.selectionSet] as const] : [],
    ),
  )
  const measured = new Map<string, Shape | 'open'>()

  function measure({ selections }: SelectionSetNode, isSchema: boolean): Shape {
    const total = { ...empty }
    const names = new Map<string, number>()
    for (const selection of selections) {
      const {
        depth,
        introspection,
        introspectionLists,
        aliases,
        fields,
        names: more,
      } = selection.kind === Kind.FRAGMENT_SPREAD
        ? measureFragment(selection.name.value, isSchema)
        : selection.kind === Kind.INLINE_FRAGMENT
          ? measure(selection.selectionSet, isSchema)
          : measureField(selection, isSchema)
      total.depth = Math.max(total.depth, depth)
      total.introspection = Math.max(total.introspection, introspection)
      total.introspectionLists = Math.max(total.introspectionLists, introspectionLists)
      total.aliases += aliases
      total.fields += fields
      for (const [name, count] of more) names.set(name, (names.get(name) ?? 0) + count)
    }
    return { ...total, names }
  }

  function measureField(
    node: { name: { value: string }; alias?: unknown; selectionSet?: SelectionSetNode | undefined },
    isSchema: boolean,
  ): Shape {
    const name = node.name.value
    const schema = isSchema || name === '__schema' || name === '__type'
    const below = node.selectionSet ? measure(node.selectionSet, schema) : empty
    return {
      depth: schema ? below.depth : below.depth + 1,
      introspection: below.introspection + (schema ? 1 : 0),
      introspectionLists:
        below.introspectionLists + (schema && introspectionLists.has(name) ? 1 : 0),
      aliases: below.aliases + (node.alias ? 1 : 0),
      fields: below.fields + 1,
      names: new Map([...below.names, [name, (below.names.get(name) ?? 0) + 1]]),
    }
  }

  function measureFragment(name: string, isSchema: boolean): Shape {
    const selectionSet = fragments.get(name)
    // What is not defined is said by the validation.
    if (!selectionSet) return empty
    const key = `${isSchema ? '__' : ''}${name}`
    const known = measured.get(key)
    if (known === 'open') {
      const message = `The fragment \`${name}\` spreads itself.`
      throw new Refusal(400, 'invalid-query', message, { advice: 'Take the spread out.' })
    }
    if (known) return known
    measured.set(key, 'open')
    const shape = measure(selectionSet, isSchema)
    measured.set(key, shape)
    return shape
  }

  const shape = measure(operation.selectionSet, false)
  if (shape.depth > limits.depth) {
    throw tooDeep(`The query has ${shape.depth} levels, of at most ${limits.depth}.`)
  }
  if (shape.introspection > maxIntrospection || shape.introspectionLists > maxIntrospectionLists) {
    throw tooDeep('The query asks for lists of the schema within each other too deep.')
  }
  if (shape.aliases > limits.aliases) {
    const message = `The query has ${shape.aliases} aliases, of at most ${limits.aliases}.`
    const advice = 'Ask for several by `…_in`, or in several requests.'
    throw new Refusal(400, 'too-many-aliases', message, { advice })
  }
  const comparisons = [...shape.names.values()].reduce((sum, it) => sum + it * it, 0)
  if (comparisons > maxComparisons) {
    const message = 'The query asks for the same fields again and again.'
    throw new Refusal(400, 'too-many-fields', message, { advice: 'Ask for each once.' })
  }
  if (shape.fields > maxFields) {
    const message = `The query has ${shape.fields} fields, of at most ${maxFields}.`
    throw new Refusal(400, 'too-many-fields', message, { advice: 'Ask in several requests.' })
  }
  const roots = countRoots(operation.selectionSet, fragments)
  if (roots > limits.rootFields) {
    const message = `The query has ${roots} fields at its root, of at most ${limits.rootFields}.`
    throw new Refusal(400, 'too-many-fields', message, { advice: 'Ask in several requests.' })
  }
  return shape.introspection > 0
}

/** No fragment spreads itself here, and there are a bounded number of fields. */
function countRoots(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
): number {
  return selections.reduce((sum, it) => {
    if (it.kind === Kind.FIELD) return sum + 1
    const inner = it.kind === Kind.INLINE_FRAGMENT ? it.selectionSet : fragments.get(it.name.value)
    return sum + (inner ? countRoots(inner, fragments) : 0)
  }, 0)
}

function tooDeep(message: string): Refusal {
  return new Refusal(400, 'too-deep', message, { advice: 'Ask in several requests.' })
}
