import type { Page } from './rows.ts'

/**
 * All items of a list, page by page as they are asked for.
 *
 * @param getPage - Gives the page behind a cursor, such as `(after) => getInferences(client, { modelId, after })`.
 *
 * @example
 * for await (const inference of itemsOf((after) => getInferences(client, { modelId, after }))) { … }
 */
export async function* itemsOf<T>(
  getPage: (after: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let after: string | undefined
  do {
    const { items, endCursor } = await getPage(after)
    yield* items
    after = endCursor
  } while (after !== undefined)
}
