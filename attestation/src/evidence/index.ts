export { type ChatSignature, checkSigningAddress, readChatSignature } from './chat-signature.ts'
export {
  type EvidenceImporter,
  type EvidenceProblem,
  EvidenceRefusedError,
  type EvidenceReport,
  type EvidenceSpeaker,
  type Exchange,
} from './evidence.ts'
export { type OpenGradientKey, readOpenGradient } from './open-gradient.ts'
