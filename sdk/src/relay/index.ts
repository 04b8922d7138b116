export { explain as explainFailure } from '../actions/refusal.ts'
export { parseStrictJson } from '../formats/strict-json.ts'
export {
  type RelayedSettlement,
  type RelayProblem,
  type SettlementAnswer,
  type SignedCallAnswer,
} from './answers.ts'
export {
  formatSettlementRequest,
  parseSettlementRequest,
  type RelayedBatch,
  type SettlementRequest,
  settlementRequestLimits,
} from './settlement-request.ts'
export {
  callTypedData,
  formatSignedCall,
  parseSignedCall,
  type AnySignedCall,
  type SignedCall,
} from './signed-call.ts'
export {
  abiOfCall,
  accountOfCall,
  contractAbis,
  type SignedCallArguments,
  signedCallFunction,
  type SignedCallKind,
  signedCallKinds,
  signedCalls,
} from './signed-calls.ts'
