/** Rules that bind a keyset of Attested Confidential Inference to the document that it comes with. */
export const aciRules = {
  keysetForm: 'The keyset has an end and a list of the keys that sign receipts; a nonce, 32 bytes.',
  keysetBinding:
    'The report data are SHA-256 of the statement that names the keyset and the nonce, and zeros.',
  keysetValidity: 'At the time of judging the keyset has not ended.',
} as const

/** A rule that binds a keyset to a document. */
export type AciRule = keyof typeof aciRules
