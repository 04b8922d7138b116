/** What a file is, by its own word: its parser decides whether it is one. */
export type DocumentKind = 'receipt' | 'equivocation' | 'bundle'

/** How much of a file tells whether it is a bundle, in bytes. */
export const headBytes = 256

/** Whether a file begins as a bundle does, which is read line by line and may be large. */
export function isBundle(head: Uint8Array): boolean {
  return /^\s*\{\s*"bundle"\s*:/.test(Buffer.from(head).toString('latin1'))
}

/** What a text that is no bundle is. Inside of a JSON string the quotation marks would be escaped. */
export function kindOf(text: string): 'receipt' | 'equivocation' {
  return /"schema"\s*:\s*"assay\/equivocation\//.test(text) ? 'equivocation' : 'receipt'
}
