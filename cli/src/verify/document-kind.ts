/** How much of a file tells whether it is a bundle, and of which chain its first batch speaks, in bytes. */
export const headBytes = 1_024

/** Whether a file begins as a bundle does, which is read line by line and may be large. */
export function isBundle(head: Uint8Array): boolean {
  return /^\s*\{\s*"bundle"\s*:/.test(Buffer.from(head).toString('latin1'))
}

/** The chain of a bundle's first batch, if its beginning names one. It only says whom to ask, not whom to believe. */
export function chainIn(head: Uint8Array): string | undefined {
  return /"chainId"\s*:\s*"([0-9]{1,16})"/.exec(Buffer.from(head).toString('latin1'))?.[1]
}

/** What a text that is no bundle is. Inside of a JSON string the quotation marks would be escaped. */
export function kindOf(text: string): 'receipt' | 'equivocation' {
  return /"schema"\s*:\s*"assay\/equivocation\//.test(text) ? 'equivocation' : 'receipt'
}
