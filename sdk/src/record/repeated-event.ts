/** Recognizes events that differ from an earlier one in their text alone, as most pieces of an answer do. */
export type RepeatedEvent = {
  /** The text of such an event; undefined if the event has to be parsed. */
  textOf(data: string): string | undefined
  /** Takes an event that was parsed, with the texts found in it, as the one that may be repeated. */
  learn(data: string, texts: readonly string[]): void
}

/** What can stand in a JSON string as it is: all but quotes, backslashes and control characters. */
const plain = /^[ !#-[\]-\uffff]*$/

/**
 * Saves the parsing of most events. What comes before and after the text is compared; what lies between can't leave the string it
 * stands in, so all else that the event says is what the earlier one said.
 *
 * @param textsIn - Parses an event.
 */
export function createRepeatedEvent(textsIn: (data: string) => readonly string[]): RepeatedEvent {
  let head = ''
  let tail = ''
  let probe = ''
  let isText: boolean | undefined

  /** That another text in this place is found again shows that this is the place that texts are taken from. */
  function showsText(): boolean {
    const texts = textsIn(head + probe + tail)
    return texts.length === 1 && texts[0] === probe
  }

  return {
    textOf(data) {
      if (head === '' || data.length < head.length + tail.length) return undefined
      if (!data.startsWith(head) || !data.endsWith(tail)) return undefined
      const text = data.slice(head.length, data.length - tail.length)
      if (!plain.test(text)) return undefined
      isText ??= showsText()
      return isText ? text : undefined
    },
    learn(data, [text, ...more]) {
      if (text === undefined || more.length > 0 || !plain.test(text)) return
      const at = data.indexOf(`"${text}"`)
      if (at < 0) return
      head = data.slice(0, at + 1)
      tail = data.slice(at + 1 + text.length)
      probe = `${text}.`
      isText = undefined
    },
  }
}
