/** What a node means by refusing a raw transaction. */
export type SendFailure = 'nonce-used' | 'nonce-ahead' | 'underpriced' | 'known' | 'funds' | 'other'

/** Nodes say it in words of their own: geth, erigon, nethermind, besu, reth, anvil and Hardhat were looked at. */
const words: readonly (readonly [RegExp, SendFailure])[] = [
  [/already known|known transaction|already imported|already exists/i, 'known'],
  [/underpriced|fee too low to replace|replacement.*(?:fee|price)/i, 'underpriced'],
  [/nonce (?:is )?too low|nonce below|old ?nonce|invalid nonce.*lower/i, 'nonce-used'],
  [/nonce (?:is )?too (?:high|distant|far)|nonce gap/i, 'nonce-ahead'],
  [/insufficient funds|insufficient balance|enough funds|upfront cost exceeds/i, 'funds'],
]

/** Which failure an error is, by the texts of it and of its causes. */
export function sendFailureOf(error: unknown): SendFailure {
  const text = textOf(error)
  return words.find(([pattern]) => pattern.test(text))?.[1] ?? 'other'
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const details = 'details' in error && typeof error.details === 'string' ? error.details : ''
  return `${error.message}\n${details}\n${textOf(error.cause)}`
}
