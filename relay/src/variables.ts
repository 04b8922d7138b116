/** The environment variables that set a relay up: the one place that says what each means and what holds without it. */
export const variables = {
  chainId: ['ASSAY_CHAIN_ID', 'id of the chain', 'none, it must be set'],
  rpcUrl: [
    'ASSAY_RPC_URL',
    'HTTP(S) endpoint of the chain; several, separated by commas, stand in for each other',
    'none, it must be set',
  ],
  privateKey: [
    'ASSAY_RELAY_KEY',
    'private key of the account that pays, 32 bytes as hex',
    'none, it must be set',
  ],
  accounts: [
    'ASSAY_RELAY_ACCOUNTS',
    'accounts in whose name the relay pays, separated by commas; or `anyone`',
    'none, it must be set',
  ],
  accepts: [
    'ASSAY_RELAY_ACCEPTS',
    'what the relay pays for, separated by commas: settleBatches, authorizeSessionKey, …',
    'everything',
  ],
  budgetPerAccount: [
    'ASSAY_RELAY_BUDGET',
    'coins that may be spent for one account in 24 hours, such as 0.05',
    '0.01',
  ],
  ratePerAccount: ['ASSAY_RELAY_RATE', 'batches and messages of one account in a minute', '60'],
  maxFeePerGas: ['ASSAY_RELAY_MAX_FEE', 'gwei paid for a unit of gas at most', '100'],
  maxCost: ['ASSAY_RELAY_MAX_COST', 'coins that one transaction may cost', '0.1'],
  inferenceLog: ['ASSAY_INFERENCE_LOG', 'address of InferenceLog', "the chain's deployment"],
  modelRegistry: ['ASSAY_MODEL_REGISTRY', 'address of ModelRegistry', "the chain's deployment"],
  environmentRegistry: [
    'ASSAY_ENVIRONMENT_REGISTRY',
    'address of EnvironmentRegistry',
    "the chain's deployment",
  ],
  verdictRegistry: [
    'ASSAY_VERDICT_REGISTRY',
    'address of VerdictRegistry',
    "the chain's deployment",
  ],
  port: ['ASSAY_RELAY_PORT', 'port to listen at', '8546'],
  host: ['ASSAY_RELAY_HOST', 'address to listen at', '127.0.0.1'],
} as const satisfies Record<string, readonly [name: string, meaning: string, standard: string]>

/** What can be set. */
export type Variable = keyof typeof variables
