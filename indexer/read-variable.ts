import { type Address, getAddress, isAddress } from 'viem'
import { IndexerSettingsError } from './errors.ts'
import { type Setting, variables } from './variables.ts'

/** Environment variables. */
export type Env = Readonly<Record<string, string | undefined>>
/** Environment variables, and what their names end with where they say something of one of several chains. */
export type Given = { env: Env; suffix: string }

/** What a variable holds; undefined: nothing. */
export function read({ env, suffix }: Given, setting: Setting): string | undefined {
  return env[`${variables[setting].name}${suffix}`]?.trim() || undefined
}

/** @throws IndexerSettingsError */
export function refuse(setting: Setting, problem: string, suffix = ''): never {
  const variable = variables[setting]
  throw new IndexerSettingsError({ ...variable, name: `${variable.name}${suffix}` }, problem)
}

/** @throws IndexerSettingsError */
export function readInteger(
  given: Given,
  setting: Setting,
  fallback: number | undefined,
  minimum: number,
): number {
  const text = read(given, setting)
  if (text === undefined) return fallback ?? refuse(setting, 'is not set', given.suffix)
  return integerOf(setting, text, minimum, given.suffix)
}

/** @throws IndexerSettingsError */
export function integerOf(setting: Setting, text: string, minimum: number, suffix = ''): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum) {
    refuse(setting, `is not a whole number from ${minimum} on: ${JSON.stringify(text)}`, suffix)
  }
  return value
}

/** @throws IndexerSettingsError */
export function readAddress(
  given: Given,
  setting: Setting,
  fallback: Address | undefined,
): Address {
  const text = read(given, setting)
  if (text === undefined) {
    return (
      fallback ?? refuse(setting, 'is not set, and the chain has no known deployment', given.suffix)
    )
  }
  if (!isAddress(text, { strict: false })) {
    refuse(setting, `is not an address: ${JSON.stringify(text)}`, given.suffix)
  }
  return getAddress(text.toLowerCase())
}

/** URLs that are separated by commas. @throws IndexerSettingsError */
export function readUrls(given: Given, setting: Setting, protocols: readonly string[]): string[] {
  const urls = (read(given, setting) ?? refuse(setting, 'is not set', given.suffix))
    .split(',')
    .map((url) => url.trim())
  for (const url of urls) {
    if (!protocols.includes(URL.parse(url)?.protocol ?? '')) {
      refuse(setting, `is not a URL with ${protocols.join(' or ')}`, given.suffix)
    }
  }
  return urls
}
