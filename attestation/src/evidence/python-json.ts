/**
 * JSON as Python's `json.dumps(value, sort_keys=True)` writes it: a space behind `,` and `:`, keys by code points, everything beyond
 * ASCII escaped. Numbers that Python would write in another way than JavaScript have no such text.
 *
 * @returns Nothing if the value has no such text. A number written as 1.0 was 1 once it is parsed here, so that the texts differ.
 */
export function pythonJson(value: unknown): string | undefined {
  try {
    return write(value, 0)
  } catch {
    return undefined
  }
}

const maxDepth = 100

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new RangeError()
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return writeText(value)
  if (typeof value === 'number') return writeNumber(value)
  if (Array.isArray(value)) return `[${value.map((it) => write(it, depth + 1)).join(', ')}]`
  const members = Object.entries(value as object).sort(([a], [b]) => byCodePoints(a, b))
  return `{${members.map(([name, it]) => `${writeText(name)}: ${write(it, depth + 1)}`).join(', ')}}`
}

function writeText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function writeNumber(value: number): string {
  const text = String(value)
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return text
  // Python changes to exponents below 1e-4, JavaScript below 1e-6.
  if (/^-?\d+\.\d+$/.test(text) && Math.abs(value) >= 1e-4) return text
  throw new RangeError()
}

function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
