import { ModelFileError } from './errors.ts'
import { floatsOf, floatTensor, OnnxSession, readModelJson } from './onnx-session.ts'
import {
  decide,
  DEFAULT_THRESHOLDS,
  type Decision,
  type DecisionThresholds,
} from './risk-decision.ts'
import {
  featuresOf,
  parseTransaction,
  TRANSACTION_FIELDS,
  type Transaction,
} from './transaction.ts'

/** The runtime files of the risk model: the graph and the description of its input. */
export const RISK_MODEL_FILES = new URL('../models/risk/files/', import.meta.url)

/** The score of one transaction. */
export interface RiskScore {
  /** Probability that the payment is fraud, 0 to 1; a float32 that is equal on every machine. */
  readonly risk: number
  /** What the decision rule makes of the risk. */
  readonly decision: Decision
  /** The model's input: raw values in the order of `features.json`, float32[10]. */
  readonly features: Float32Array
}

/** Scores payments with the ONNX graph. */
export interface RiskModel {
  /** Throws `InvalidTransactionError` if a field is missing or out of range. */
  score(transaction: Transaction): Promise<RiskScore>
  /** Frees the memory of the graph. */
  close(): Promise<void>
}

/** Options of `loadRiskModel`. */
export interface RiskModelOptions {
  /** Folder of `risk.onnx` and `features.json`, ending in a slash. */
  readonly files?: URL
  /** Limits of the decision rule. */
  readonly thresholds?: DecisionThresholds
}

/** Loads the model and checks that it was trained for the fields of `Transaction`. */
export async function loadRiskModel({
  files = RISK_MODEL_FILES,
  thresholds = DEFAULT_THRESHOLDS,
}: RiskModelOptions = {}): Promise<RiskModel> {
  await checkFeatures(new URL('features.json', files))
  const session = await OnnxSession.load(new URL('risk.onnx', files), {
    inputs: ['features'],
    outputs: ['risk'],
  })

  async function score(transaction: Transaction): Promise<RiskScore> {
    const features = featuresOf(parseTransaction(transaction))
    const outputs = await session.run({ features: floatTensor(features, [1, features.length]) })
    const [risk = NaN] = floatsOf(outputs, 'risk')
    return { risk, decision: decide(risk, thresholds), features }
  }

  return { score, close: () => session.release() }
}

async function checkFeatures(file: URL): Promise<void> {
  const described = (await readModelJson(file)) as { features?: { name?: unknown }[] } | null
  const names = described?.features?.map((feature) => feature.name)
  if (names?.join() !== TRANSACTION_FIELDS.join()) {
    throw new ModelFileError(file.pathname, `must list ${TRANSACTION_FIELDS.join(', ')}`)
  }
}
