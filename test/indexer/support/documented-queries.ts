import { readFile } from 'node:fs/promises'

/** A query out of docs/indexer.md. */
export type DocumentedQuery = {
  text: string
  /** Asks an indexer. @throws if it does not answer with 200. */
  ask: () => Promise<unknown>
}

/**
 * The queries of docs/indexer.md, as they stand there.
 *
 * @param url - Of an indexer.
 * @param values - Of their variables.
 */
export async function documentedQueries(
  url: string,
  values: Readonly<Record<string, string>>,
): Promise<DocumentedQuery[]> {
  const page = await readFile(new URL('../../../docs/indexer.md', import.meta.url), 'utf8')
  return [...page.matchAll(/```(graphql|http)\n([^]*?)```/g)].map(([, language, text = '']) => {
    const request =
      language === 'http'
        ? new Request(
            url +
              text
                .trim()
                .replace('GET ', '')
                .replace(/{(\w+)}/g, (_, name: string) => values[name]!),
          )
        : new Request(`${url}/graphql`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ query: text, variables: variablesOf(text, values) }),
          })
    const ask = async () => {
      const response = await fetch(request.clone())
      const answer = (await response.json()) as { errors?: unknown }
      if (response.status !== 200 || answer.errors) {
        throw new Error(`${text}: ${response.status} ${JSON.stringify(answer)}`)
      }
      return answer
    }
    return { text, ask }
  })
}

/** What a query declares, no more: an unknown variable would be refused. */
function variablesOf(text: string, values: Readonly<Record<string, string>>) {
  const names = [...text.matchAll(/\$(\w+): \w+!/g)].map(([, name]) => name!)
  return Object.fromEntries(names.map((name) => [name, values[name]]))
}
