/**
 * The builder's side: asks two models, gets a receipt for each answer, finds each inference again in the indexer, and verifies
 * all of it twice: by the SDK, and by the script in examples/verify-by-hand that uses nothing of Assay's.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createIndexerClient,
  createRecorder,
  defaultPolicy,
  getInference,
  getInferences,
  type InferenceReceipt,
  type VerificationPolicy,
  type VerificationReport,
  verifyReceipt,
} from '@assay/sdk'
import OpenAI from 'openai'
import { createPublicClient, type Hex, http } from 'viem'
import { QuickstartError } from './errors.ts'
import { askLanguageModel, type QuickstartInference, scorePayments } from './inferences.ts'
import { PROMPTS } from './prompts.ts'
import { setting } from './settings.ts'
import { table } from './table.ts'

/** How long the indexer may take to show what is settled, in ms. */
const indexerPatience = 30_000

const receipts = setting('ASSAY_RECEIPTS')
const recorder = createRecorder({ scheduledDelayMillis: 1_000 })
const openai = new OpenAI({
  baseURL: setting('OPENAI_BASE_URL'),
  apiKey: setting('OPENAI_API_KEY'),
  fetch: recorder.fetch,
})
const chain = createPublicClient({ transport: http(setting('ASSAY_RPC_URL')) })
const indexer = createIndexerClient({ url: setting('ASSAY_INDEXER_URL') })

/** Believes the contracts that were just deployed, on the chain that was just started. */
const policy: VerificationPolicy = {
  ...defaultPolicy,
  chains: {
    [setting('ASSAY_CHAIN_ID')]: {
      inferenceLog: setting('ASSAY_INFERENCE_LOG') as Hex,
      modelRegistry: setting('ASSAY_MODEL_REGISTRY') as Hex,
      environmentRegistry: setting('ASSAY_ENVIRONMENT_REGISTRY') as Hex,
      verdictRegistry: setting('ASSAY_VERDICT_REGISTRY') as Hex,
    },
  },
}

type Row = { inference: QuickstartInference; receipt: InferenceReceipt; report: VerificationReport }

async function modelName(): Promise<string> {
  if (process.env.OPENAI_MODEL) return process.env.OPENAI_MODEL
  const { data } = await openai.models.list()
  const first = data[0]?.id
  if (first) return first
  throw new QuickstartError('no_model', 'The endpoint lists no model; name one by OPENAI_MODEL.')
}

async function receiptOf(inference: QuickstartInference): Promise<InferenceReceipt> {
  const receipt = await recorder.receiptOf(inference.handle)
  if (receipt) return receipt
  throw new QuickstartError('no_receipt', `There is no receipt for “${inference.label}”.`)
}

/** Asks the indexer until it has an answer. */
async function patiently<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + indexerPatience
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) {
      throw new QuickstartError('not_indexed', `The indexer does not show ${what}.`)
    }
    await new Promise((again) => setTimeout(again, 250))
  }
}

/** Waits until the indexer shows an inference, and compares it with the receipt. */
async function fetchBack({ inferenceId, inference, batch }: InferenceReceipt): Promise<void> {
  const indexed = await patiently(inferenceId, () => getInference(indexer, { inferenceId }))
  const same =
    indexed.commitment === inference.commitment &&
    indexed.modelId === inference.modelId &&
    String(indexed.sequence) === inference.sequence &&
    indexed.root === batch.root
  if (!same) {
    throw new QuickstartError('indexer_differs', `The indexer tells ${inferenceId} otherwise.`)
  }
}

/** How many of the language model's answers the operator has settled in its own name: as many as were asked for. */
async function settledByOperator(environmentId: Hex): Promise<number> {
  const page = await patiently('the operator’s record', async () => {
    const found = await getInferences(indexer, { environmentId })
    return found.items.length >= PROMPTS.length ? found : undefined
  })
  return page.items.length
}

async function complete(inference: QuickstartInference): Promise<Row> {
  const receipt = await receiptOf(inference)
  await writeFile(join(receipts, `${receipt.inferenceId}.json`), JSON.stringify(receipt, null, 2))
  await fetchBack(receipt)
  return { inference, receipt, report: await verifyReceipt(receipt, { policy, client: chain }) }
}

function verifiedByHand(rows: readonly Row[]): boolean {
  const script = fileURLToPath(new URL('../../verify-by-hand/verify.mjs', import.meta.url))
  const files = rows.map(({ receipt }) => join(receipts, `${receipt.inferenceId}.json`))
  const { status, stderr } = spawnSync(process.execPath, [script, ...files], { encoding: 'utf8' })
  if (status !== 0) console.error(stderr)
  return status === 0
}

function answerTo(
  report: VerificationReport,
  question: 'model' | 'environment' | 'output',
): string {
  const check = report.checks.find(({ name }) => name === question)
  return check ? `${check.status} (${check.source})` : 'unknown'
}

await mkdir(receipts, { recursive: true })
const riskModelId = process.env.ASSAY_RISK_MODEL_ID as Hex | undefined
const inferences = [
  ...(await scorePayments(recorder, riskModelId)),
  ...(await askLanguageModel(openai, await modelName())),
]
const rows = await Promise.all(inferences.map(complete))
const byHand = verifiedByHand(rows)
await recorder.shutdown()

const titles = ['inference', 'result', 'model', 'environment', 'output', 'record', 'settled in']
console.log(
  table(
    titles,
    rows.map(({ inference, receipt, report }) => [
      inference.label,
      inference.result,
      answerTo(report, 'model'),
      answerTo(report, 'environment'),
      answerTo(report, 'output'),
      report.status,
      `${receipt.hints.transactionHash?.slice(0, 10) ?? '?'} #${receipt.inference.sequence}`,
    ]),
  ),
)
const verified = rows.filter(({ report }) => report.status === 'verified').length
console.log(
  `\n${verified} of ${rows.length} receipts verified by the SDK, ${byHand ? 'all' : 'not all'} by hand.`,
)
const operatorEnvironment = process.env.ASSAY_OPERATOR_ENVIRONMENT_ID as Hex | undefined
if (operatorEnvironment) {
  const count = await settledByOperator(operatorEnvironment)
  console.log(`${String(count)} answers are settled by the model’s operator too, in its own name.`)
}
for (const line of rows[0]?.report.notProven ?? []) console.log(`Not proven: ${line}`)
if (verified !== rows.length || !byHand) process.exitCode = 1
