/** The environment's variables; none in a runtime without a process. An empty one counts as not set, as a container's often are. */
export function environment(): Record<string, string | undefined> {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return Object.fromEntries(Object.entries(process?.env ?? {}).filter(([, value]) => value !== ''))
}
