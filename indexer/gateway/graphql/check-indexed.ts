import { Refusal } from '../refusal.ts'
import { indexedColumns } from './generated/indexed-columns.ts'

type Conditions = Readonly<Record<string, unknown>>
type Indexed = { table: string; columns: readonly string[] }

/** Longest first, so that none is taken for the end of another. */
const operators = [
  ...['_not_starts_with_nocase', '_not_ends_with_nocase', '_not_contains_nocase'],
  ...['_starts_with_nocase', '_ends_with_nocase', '_contains_nocase'],
  ...['_not_starts_with', '_not_ends_with', '_not_contains'],
  ...['_starts_with', '_ends_with', '_contains'],
  ...['_not_in', '_not_has', '_has', '_not', '_in', '_gte', '_lte', '_gt', '_lt'],
]
/** Values of which an index of their few rows is kept (`settlement_open_data`). */
const fewOf: Readonly<Record<string, readonly unknown[]>> = {
  'settlement.dataState': ['pending', 'unavailable', 'invalid'],
}
const ranges = new Set(['_gt', '_gte', '_lt', '_lte'])

/**
 * Refuses a list of which the database would have to read the whole table: in another order than that of an index, or by conditions none of
 * which leads along one.
 *
 * @throws Refusal `not-indexed`
 */
export function checkIndexed(
  table: string,
  {
    where,
    orderBy,
  }: { where?: Conditions | null | undefined; orderBy?: string | null | undefined },
): void {
  const indexed: Indexed = { table, columns: indexedColumns[table] ?? [] }
  const columns = `Of \`${table}\` there are ${indexed.columns.join(', ')}`
  if (orderBy != null && !indexed.columns.includes(orderBy)) {
    const message = `No index has \`${table}s\` in the order of \`${orderBy.slice(0, 40)}\`.`
    throw new Refusal(400, 'not-indexed', message, { advice: `${columns}.` })
  }
  if (!where || Object.keys(where).length === 0) return
  const unfit = unfitConditions(indexed, where)
  if (unfit.length === 0) return
  const named = unfit.slice(0, 3).map((it) => `\`${it.slice(0, 40)}\``)
  throw new Refusal(400, 'not-indexed', `No index finds \`${table}s\` by ${named.join(', ')}.`, {
    advice: `${columns}: ask for one by =, _in or a range, or put an = of one beside it.`,
  })
}

/**
 * Conditions that no index serves, where none of those beside them narrows what has to be read; none: it is fit. All in a filter have to
 * hold; so do those of `AND`, and of `OR` each is taken apart by Ponder, so that each must be fit by itself.
 */
function unfitConditions(indexed: Indexed, where: Conditions): string[] {
  const unfit: string[] = []
  for (const [name, value] of Object.entries(where)) {
    if (name === 'AND') {
      const inner = { unfit: [] as string[], narrows: false }
      for (const it of filtersOf(value)) {
        const found = unfitConditions(indexed, it)
        inner.unfit.push(...found)
        // Of conditions that all have to hold, one that narrows is enough.
        if (found.length === 0 && narrows(indexed, it)) inner.narrows = true
      }
      if (inner.narrows) return []
      unfit.push(...inner.unfit)
    } else if (name === 'OR') {
      for (const it of filtersOf(value)) unfit.push(...unfitAlternatives(indexed, it))
    } else {
      const fit = fitOf(indexed, name, value)
      if (fit === 'equal') return []
      if (fit === 'none') unfit.push(name)
    }
  }
  return unfit
}

/** In an alternative Ponder joins all conditions by OR, too. */
function unfitAlternatives(indexed: Indexed, where: Conditions): string[] {
  return Object.entries(where).flatMap(([name, value]) => {
    if (name === 'AND')
      return filtersOf(value).every((it) => unfitConditions(indexed, it).length === 0) ? [] : [name]
    if (name === 'OR') return filtersOf(value).flatMap((it) => unfitAlternatives(indexed, it))
    return fitOf(indexed, name, value) === 'none' ? [name] : []
  })
}

function narrows(indexed: Indexed, where: Conditions): boolean {
  return Object.entries(where).some(([name, value]) =>
    name === 'AND'
      ? filtersOf(value).some((it) => narrows(indexed, it))
      : name !== 'OR' && fitOf(indexed, name, value) === 'equal',
  )
}

function fitOf(indexed: Indexed, condition: string, value: unknown): 'equal' | 'along' | 'none' {
  const operator = operators.find((it) => condition.endsWith(it)) ?? ''
  const column = condition.slice(0, condition.length - operator.length)
  const few = fewOf[`${indexed.table}.${column}`]
  if (few && (operator === '' || operator === '_in')) {
    return [value].flat().every((it) => few.includes(it)) ? 'equal' : 'none'
  }
  if (!indexed.columns.includes(column)) return 'none'
  if (operator === '' || operator === '_in') return 'equal'
  // Those that have a value stand beside each other in an index; those that have another one are nearly all.
  return ranges.has(operator) || (operator === '_not' && value === null) ? 'along' : 'none'
}

const filtersOf = (value: unknown): Conditions[] =>
  [value].flat().filter((it): it is Conditions => typeof it === 'object' && it !== null)
