import { type SignedCallKind, signedCallKinds } from '@assay/sdk/relay'
import { deploymentOf } from '@assay/sdk'
import { type Address, fallback, http, isAddress, parseEther, parseGwei } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Contracts } from './chain.ts'
import type { RelayOptions } from './create-relay.ts'
import { RelaySettingsError } from './errors.ts'
import { type Variable, variables } from './variables.ts'

/** A relay's options, and where to listen. */
export type RelaySettings = RelayOptions & { port: number; host: string }

/**
 * Reads the environment's variables.
 *
 * @throws RelaySettingsError that names the variable. The value of the key is never shown.
 */
export function readSettings(env: Record<string, string | undefined>): RelaySettings {
  const get = (key: Variable) => env[variables[key][0]]?.trim() || undefined
  const wrong = (key: Variable, problem: string) =>
    new RelaySettingsError(variables[key][0], problem)
  const must = (key: Variable) => {
    const value = get(key)
    if (value === undefined) throw wrong(key, 'is missing')
    return value
  }
  const whole = (key: Variable, value: string) => {
    if (!/^\d{1,15}$/.test(value)) throw wrong(key, 'must be a whole number')
    return Number(value)
  }
  const amount = (key: Variable, read: (text: string) => bigint) => {
    const value = get(key)
    if (value === undefined) return undefined
    if (!/^\d{1,20}(?:\.\d{1,18})?$/.test(value)) throw wrong(key, 'must be a number')
    return read(value)
  }
  const chainId = whole('chainId', must('chainId'))
  const address = (key: keyof Contracts) => {
    const value = get(key) ?? deploymentOf(chainId)?.[key]
    if (value === undefined) throw wrong(key, 'is missing')
    if (!isAddress(value)) throw wrong(key, 'is no address')
    return value
  }
  const rate = get('ratePerAccount')
  return {
    chainId,
    transport: fallback(urls(must('rpcUrl'), wrong).map((url) => http(url, { timeout: 10_000 }))),
    account: payer(must('privateKey'), wrong),
    contracts: {
      inferenceLog: address('inferenceLog'),
      modelRegistry: address('modelRegistry'),
      environmentRegistry: address('environmentRegistry'),
      verdictRegistry: address('verdictRegistry'),
    },
    policy: {
      accounts: accounts(must('accounts'), wrong),
      accepts: accepted(get('accepts'), wrong),
      budgetPerAccount: amount('budgetPerAccount', parseEther),
      ratePerAccount: rate === undefined ? undefined : whole('ratePerAccount', rate),
      maxFeePerGas: amount('maxFeePerGas', parseGwei),
      maxCost: amount('maxCost', parseEther),
    },
    port: whole('port', get('port') ?? variables.port[2]),
    host: get('host') ?? variables.host[2],
  }
}

type Wrong = (key: Variable, problem: string) => RelaySettingsError

const list = (text: string) => text.split(',').map((it) => it.trim())

function urls(text: string, wrong: Wrong): string[] {
  const all = list(text)
  if (all.every((url) => /^https?:\/\//.test(url) && URL.canParse(url))) return all
  throw wrong('rpcUrl', 'must be http or https URLs')
}

function payer(key: string, wrong: Wrong) {
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw wrong('privateKey', 'must be a private key: 0x and 64 hex digits')
  }
  try {
    return privateKeyToAccount(key as `0x${string}`)
  } catch {
    throw wrong('privateKey', 'is no private key of secp256k1')
  }
}

function accounts(text: string, wrong: Wrong): 'anyone' | Address[] {
  if (text === 'anyone') return 'anyone'
  return list(text).map((it) => {
    if (!isAddress(it)) throw wrong('accounts', 'must be addresses, or `anyone`')
    return it
  })
}

function accepted(text: string | undefined, wrong: Wrong) {
  const known = ['settleBatches', ...signedCallKinds] as const
  return text === undefined
    ? undefined
    : list(text).map((it): 'settleBatches' | SignedCallKind => {
        const found = known.find((kind) => kind === it)
        if (!found) throw wrong('accepts', `must be of ${known.join(', ')}`)
        return found
      })
}
