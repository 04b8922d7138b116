import type { Random } from '../../contracts/support/random.ts'

/** An object of which one member, at whatever depth, is that of another object of the same form. */
export function swapped<T extends object>(mine: T, other: T, random: Random): T {
  const name = random.pick(Object.keys(mine) as (keyof T)[])
  const [own, its] = [mine[name], other[name]]
  const isWhole = !isParted(own) || !isParted(its) || random.chance(0.2)
  const value = isWhole ? its : swapped(own, its, random)
  return Array.isArray(mine) ? (mine.with(Number(name), value) as T) : { ...mine, [name]: value }
}

function isParted(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
