/**
 * The path in the manifest of a file that another one names.
 *
 * @param from - Path of the file that names it; names are relative to its directory.
 * @returns Undefined where the name leads out of the model, or is none.
 */
export function namedPath(from: string, name: string): string | undefined {
  // What one system takes for a part of a name is a way out on another.
  const plain = name.replaceAll('\\', '/')
  if (plain === '' || plain.startsWith('/') || /^[A-Za-z]:/.test(plain) || plain.includes('\0')) {
    return undefined
  }
  const parts = from.split('/').slice(0, -1)
  for (const part of plain.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.length === 0 ? undefined : parts.join('/')
}
