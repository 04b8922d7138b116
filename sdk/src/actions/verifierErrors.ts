import type { Abi } from 'viem'
import { attesterQuorumAbi, p256AttesterAbi } from '../generated/abi.ts'

/** OpenZeppelin's, of a P256Attester on a chain without the precompile at 0x100: a library's, and so in no ABI of a contract's. */
const missingPrecompile = {
  type: 'error',
  name: 'MissingPrecompile',
  inputs: [{ name: 'precompile', type: 'address' }],
} as const

/** Errors of the verifiers of Assay's own, with which a registration may be refused: they are in no registry's ABI. */
export const verifierErrors: Abi = /* @__PURE__ */ (() =>
  [...attesterQuorumAbi, ...p256AttesterAbi, missingPrecompile].filter(
    ({ type }) => type === 'error',
  ))()
