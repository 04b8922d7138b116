/** A queue in which groups take turns, so that one with a million members holds up no other. */
export function createTurns<T>() {
  const groups = new Map<string, T[]>()
  return {
    add(group: string, item: T): void {
      const items = groups.get(group)
      if (items) items.push(item)
      else groups.set(group, [item])
    },
    /** The next of the group whose turn it is, among those that may have one. */
    take(mayTake: (group: string) => boolean): T | undefined {
      for (const [group, items] of groups) {
        if (!mayTake(group)) continue
        const item = items.shift()
        groups.delete(group)
        // Behind all others.
        if (items.length > 0) groups.set(group, items)
        return item
      }
      return undefined
    },
  }
}
