import type { Unread } from '../chain/unread.ts'
import type { Check, CheckName, CheckSource, CheckStatus, Question } from '../report.ts'

/** To which question each check belongs. */
const questions: Record<CheckName, Question> = {
  commitment: 'record',
  inclusion: 'record',
  signature: 'record',
  settlement: 'record',
  time: 'record',
  sessionKey: 'record',
  log: 'record',
  model: 'model',
  environment: 'environment',
  output: 'output',
  messages: 'output',
  contents: 'output',
  evidence: 'output',
  hints: 'record',
}

/** Makes the lines of one check. */
export function linesOf(name: CheckName) {
  const line = (
    status: CheckStatus,
    source: CheckSource,
    reason: string,
    raise?: string,
  ): Check => ({
    name,
    question: questions[name],
    status,
    source,
    reason,
    ...(raise ? { raise } : {}),
  })
  return {
    line,
    /** What could not be read is not known. */
    unread: ({ unread, raise }: Unread, source: CheckSource = 'vouched') =>
      line('unknown', source, unread, raise),
  }
}
