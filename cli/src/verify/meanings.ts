import type { CheckName, CheckSource, CheckStatus, Question } from '@assay/sdk/verify'

/** The three questions and the record, in the order in which they are shown. */
export const questions: Record<Question, string> = {
  model: 'Which model?',
  environment: 'Which environment?',
  output: 'Was it this output?',
  record: 'The record',
}

/** What stands above all, by status. */
export const headlines: Record<CheckStatus, string> = {
  verified: 'Verified: all that the policy requires is shown.',
  refuted: 'Refuted: something is shown to be false.',
  unknown: 'Unknown: not all that the policy requires is shown.',
}

/** On whose word a line rests. */
export const sources: Record<CheckSource, string> = {
  proven: 'by arithmetic or hardware, checked here and now',
  vouched: 'a third party says so, such as the RPC endpoint that was asked',
  declared: 'the party itself says so; that alone never verifies anything',
}

/** What each check asks. */
export const meanings: Record<CheckName, string> = {
  commitment: 'Are the fields that are shown the ones that were committed to?',
  inclusion: 'Is the inference in the batch, at its place?',
  signature: 'Did the session key, or the owner, sign the batch?',
  settlement: 'Does the chain hold the batch?',
  time: 'Can the declared time be, seen from when the batch was settled?',
  sessionKey: 'Was the key in force when the batch was settled?',
  log: 'What does the chain know of the inference log around it?',
  model: 'Who published the model, and who has judged it?',
  environment: 'Who registered the environment, was it in force, and did its own key sign?',
  output: 'Has anyone shown that the model made this output from this input?',
  messages: 'Are the messages that are shown the ones of the request, at their places?',
  contents: 'Are the request and response that you hold the ones on record?',
  evidence: 'Did a provider sign this exchange, and as whom?',
  hints: 'Does what nothing binds, such as the transaction named, agree with the chain?',
}
