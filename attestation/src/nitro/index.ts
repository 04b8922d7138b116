export { awsNitroRoots } from './pins.ts'
export { type NitroRule, nitroRules } from './rules.ts'
export { type NitroReport, verifyNitro } from './verify-nitro.ts'
