import fc from 'fast-check'
import { createParser } from 'eventsource-parser'
import { expect, test } from 'vitest'
import { createAnswerReader } from '../../../sdk/src/record/answer.ts'
import { createEventStreamReader } from '../../../sdk/src/record/event-stream.ts'
import { sha256 } from './server.ts'

/** Cuts bytes at places given as fractions. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = places.map((it) => Math.floor(it * bytes.length)).sort((a, b) => a - b)
  return [...at, bytes.length].map((to, i) => bytes.slice(at[i - 1] ?? 0, to))
}

/** Another reader of the same format, for what ours has to give. */
function dataOf(pieces: readonly Uint8Array[]): string[] {
  const data: string[] = []
  const decoder = new TextDecoder()
  const parser = createParser({ onEvent: (event) => data.push(event.data) })
  for (const piece of pieces) parser.feed(decoder.decode(piece, { stream: true }))
  parser.feed(decoder.decode())
  return data
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 })
const line = fc.oneof(
  fc.constantFrom('data: [DONE]', 'data:x', 'data:  x', 'data', 'data: ', ': comment', 'event: e'),
  fc.string({ unit: 'binary' }).map((it) => `data: ${it.replaceAll(/[\r\n]/g, '')}`),
  fc.constantFrom('', '', '', 'id: 1', 'retry: 1', 'dat', 'data x'),
)
const text = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')))
  .map((lines) => lines.flat().join(''))

test('behavior: any lines, cut anywhere, give the events that another parser gives', () => {
  fc.assert(
    fc.property(text, places, (stream, at) => {
      const bytes = new TextEncoder().encode(stream)
      const pieces = cut(bytes, at)
      const data: string[] = []
      const reader = createEventStreamReader((it) => data.push(it))
      for (const piece of pieces) reader.push(piece)
      reader.end()
      expect(data).toEqual(dataOf([bytes]))
    }),
    { numRuns: 2_000 },
  )
})

/** Events like those that follow each other in an answer, with others in between. */
const event = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme' }).map((it) => chunk({ content: it })) },
  { weight: 1, arbitrary: fc.string().map((it) => chunk({ content: it, role: it })) },
  { weight: 1, arbitrary: fc.string().map((it) => chunk({ refusal: it })) },
  { weight: 1, arbitrary: fc.string().map((it) => chunk({ content: it }, 1)) },
  {
    weight: 1,
    // The text stands first where no text is taken from.
    arbitrary: fc
      .constantFrom('a', 'b', 'c')
      .map((name) => `{"choices":[{"delta":{"${name}":1,"content":"\\u0061"}}]}`),
  },
  {
    weight: 1,
    // The text stands in other places too, or is written in another way.
    arbitrary: fc.constantFrom(
      '{"choices":[{"delta":{"content":"a","x":"a"}}]}',
      '{"choices":[{"delta":{"x":"a","content":"a"}}]}',
      '{"choices":[{"delta":{"a":"a","content":"\\u0061"}}]}',
      '{"choices":[{"delta":{"content":"a","content":"b"}}]}',
      '{"choices":[{"delta":{"content":"b","content":"b"}}]}',
      '{"choices":[{"delta":{"content":"a"}}],"id":"a"}',
      '{"choices":[{"delta":{"content":"a"}}]}]}',
      '{"choices":[{"delta":{"content":"a""}}]}',
    ),
  },
)
function chunk(delta: object, index = 0): string {
  return JSON.stringify({ id: 'c', model: 'm', choices: [{ index, delta }] })
}

/** What each event says, by parsing each. */
function textOf(events: readonly string[]): string {
  return events
    .map((it) => {
      try {
        const { choices } = JSON.parse(it) as {
          choices: { index?: number; delta: { content?: string } }[]
        }
        return choices[0]?.index ? '' : (choices[0]?.delta.content ?? '')
      } catch {
        return ''
      }
    })
    .join('')
}

test('behavior: a text is the same whether its events are parsed or recognized', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), places, (events, at) => {
      const reader = createAnswerReader('text/event-stream')
      const bytes = new TextEncoder().encode(events.map((it) => `data: ${it}\n\n`).join(''))
      for (const piece of cut(bytes, at)) reader.push?.(piece)
      const { textDigest } = reader.facts(undefined)
      const expected = textOf(events)
      expect(textDigest && Buffer.from(textDigest).toString('hex')).toBe(
        expected === '' ? undefined : sha256(expected),
      )
    }),
    { numRuns: 2_000 },
  )
})

test('behavior: a long text whose pairs are split between events', () => {
  const halves = Array.from({ length: 9_000 }, (_, i) => (i % 2 ? '\ude42' : '\ud83d'))
  const events = ['odd', ...halves].map((content) => chunk({ content }))
  const reader = createAnswerReader('text/event-stream')
  const escaped = events.map((it) => `data: ${it}\n\n`).join('')
  reader.push?.(new TextEncoder().encode(escaped))
  const { textDigest } = reader.facts(undefined)
  expect(Buffer.from(textDigest ?? []).toString('hex')).toBe(sha256(`odd${'🙂'.repeat(4_500)}`))
})
