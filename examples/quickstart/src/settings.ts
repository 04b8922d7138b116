import { QuickstartError } from './errors.ts'

/** A variable of the environment that has to be there; `pnpm start` sets all of them. */
export function setting(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new QuickstartError('setting_missing', `${name} is not set. \`pnpm start\` sets it.`)
}
