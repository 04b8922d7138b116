export type Path = (string | number)[]

/** Paths of all values in a value that hold no others. */
export function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]))
}

/** Paths of all values in a value, its own first. */
export function placesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [
    path,
    ...Object.entries(value).flatMap(([name, member]) => placesOf(member, [...path, name])),
  ]
}

export function at(value: unknown, path: Path): unknown {
  return path.reduce((part, name) => (part as Record<string, unknown>)[name], value)
}

/** A copy of a value with one place in it made anew; an empty path is the value itself. */
export function changed<T>(whole: T, path: Path, make: (value: unknown) => unknown): T {
  if (path.length === 0) return make(whole) as T
  const copy = structuredClone(whole)
  const parent = at(copy, path.slice(0, -1)) as Record<string, unknown>
  const name = path.at(-1) as string
  parent[name] = make(parent[name])
  return copy
}

/** Other values of the same form, so that the value itself is judged and not only its looks. */
export function alternatives(value: string): string[] {
  if (/^0x[0-9a-f]+$/.test(value)) {
    const flip = (i: number) =>
      value.slice(0, i) + (value[i] === '0' ? '1' : '0') + value.slice(i + 1)
    const zeros = `0x${'0'.repeat(value.length - 2)}`
    return [flip(2), flip(Math.floor(value.length / 2)), flip(value.length - 1), zeros]
  }
  if (/^[0-9]+$/.test(value))
    return [
      String(BigInt(value) + 1n),
      '0',
      '1',
      '31337',
      ...[32n, 64n].map((n) => String(2n ** n - 1n)),
    ]
  if (value === 'inline') return ['external']
  return [`${value}x`, '']
}

/** The other signature that the curve allows for the same key and digest: n - s for s, the other v (EIP-2 refuses it). */
export function twinOf(signature: string): `0x${string}` {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${signature.slice(66, 130)}`)
  const v = signature.endsWith('1b') ? '1c' : '1b'
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}` as `0x${string}`
}
