import { bearerToken } from '@assay/sdk/stores'

/** Who may put batch data, and with which token. */
export type UploadToken = { name: string; token: string }

const maxTokens = 1_000

/**
 * Reads `<name>=<token>,…`. A name may have several tokens, so that one can be replaced without a gap.
 *
 * @returns What is wrong with it, if it is none.
 */
export function readTokens(text: string): UploadToken[] | { problem: string } {
  const entries = text.split(',').map((it) => it.trim())
  if (entries.length > maxTokens) return { problem: `has more than ${maxTokens} tokens` }
  const tokens: UploadToken[] = []
  for (const entry of entries) {
    const [, name, token] = /^([^=]*)=(.*)$/.exec(entry) ?? []
    // A part of a file's name.
    if (!name || !/^[0-9A-Za-z_]{1,64}$/.test(name)) {
      return { problem: 'has a name that is not 1 to 64 letters, digits and _, such as an address' }
    }
    if (!token || !/^[\x21-\x7e]{16,}$/.test(token)) {
      return {
        problem: `has no token of at least 16 printable characters without spaces for ${name}`,
      }
    }
    tokens.push({ name: name.toLowerCase(), token })
  }
  return tokens
}

/** Tells whose token a request bears; the time that takes says nothing of how much of a guess was right. */
export function whoseToken(
  tokens: readonly UploadToken[],
): (request: Request) => string | undefined {
  const known = tokens.map(({ name, token }) => ({ name, fits: bearerToken(token) }))
  return (request) => {
    // No early end: all are looked at.
    const fitting = known.filter(({ fits }) => fits(request))
    return fitting[0]?.name
  }
}
