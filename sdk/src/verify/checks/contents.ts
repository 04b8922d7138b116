import { sha256Hex } from '../../crypto/sha256.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { linesOf } from './line.ts'

const { line } = linesOf('contents')

/** Bytes of an exchange that the reader holds. */
export type ExchangeContents = {
  /** Body of the request, after codings are removed. */
  request?: Uint8Array | undefined
  /** Body of the response, after codings are removed. */
  response?: Uint8Array | undefined
}

/** Whether the receipt speaks of the contents that the reader holds; undefined if the reader gave none. */
export function checkContents(
  { opened }: Subject,
  contents: ExchangeContents = {},
): Check | undefined {
  const given = (['request', 'response'] as const).filter((part) => contents[part])
  if (given.length === 0) return undefined
  const digestOf = (part: (typeof given)[number]) => opened.get(`${part}.sha256`)
  // First what refutes: a digest that is hidden must not save the other one.
  for (const part of given) {
    const digest = digestOf(part)
    if (digest && sha256Hex(contents[part] as Uint8Array) !== digest) {
      return line('refuted', 'proven', `The ${part} is not the one that was recorded.`)
    }
  }
  const hidden = given.find((part) => !digestOf(part))
  if (hidden) {
    return line('unknown', 'proven', `The receipt does not show the digest of the ${hidden}.`)
  }
  return line('verified', 'proven', `The ${given.join(' and the ')} you hold is what was recorded.`)
}
