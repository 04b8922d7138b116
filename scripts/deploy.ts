/**
 * Deploys Assay to a network of hardhat.config.ts and records it in `deployments/<chainId>.json`. Run again, it changes nothing.
 */
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'
import { BaseError } from '@assay/sdk'

const help = `Usage: pnpm run deploy --network <name> [options]

  --network <name>      Network of hardhat.config.ts; \`target\` reads ASSAY_RPC_URL and ASSAY_DEPLOYER_KEY,
                        from Hardhat's keystore or the environment.
  --install-createx     Bring the factory CreateX to a chain that lacks it (up to 0.3 of the chain's currency).
  --start-block <n>     First block of the deployment, where the RPC can't tell.
  --directory <path>    Where to write <chainId>.json. Default: deployments
  --help                This text.
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      network: { type: 'string' },
      'install-createx': { type: 'boolean' },
      'start-block': { type: 'string' },
      directory: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help || !values.network) {
    console.log(help)
    process.exitCode = values.help ? 0 : 1
    return
  }
  const directory = values.directory
    ? pathToFileURL(`${values.directory.replace(/\/$/, '')}/`)
    : undefined
  // Hardhat finds its configuration from the working directory.
  process.chdir(new URL('..', import.meta.url).pathname)
  const { default: hre } = await import('hardhat')
  const { deployAssay, reachableChainId } = await import('./deployment/deploy-assay.ts')
  const { readDeployment, writeDeployment } = await import('./deployment/deployment-file.ts')

  await hre.tasks.getTask('build').run({ quiet: true, noTests: true })
  const connection = await hre.network.create(values.network)
  const chainId = await reachableChainId(connection)
  const deployment = await deployAssay(connection, {
    recorded: await readDeployment(chainId, directory),
    ...(values['install-createx'] ? { installCreateX: true } : {}),
    startBlock: values['start-block'] ? Number(values['start-block']) : undefined,
  })
  const changed = await writeDeployment(deployment, directory)
  console.log(
    changed ? `Deployed to chain ${chainId}:` : `Chain ${chainId} has it all, nothing changed:`,
  )
  console.log(JSON.stringify(deployment, undefined, 2))
  await connection.close()
}

try {
  await main()
} catch (error) {
  console.error(error instanceof BaseError ? error.message : error)
  process.exitCode = 1
}
