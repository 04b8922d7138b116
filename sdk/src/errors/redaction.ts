import { BaseError } from './base.ts'

/** Thrown when a receipt can't show what it was asked to, since it does not open it. */
export class NotShownError extends BaseError {
  override name = 'NotShownError'
  /** What was asked for. */
  readonly asked: string
  /** What the receipt can show. */
  readonly shown: readonly string[]

  constructor(asked: string, shown: readonly string[]) {
    super(`The receipt does not show \`${asked}\`, so it can't be revealed.`, {
      metaMessages: [
        shown.length > 0 ? `It can reveal ${listed(shown)}.` : 'It shows no field at all.',
        'What is absent has no value, and what was redacted before is gone for good: ask who recorded it.',
      ],
      docsPath: 'redaction.md',
    })
    this.asked = asked
    this.shown = shown
  }
}

const maxListed = 24

function listed(names: readonly string[]): string {
  const more = names.length - maxListed
  const first = names.slice(0, maxListed).join(', ')
  return more > 0 ? `${first} and ${more} more` : first
}
