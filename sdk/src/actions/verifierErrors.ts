import type { Abi } from 'viem'
import { attesterQuorumAbi, p256AttesterAbi } from '../generated/abi.ts'

/** Errors of the verifiers of Assay's own, with which a registration may be refused: they are in no registry's ABI. */
export const verifierErrors: Abi = /* @__PURE__ */ (() =>
  [...attesterQuorumAbi, ...p256AttesterAbi].filter(({ type }) => type === 'error'))()
