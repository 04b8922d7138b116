import { readFile } from 'node:fs/promises'
import { verifierErrors } from '@assay/sdk'
import { p256AttesterAbi } from '@assay/sdk/abi'
import {
  encodeKind,
  encodeP256Statement,
  environmentIdOf,
  environmentStatementTypedData,
} from '@assay/sdk/formats'
import {
  type Address,
  decodeErrorResult,
  encodeDeployData,
  encodeFunctionData,
  hashTypedData,
  type Hex,
  hexToBytes,
  slice,
  toHex,
  zeroHash,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { byteChanges } from './support/changes.ts'
import { createP256Key, p256Order } from './support/p256.ts'
import { createRandom } from './support/random.ts'
import { type SimulatedChain, startSimulatedChain } from './support/simulated-chain.ts'

const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const registrant = '0x00000000000000000000000000000000000000A1'
const validUntil = 2 ** 40
const deadline = 2 ** 39
// The precompile came with Osaka (EIP-7951).
describe.each([
  { hardfork: 'osaka', native: true },
  { hardfork: 'prague', native: false },
])('P256Attester on $hardfork', ({ hardfork, native }) => {
  const random = createRandom(seed)
  const { key, sign } = createP256Key(random.hex(32))
  let chain: SimulatedChain
  let verifier: Address
  beforeAll(async () => {
    chain = await startSimulatedChain(hardfork)
    verifier = await deploy(key)
  })
  afterAll(() => chain.close())

  async function deploy(point: Hex): Promise<Address> {
    const path = '../../artifacts/contracts/verifiers/P256Attester.sol/P256Attester.json'
    const artifact = await readFile(new URL(path, import.meta.url), 'utf8')
    const { bytecode } = JSON.parse(artifact) as { bytecode: Hex }
    const args = [toHex('attester', { size: 32 }), slice(point, 1, 33), slice(point, 33)] as const
    const data = encodeDeployData({ abi: p256AttesterAbi, bytecode, args })
    const [from] = (await chain.request('eth_accounts', [])) as Address[]
    const hash = await chain.request('eth_sendTransaction', [{ from, data }])
    const receipt = await chain.client.getTransactionReceipt({ hash })
    return receipt.contractAddress as Address
  }

  const registration = () => ({
    ...{ kind: encodeKind('nitro'), measurement: zeroHash, keyType: 0, key: '0x' as Hex },
    ...{ attestationDigest: zeroHash, validUntil, verifier, uri: '' },
  })
  const environmentId = () =>
    environmentIdOf(
      { ...registration(), kind: 'nitro', keyType: 'none' },
      {
        chainId: 31_337,
        environmentRegistry: chain.contracts.EnvironmentRegistry.address,
        registrant,
      },
    )
  const messageOf = (chainId = 31_337, by = verifier) => {
    const statement = { environmentId: environmentId(), validUntil, deadline }
    return hexToBytes(hashTypedData(environmentStatementTypedData(statement, chainId, by)))
  }

  /** `registered`, or the name of the error. */
  async function register(statement: Hex): Promise<string> {
    const { address, abi } = chain.contracts.EnvironmentRegistry
    const args = [registration(), '0x', statement]
    const data = encodeFunctionData({ abi, functionName: 'register', args })
    try {
      await chain.request('eth_call', [{ from: registrant, to: address, data }, 'latest'])
      return 'registered'
    } catch (error) {
      const { data: reason } = error as { data: Hex }
      return decodeErrorResult({ abi: verifierErrors, data: reason }).errorName
    }
  }

  test('default: what OpenSSL has signed is vouched for, by the precompile alone', async () => {
    const expected = native ? 'registered' : 'MissingPrecompile'
    expect(await register(encodeP256Statement(deadline, sign(messageOf())))).toBe(expected)
  })

  test('error: another key, chain or verifier, not hashed, high s, any byte', async () => {
    const refusal = native ? 'P256Attester_InvalidSignature' : 'MissingPrecompile'
    const signature = sign(messageOf())
    const others: Hex[] = [
      createP256Key(random.hex(32)).sign(messageOf()),
      sign(messageOf(1)),
      sign(messageOf(31_337, registrant)),
      ...byteChanges(signature, random),
    ]
    const answers = new Set<string>()
    for (const other of others) {
      // Where there is no precompile, r or s out of range are refused without it.
      answers.add(await register(encodeP256Statement(deadline, other)))
    }
    expect([...answers], `seed ${seed}`).toContain(refusal)
    expect([...answers], `seed ${seed}`).not.toContain('registered')
    const high = toHex(p256Order - BigInt(slice(signature, 32)), { size: 32 })
    const mirrored = encodeP256Statement(deadline, `${slice(signature, 0, 32)}${high.slice(2)}`)
    expect(await register(mirrored)).toBe('P256Attester_InvalidSignature')
    expect(await register('0x')).toBe('P256Attester_MalformedStatement')
    const passed = encodeP256Statement(1, signature)
    expect(await register(passed)).toBe('P256Attester_DeadlinePassed')
  })

  test('error: no point of the curve can be an attester’s', async () => {
    const [x, y] = [slice(key, 1, 33), slice(key, 33)]
    await expect(deploy(`0x04${y.slice(2)}${x.slice(2)}`)).rejects.toThrow(
      /P256Attester_InvalidKey/,
    )
    await expect(deploy(key)).resolves.toMatch(/^0x/)
  })
})
