import { isZero } from '../judging/bytes.ts'
import { demand } from '../judging/judge.ts'
import type { TdReport } from './quote.ts'

/** Bits of the attributes of a trust domain (Intel TDX Module, ATTRIBUTES). */
const bits = { septVeDisable: 28n, migratable: 29n, pks: 30n, keyLocker: 31n, perfmon: 63n }
/** The first byte: whatever makes a domain one that is not trusted, debugging first of all. */
const untrusted = 0xffn

/** Checks what the host, or others, may do to a trust domain. */
export function checkAttributes({ tdAttributes, mrServiceTd }: TdReport): void {
  const view = new DataView(tdAttributes.buffer, tdAttributes.byteOffset, 8)
  const attributes = view.getBigUint64(0, true)
  const has = (bit: bigint) => (attributes >> bit) & 1n
  demand((attributes & untrusted) === 0n, 'debugMode', 'its attributes let it be debugged')
  const isBound = mrServiceTd !== undefined && !isZero(mrServiceTd)
  demand(has(bits.migratable) === 0n && !isBound, 'migration', 'it can be migrated')
  demand(has(bits.septVeDisable) === 1n, 'attributes', 'its attributes lack SEPT_VE_DISABLE')
  const known = Object.values(bits).reduce((sum, bit) => sum | (1n << bit), 0n)
  demand((attributes & ~known) === 0n, 'attributes', 'its attributes have unknown bits')
}
