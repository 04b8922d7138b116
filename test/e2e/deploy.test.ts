import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { attesterQuorumAbi, p256AttesterAbi } from '@assay/sdk/abi'
import { deployments } from '@assay/sdk/deployments'
import { network } from 'hardhat'
import {
  type Address,
  bytesToHex,
  createPublicClient,
  getAddress,
  type Hex,
  hexToBytes,
  http,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ContractKey, contractNames } from '../../ignition/modules/Assay.ts'
import quorumModule from '../../ignition/modules/AttesterQuorum.ts'
import p256Module from '../../ignition/modules/P256Attester.ts'
import { deployAssay } from '../../scripts/deployment/deploy-assay.ts'
import { writeDeployment } from '../../scripts/deployment/deployment-file.ts'
import { runScript } from '../support/run-script.ts'

// Hardhat's first account, which everybody knows.
const key = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const poorKey = `0x${'17'.repeat(32)}`

describe('deployAssay', () => {
  test('default: a fresh local chain gets what deployments/31337.json says', async () => {
    const connection = await network.create()
    const deployment = await deployAssay(connection)
    expect(deployment).toEqual(deployments[31337])
    const client = await connection.viem.getPublicClient()
    for (const address of [deployment.modelRegistry, deployment.inferenceLog])
      expect(await client.getCode({ address })).toBeDefined()
  })

  test('behavior: what stands there is the compiled code, save for its immutables', async () => {
    const connection = await network.create()
    const deployment = await deployAssay(connection)
    const client = await connection.viem.getPublicClient()
    for (const [key, name] of Object.entries(contractNames) as [ContractKey, string][]) {
      const file = new URL(`../../artifacts/contracts/${name}.sol/${name}.json`, import.meta.url)
      const artifact = JSON.parse(await readFile(file, 'utf8')) as {
        deployedBytecode: Hex
        immutableReferences: Record<string, { start: number; length: number }[]>
      }
      const code = hexToBytes((await client.getCode({ address: deployment[key] })) as Hex)
      for (const { start, length } of Object.values(artifact.immutableReferences).flat())
        code.fill(0, start, start + length)
      expect(bytesToHex(code) === artifact.deployedBytecode, name).toBe(true)
    }
  })

  test('behavior: costs what docs/deploy.md says', async () => {
    const connection = await network.create()
    const { startBlock } = await deployAssay(connection)
    const client = await connection.viem.getPublicClient()
    const last = await client.getBlockNumber({ cacheTime: 0 })
    const gas: bigint[] = []
    for (let number = BigInt(startBlock); number <= last; number++)
      gas.push((await client.getBlock({ blockNumber: number })).gasUsed)
    expect(gas).toHaveLength(Object.keys(contractNames).length)
    expect(gas.reduce((sum, used) => sum + used)).toBeLessThan(7_500_000n)
  })

  test('behavior: a second deployment sends no transaction', async () => {
    const connection = await network.create()
    const first = await deployAssay(connection)
    const client = await connection.viem.getPublicClient()
    const block = await client.getBlockNumber({ cacheTime: 0 })
    expect(await deployAssay(connection)).toEqual(first)
    expect(await client.getBlockNumber({ cacheTime: 0 })).toBe(block)
  })

  test('behavior: the start block of another chain of the same id is not believed', async () => {
    const connection = await network.create()
    const client = await connection.viem.getTestClient()
    await client.mine({ blocks: 10 })
    const { startBlock } = await deployAssay(connection, { recorded: deployments[31337] })
    expect(startBlock).toBe(deployments[31337].startBlock + 10)
  })
})

describe('modules of verifiers', () => {
  const page = () => readFile(new URL('../../docs/deploy.md', import.meta.url), 'utf8')

  test('default: the parameters that docs/deploy.md shows give a quorum', async () => {
    const connection = await network.create()
    const parameters = JSON.parse(/^```json\n(.*?)^```/ms.exec(await page())?.[1] ?? '') as {
      AttesterQuorum: { attesters: { account: Hex; name: Hex }[]; threshold: number }
    }
    const { attesters, threshold } = parameters.AttesterQuorum
    const deployed = await connection.ignition.deploy(quorumModule, { parameters })
    const { address } = deployed.quorum as { address: Address }
    const read = async (functionName: 'attesters' | 'threshold') => {
      const client = await connection.viem.getPublicClient()
      return client.readContract({ address, abi: attesterQuorumAbi, functionName })
    }
    expect(await read('threshold')).toBe(BigInt(threshold))
    expect(await read('attesters')).toEqual(
      attesters.map(({ account, name }) => ({ account: getAddress(account), name })),
    )
  })

  test('default: a P-256 key', async () => {
    const connection = await network.create()
    const { p256 } = JSON.parse(
      await readFile(new URL('../vectors/statements.json', import.meta.url), 'utf8'),
    ) as { p256: Record<'name' | 'x' | 'y', Hex> }
    const { name, x, y } = p256
    const parameters = { P256Attester: { name, x, y } }
    const { attester } = await connection.ignition.deploy(p256Module, { parameters })
    const client = await connection.viem.getPublicClient()
    const { address } = attester
    const read = { address, abi: p256AttesterAbi, functionName: 'attester' } as const
    expect(await client.readContract(read)).toEqual([name, x, y])
  })
})

describe('the deploy command, on a second chain over HTTP', () => {
  const chainId = 31_338
  let directory: string
  let env: Record<string, string>
  let server: Awaited<ReturnType<typeof network.createServer>>

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'assay-deploy-'))
    server = await network.createServer({ override: { chainId } }, '127.0.0.1', 0)
    const { port } = await server.listen()
    env = { ASSAY_RPC_URL: `http://127.0.0.1:${port}`, ASSAY_DEPLOYER_KEY: key }
  })
  afterAll(async () => {
    await server.close()
    await rm(directory, { recursive: true })
  })

  const deploy = (args: string[] = [], overrides: Record<string, string> = {}) =>
    runScript('scripts/deploy.ts', ['--network', 'target', '--directory', directory, ...args], {
      ...env,
      ...overrides,
    })

  test('error: the chain lacks CreateX', async () => {
    const { code, stderr } = await deploy()
    expect(code).toBe(1)
    expect(stderr).toContain('This chain lacks the factory CreateX.')
    expect(stderr).toContain('--install-createx')
  })

  test('error: the deployer has no money', async () => {
    const { code, stderr } = await deploy([], { ASSAY_DEPLOYER_KEY: poorKey })
    expect(code).toBe(1)
    expect(stderr).toContain('The deployer has no money on this chain.')
  })

  test('error: the RPC is down', async () => {
    const { code, stderr } = await deploy([], { ASSAY_RPC_URL: 'http://127.0.0.1:9' })
    expect(code).toBe(1)
    expect(stderr).toContain('The RPC does not answer.')
  })

  test('error: a setting is missing', async () => {
    const { code, stderr } = await runScript('scripts/deploy.ts', ['--network', 'target'], {
      ASSAY_RPC_URL: env.ASSAY_RPC_URL ?? '',
    })
    expect(code).toBe(1)
    expect(stderr).toContain('ASSAY_DEPLOYER_KEY is not set.')
  })

  test('default: the same addresses as anywhere, and a second run changes nothing', async () => {
    const first = await deploy(['--install-createx'])
    expect(first.stderr).toBe('')
    expect(first.stdout).toContain(`Deployed to chain ${chainId}`)
    const file = join(directory, `${chainId}.json`)
    const written = await readFile(file, 'utf8')
    expect(JSON.parse(written)).toEqual({ ...deployments[31337], chainId })

    const client = createPublicClient({ transport: http(env.ASSAY_RPC_URL) })
    const block = await client.getBlockNumber({ cacheTime: 0 })
    const second = await deploy()
    expect(second.stdout).toContain('nothing changed')
    expect(await readFile(file, 'utf8')).toBe(written)
    // Whoever checks a deployment needs no money.
    expect((await deploy([], { ASSAY_DEPLOYER_KEY: poorKey })).stdout).toContain('nothing changed')
    expect(await client.getBlockNumber({ cacheTime: 0 })).toBe(block)
  }, 60_000)
})

test('writeDeployment: an unchanged deployment leaves the file alone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'assay-deployments-'))
  const url = pathToFileURL(`${directory}/`)
  const deployment = deployments[31337]
  expect(await writeDeployment(deployment, url)).toBe(true)
  expect(await writeDeployment(deployment, url)).toBe(false)
  await rm(directory, { recursive: true })
})
