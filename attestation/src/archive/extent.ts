/** How deep an archive's members are, the content of an event being the deepest. */
const maxDepth = 5
/** Beginnings and commas: a log of 10,000 events, which is the longest that is judged, has 70,000. */
const maxParts = 80_000

/**
 * Whether JSON is as deep as an archive at most, and has as many parts. To read others of the same size, such as a million brackets, would
 * take seconds. Nothing else of it is looked at.
 */
export function isWithinExtent(json: Uint8Array): boolean {
  let [depth, parts, isText] = [0, 0, false]
  for (let i = 0; i < json.length && depth <= maxDepth && parts <= maxParts; i++) {
    const unit = json[i]
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
