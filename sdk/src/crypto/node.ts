/**
 * A Node.js built-in where the runtime has it, else undefined: Node, Bun and Deno do, browsers do not. It is looked up and not
 * imported, so that a bundler for the browser meets no Node module.
 */
export function builtin(name: string): unknown {
  const runtime = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }
  return runtime.process?.getBuiltinModule?.(name)
}
