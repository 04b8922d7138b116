/**
 * The operator's one-time work: publishes both models, and registers where they run. Prints the ids as one line of JSON.
 *
 * The publisher is an account with coins; the environment's key is the operator's session key, which signs its registration.
 */
import {
  assayActions,
  getEnvironment,
  getModel,
  manifestDigestOf,
  modelIdOf,
  environmentIdOf,
  type EnvironmentClaim,
} from '@assay/sdk'
import { createWalletClient, type Hex, http, publicActions, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { LANGUAGE_MODEL_FILES } from './language-model.ts'
import { manifestOf } from './model-manifest.ts'
import { DEFAULT_MODEL_NAME } from './openai-server.ts'
import { RISK_MODEL_FILES } from './risk-model.ts'
import { setting } from './settings.ts'

const account = privateKeyToAccount(setting('ASSAY_PUBLISHER_KEY') as Hex)
const sessionKey = privateKeyToAccount(setting('ASSAY_SESSION_KEY') as Hex)
const modelRegistry = setting('ASSAY_MODEL_REGISTRY') as Hex
const environmentRegistry = setting('ASSAY_ENVIRONMENT_REGISTRY') as Hex
const client = createWalletClient({
  account,
  transport: http(setting('ASSAY_RPC_URL')),
  pollingInterval: 50,
})
  .extend(publicActions)
  .extend(assayActions())

async function publish(name: string, files: URL): Promise<Hex> {
  const version = '1.0.0'
  const manifestDigest = manifestDigestOf(await manifestOf(files))
  const model = { publisher: account.address, name, version, manifestDigest }
  const modelId = modelIdOf(model)
  // Published once; a second run finds it.
  if (await getModel(client, { modelId, modelRegistry })) return modelId
  const { transactionHash } = await client.publishModel({ ...model, modelRegistry })
  await client.waitForTransactionReceipt({ hash: transactionHash })
  return modelId
}

async function register(): Promise<Hex> {
  const claim: EnvironmentClaim = {
    kind: 'none',
    measurement: zeroHash,
    keyType: 'secp256k1',
    key: sessionKey.publicKey,
    attestationDigest: zeroHash,
  }
  const chainId = await client.getChainId()
  const registrant = account.address
  const environmentId = environmentIdOf(claim, { chainId, environmentRegistry, registrant })
  if (await getEnvironment(client, { environmentId, environmentRegistry })) return environmentId
  const { transactionHash } = await client.registerEnvironment({
    ...claim,
    validUntil: Math.floor(Date.now() / 1000) + 30 * 24 * 60 * 60,
    proveKey: (typedData) => sessionKey.signTypedData(typedData),
    environmentRegistry,
  })
  await client.waitForTransactionReceipt({ hash: transactionHash })
  return environmentId
}

const risk = await publish('assay-quickstart-risk', RISK_MODEL_FILES)
const language = await publish(DEFAULT_MODEL_NAME, LANGUAGE_MODEL_FILES)
const environment = await register()
console.log(JSON.stringify({ risk, language, environment }))
