import { demand, refuse } from '../judging/judge.ts'

/** Products whose roots are known. */
export type SnpProduct = 'Milan' | 'Genoa' | 'Turin'

/** Versions of firmware and microcode, by AMD's names of them. */
export type SnpTcb = {
  bootLoader: number
  tee: number
  snp: number
  microcode: number
  /** Of Turin only. */
  fmc?: number
}

/** Where a TCB of eight bytes holds what; the rest is reserved. */
const places: Record<SnpProduct, Readonly<Record<string, number>>> = {
  Milan: { bootLoader: 0, tee: 1, snp: 6, microcode: 7 },
  Genoa: { bootLoader: 0, tee: 1, snp: 6, microcode: 7 },
  Turin: { fmc: 0, bootLoader: 1, tee: 2, snp: 3, microcode: 7 },
}

/** How many bytes of a chip's id a product uses. */
export const chipIdBytes: Record<SnpProduct, number> = { Milan: 64, Genoa: 64, Turin: 8 }

/** The product that a name of AMD's begins with, such as `Milan-B0`; the stepping follows it. */
export function productNamed(name: string): SnpProduct | undefined {
  return /^(Milan|Genoa|Turin)(-[A-Z]\d)?$/.exec(name)?.[1] as SnpProduct | undefined
}

/** The product of a processor, whose certificates are also those of its variants. */
export function productOf({ family, model }: { family: number; model: number }): SnpProduct {
  if (family === 0x19 && model < 0x10) return 'Milan'
  // Genoa; Bergamo and Siena.
  if (family === 0x19 && ((model & 0xf0) === 0x10 || (model & 0xf0) === 0xa0)) return 'Genoa'
  if (family === 0x1a && model < 0x12) return 'Turin'
  return refuse('product', `its processor is of family ${family}, model ${model}`)
}

/** Reads a TCB. */
export function readTcb(bytes: Uint8Array, product: SnpProduct): SnpTcb {
  const entries = Object.entries(places[product])
  const used = entries.map(([, place]) => place)
  const unused = bytes.every((byte, place) => byte === 0 || used.includes(place))
  demand(unused, 'tcb', 'it has versions that its product does not have')
  return Object.fromEntries(
    entries.map(([name, place]) => [name, bytes[place]!]),
  ) as unknown as SnpTcb
}

/** Names of the versions that a product has. */
export function tcbNames(product: SnpProduct): (keyof SnpTcb)[] {
  return Object.keys(places[product]) as (keyof SnpTcb)[]
}
