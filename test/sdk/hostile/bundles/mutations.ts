import { linesOf, type LinesMutation } from './lines.ts'

/** A line stands where another stood: a receipt under another batch, an end in the middle. */
const moveLine: LinesMutation = (lines, { random }) => {
  const from = random.below(lines.length)
  const line = lines[from]!
  return lines.toSpliced(from, 1).toSpliced(random.below(lines.length), 0, line)
}

const repeatLine: LinesMutation = (lines, { random }) => {
  const line = random.pick(lines)
  return lines.toSpliced(random.below(lines.length + 1), 0, line)
}

const dropLine: LinesMutation = (lines, { random }) =>
  lines.toSpliced(random.below(lines.length), 1)

/** Lines of another bundle among those of this one. */
const borrowLine: LinesMutation = (lines, { random, world }) => {
  const other = random.pick(linesOf([random.pick(world.honest).receipt]))
  return lines.toSpliced(random.below(lines.length + 1), random.below(2), other)
}

/** The batch line of another batch over receipts of this one. */
const swapBatch: LinesMutation = (lines, { random, world }) => {
  const [, other = ''] = linesOf([random.pick(world.honest).receipt])
  const places = lines.flatMap((line, i) => (line.startsWith('{"batch"') ? [i] : []))
  return places.length > 0 ? lines.with(random.pick(places), other) : lines
}

const wrongEnd: LinesMutation = (lines, { random }) =>
  lines.with(
    -1,
    JSON.stringify({ end: { receipts: random.pick(['0', '1', '99', '4294967295', '']) } }),
  )

const strangeLine: LinesMutation = (lines, { random }) =>
  lines.toSpliced(
    random.below(lines.length + 1),
    0,
    random.pick([
      ...['', ' ', '\r', '{}', '[]', 'null', '{"receipt":{},"batch":{}}', '{"__proto__":{}}', '//'],
      ...['{"constructor":1}', '{"bundle":"assay/bundle/v2"}', '\ufeff', '[['.repeat(1_000)],
    ]),
  )

export const linesMutations: Record<string, LinesMutation> = {
  ...{ moveLine, repeatLine, dropLine, borrowLine, swapBatch, wrongEnd, strangeLine },
}
