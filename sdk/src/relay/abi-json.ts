import type { AbiParameter } from 'viem'
import {
  digits,
  hexOf,
  hexUpTo,
  listOf,
  objectOf,
  type Refuse,
  type Shape,
  text,
} from '../formats/shape.ts'

/** How much the open-ended types may hold. */
export type AbiLimits = {
  /** Of `bytes`. */
  maxBytes: number
  /** Of `string`, in UTF-16 code units. */
  maxText: number
  /** Elements of a list. */
  maxList: number
}

export const defaultAbiLimits: AbiLimits = { maxBytes: 65_536, maxText: 4_096, maxList: 100 }

type Parameter = AbiParameter & { components?: readonly AbiParameter[] }

/** Strict JSON of named parameters: integers as digits in strings, hex in lower case, a tuple as an object of its members. */
export function shapeOfParameters(
  parameters: readonly AbiParameter[],
  limits: AbiLimits = defaultAbiLimits,
): Shape {
  return objectOf(
    Object.fromEntries(parameters.map((it) => [it.name ?? '', shapeOf(it, limits)] as const)),
  )
}

function shapeOf(parameter: Parameter, limits: AbiLimits): Shape {
  const { type, components = [] } = parameter
  if (type.endsWith('[]')) {
    return listOf(shapeOf({ ...parameter, type: type.slice(0, -2) }, limits), limits.maxList)
  }
  if (type === 'tuple') return shapeOfParameters(components, limits)
  if (type === 'address') return hexOf(20)
  if (type === 'bytes') return hexUpTo(limits.maxBytes)
  if (type === 'string') return text(limits.maxText)
  if (type.startsWith('bytes')) return hexOf(Number(type.slice(5)))
  return digits(Number(type.slice(4)))
}

/**
 * The values that a checked JSON object stands for, as viem takes them.
 *
 * @throws what `refuse` makes.
 */
export function valuesOfJson(
  parameters: readonly AbiParameter[],
  json: unknown,
  refuse: Refuse,
  limits?: AbiLimits,
): Record<string, unknown> {
  shapeOfParameters(parameters, limits)(json, 'arguments', refuse)
  return valueOf({ type: 'tuple', components: parameters }, json) as Record<string, unknown>
}

function valueOf(parameter: Parameter, json: unknown): unknown {
  const { type, components = [] } = parameter
  if (type.endsWith('[]')) {
    const element = { ...parameter, type: type.slice(0, -2) }
    return (json as unknown[]).map((it) => valueOf(element, it))
  }
  if (type === 'tuple') {
    const members = json as Record<string, unknown>
    return Object.fromEntries(
      components.map((it) => [it.name ?? '', valueOf(it, members[it.name ?? ''])]),
    )
  }
  if (!type.startsWith('uint')) return json
  // As viem has it: what fits into 48 bits is a number.
  return Number(type.slice(4)) <= 48 ? Number(json) : BigInt(json as string)
}

/** The JSON of values: the other way round. */
export function jsonOfValues(
  parameters: readonly AbiParameter[],
  values: Record<string, unknown>,
): Record<string, unknown> {
  return jsonOf({ type: 'tuple', components: parameters }, values) as Record<string, unknown>
}

function jsonOf(parameter: Parameter, value: unknown): unknown {
  const { type, components = [] } = parameter
  if (type.endsWith('[]')) {
    const element = { ...parameter, type: type.slice(0, -2) }
    return (value as unknown[]).map((it) => jsonOf(element, it))
  }
  if (type === 'tuple') {
    const members = value as Record<string, unknown>
    return Object.fromEntries(
      components.map((it) => [it.name ?? '', jsonOf(it, members[it.name ?? ''])]),
    )
  }
  if (type === 'string') return value
  return type.startsWith('uint') ? String(value) : String(value).toLowerCase()
}
