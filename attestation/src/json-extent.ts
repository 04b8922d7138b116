/** How far JSON may go. */
export type JsonExtent = {
  /** Lists and objects within each other. */
  maxDepth: number
  /** Beginnings of lists and objects, and commas. */
  maxParts: number
}

/**
 * Whether JSON is as deep as it may be at most, and has as many parts. To read others of the same size takes seconds, and of brackets alone
 * some fifty times their size in memory. Nothing else of it is looked at.
 */
export function isWithinExtent(
  json: Uint8Array | string,
  { maxDepth, maxParts }: JsonExtent,
): boolean {
  const unitAt =
    typeof json === 'string' ? (i: number) => json.charCodeAt(i) : (i: number) => json[i]
  let [depth, parts, isText] = [0, 0, false]
  for (let i = 0; i < json.length && depth <= maxDepth && parts <= maxParts; i++) {
    const unit = unitAt(i)
    if (isText) {
      // Behind a backslash a quotation mark ends nothing.
      if (unit === 0x5c) i++
      else if (unit === 0x22) isText = false
    } else if (unit === 0x22) isText = true
    else if (unit === 0x5d || unit === 0x7d) depth--
    else if (unit === 0x2c) parts++
    else if (unit === 0x5b || unit === 0x7b) {
      depth++
      parts++
    }
  }
  return depth <= maxDepth && parts <= maxParts
}
