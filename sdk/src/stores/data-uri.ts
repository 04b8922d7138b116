/**
 * The bytes that a `data:` URI holds (RFC 2397).
 *
 * @param uri - Begins with `data:`. Not trusted.
 * @param maxBytes - More is not read.
 * @returns `too-large` where there would be more bytes; undefined if it is malformed.
 */
export function readDataUri(uri: string, maxBytes: number): Uint8Array | 'too-large' | undefined {
  const comma = uri.indexOf(',')
  if (comma < 0) return undefined
  const isBase64 = /;\s*base64\s*$/i.test(uri.slice(0, comma))
  // A byte takes three characters where it is escaped; in base64 it takes one and a third, each of which may be escaped.
  const least = Math.floor((uri.length - comma - 1) / (isBase64 ? 4 : 3)) - 2
  if (least > maxBytes) return 'too-large'
  const bytes = unescaped(uri.slice(comma + 1))
  const data = bytes && isBase64 ? fromBase64(bytes) : bytes
  return data && data.length > maxBytes ? 'too-large' : data
}

/** Bytes of a text in which bytes are escaped as `%00`; of other characters those of ASCII are themselves, and more there may not be. */
function unescaped(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i)
    if (code === 0x25) {
      const digits = text.slice(i + 1, i + 3)
      if (!/^[0-9a-f]{2}$/i.test(digits)) return undefined
      code = Number.parseInt(digits, 16)
      i += 2
    } else if (code > 0x7e || code < 0x21) {
      return undefined
    }
    bytes[length++] = code
  }
  return bytes.subarray(0, length)
}

function fromBase64(ascii: Uint8Array): Uint8Array | undefined {
  const text = new TextDecoder('latin1').decode(ascii)
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
