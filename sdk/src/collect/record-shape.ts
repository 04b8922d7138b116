import { fieldCounts, standardFields } from '../formats/fields.ts'
import { maxMessages, messagesField } from '../formats/messages.ts'
import {
  hexOf,
  integer,
  listOf,
  objectOf,
  oneOf,
  recordOf,
  type Shape,
  text,
} from '../formats/shape.ts'
import { keyField } from './key-field.ts'

/** UTF-16 code units of a name or a fact: what the recorder takes of them. */
const maxFact = 4_096
/** Bytes of an extension. */
const maxExtension = 2 ** 16
/** Far above the length of any content that a request may hold. */
const anyLength = 2 ** 30

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** RFC 4648, section 4, with its padding. No other text stands for the same bytes. */
const base64: Shape = (value, path, refuse) => {
  const fits =
    typeof value === 'string' &&
    value.length % 4 === 0 &&
    // No group that repeats: a megabyte of them would fill the expression's stack.
    !/[^A-Za-z0-9+/]/.test(value.replace(/={1,2}$/, '')) &&
    btoa(atob(value.slice(-4))) === value.slice(-4)
  if (!fits) throw refuse(path, 'must be base64 with its padding')
}

const words: Shape = (value, path, refuse) => {
  text(maxFact)(value, path, refuse)
  if (value === '') throw refuse(path, 'must not be empty')
}

/** An object with one of some members, and perhaps others. */
function oneMemberOf(members: Record<string, Shape>, others: Record<string, Shape> = {}): Shape {
  const names = Object.keys(members)
  const whole = objectOf({}, { ...members, ...others })
  return (value, path, refuse) => {
    whole(value, path, refuse)
    if (names.filter((name) => Object.hasOwn(value as object, name)).length !== 1) {
      throw refuse(path, `must have one of ${names.join(', ')}`)
    }
  }
}

const anyText = text(anyLength)
const content = oneMemberOf({ text: anyText, base64, sha256: hexOf(32) })
const typedContent: Shape = (value, path, refuse) => {
  oneMemberOf({ text: anyText, base64, sha256: hexOf(32) }, { contentType: words })(
    value,
    path,
    refuse,
  )
  const { sha256, contentType } = value as Record<string, unknown>
  if (sha256 !== undefined && contentType !== undefined) {
    throw refuse(path, 'is a digest, which has no type')
  }
}

/** Query and user info may hold secrets, so they are no part of it. */
const endpoint: Shape = (value, path, refuse) => {
  words(value, path, refuse)
  const name = value as string
  if (!/^https?:/i.test(name)) return
  const url = URL.canParse(name) ? new URL(name) : undefined
  if (!url || /[?#]/.test(name) || url.username || url.password) {
    throw refuse(path, 'must be origin and path, without query and user info')
  }
}

const object: Shape = (value, path, refuse) => {
  if (!isObject(value)) throw refuse(path, 'must be an object')
}

const extension: Shape = (value, path, refuse) => {
  oneMemberOf({ text: text(maxExtension), base64 })(value, path, refuse)
  const given = value as { text: string } | { base64: string }
  const length =
    'text' in given
      ? new TextEncoder().encode(given.text).length
      : (given.base64.replace(/=+$/, '').length * 3) >> 2
  if (length > maxExtension) throw refuse(path, `must be ${maxExtension} bytes at most`)
}

const idempotencyKey: Shape = (value, path, refuse) => {
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(value)) {
    throw refuse(path, 'must be 1 to 255 printable characters of ASCII without spaces')
  }
}

const members = objectOf(
  { request: typedContent, response: typedContent },
  {
    idempotencyKey,
    outputText: content,
    model: objectOf({}, { requested: words, returned: words }),
    endpoint,
    outcome: oneOf('complete', 'truncated', 'aborted', 'error'),
    usage: object,
    finishReason: words,
    modelId: hexOf(32),
    environmentId: hexOf(32),
    servedAt: integer(0, 2 ** 48 - 1),
    messages: listOf(oneMemberOf({ json: () => undefined, sha256: hexOf(32) }), maxMessages, 1),
    extensions: recordOf(/^[ -~]{1,256}$/, extension, fieldCounts.most),
  },
)

/** The strict form of a record as it comes from outside; docs/collector.md says the same in words. */
export const recordShape: Shape = (value, path, refuse) => {
  members(value, path, refuse)
  const record = value as Record<string, unknown>
  const names = Object.keys(record.extensions ?? {})
  const taken = names.find((name) =>
    [...standardFields, messagesField, keyField].some((it) => it === name),
  )
  if (taken !== undefined) throw refuse(`extensions.${taken}`, 'is the name of another field')
  const others = [record.messages, record.idempotencyKey].filter((it) => it !== undefined).length
  const most = fieldCounts.most - standardFields.length - others
  if (names.length > most) throw refuse('extensions', `must be ${most} at most here`)
}
