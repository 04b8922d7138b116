/** Every reason for which a relay refuses: its HTTP status, its title, and what helps. */
export const problems = {
  malformed: [400, 'The request is malformed', 'Mend it; the same one is refused again.'],
  'not-found': [404, 'There is no such thing here', 'See docs/relay.md for the addresses.'],
  'method-not-allowed': [405, 'The method does not fit the address', 'See docs/relay.md.'],
  'too-large': [413, 'The request is too large', 'Hand in fewer or smaller batches.'],
  'not-json': [415, 'The request is not JSON', 'Send it as application/json.'],
  'wrong-chain': [422, 'This relay serves another chain', 'GET /v1/status says which.'],
  'wrong-contract': [422, 'This relay serves another contract', 'GET /v1/status says which.'],
  'not-accepted': [
    403,
    'This relay does not pay for that',
    'GET /v1/status says for what it does.',
  ],
  'owner-not-served': [403, 'This relay does not serve that account', 'Ask its operator.'],
  'invalid-signature': [422, 'The signature does not fit', 'Sign exactly this, for this contract.'],
  'data-mismatch': [422, 'The data does not give the root', 'Build the batch by `buildBatch`.'],
  'batch-gap': [409, 'The batch begins beyond the head', 'Settle the batches in order.'],
  'batch-fork': [409, 'Another batch stands there', 'What is settled cannot be replaced.'],
  refused: [422, 'The contract refuses', 'The detail names its reason.'],
  'gas-above-cap': [422, 'It needs more gas than a transaction may have', 'Make smaller batches.'],
  'rate-exceeded': [429, 'Too many requests for that account', 'Wait, and make larger batches.'],
  'budget-exceeded': [429, 'The budget of that account is spent', 'Wait, or ask the operator.'],
  'fee-above-ceiling': [503, 'The fee is above what the relay pays', 'Try again later.'],
  'chain-unreachable': [503, 'The relay cannot reach the chain', 'Try again later.'],
  'short-of-funds': [503, 'The relay has run out of coins', 'Ask its operator.'],
  busy: [503, 'The relay is busy', 'Try again soon.'],
  starting: [503, 'The relay is still adding up what it spent', 'Try again soon.'],
  internal: [500, 'The relay failed', 'Its operator sees why. Try again later.'],
} as const satisfies Record<string, readonly [status: number, title: string, advice: string]>

/** For programs, such as `batch-gap`. */
export type ProblemCode = keyof typeof problems
