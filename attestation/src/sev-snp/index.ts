export { amdRoots } from './pins.ts'
export type { SnpProduct, SnpTcb } from './products.ts'
export { type SevSnpRule, sevSnpRules } from './rules.ts'
export type { SigningKey } from './snp-report.ts'
export {
  type SevSnpCollateral,
  type SevSnpOptions,
  type SevSnpReport,
  verifySevSnp,
} from './verify-sev-snp.ts'
