/** What the quickstart asks the language model; every second one is streamed. */
export const PROMPTS: readonly string[] = [
  'What is a Merkle tree?',
  'Why should I sign a batch?',
  'What does a receipt prove?',
  'How is a payment scored for risk?',
]
