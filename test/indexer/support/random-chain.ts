import { network } from 'hardhat'
import {
  type Abi,
  type AbiFunction,
  type AbiParameter,
  type Address,
  concat,
  encodeAbiParameters,
  getAbiItem,
  type Hex,
  toFunctionSelector,
  toHex,
  zeroHash,
} from 'viem'
import { Refused } from '../../contracts/support/contracts-model.ts'
import { plentyOfGas, type World } from '../../contracts/support/operations.ts'
import type { Random } from '../../contracts/support/random.ts'
import { type ContractName, simulatedChainOf } from '../../contracts/support/simulated-chain.ts'
import { createOperations, createWorld } from '../../contracts/support/world.ts'

export type RandomChain = Awaited<ReturnType<typeof startRandomChain>>

/** A chain with the four contracts, reachable by HTTP and WebSocket, on which all that a seed says happens. */
export async function startRandomChain(seed: number) {
  const initialDate = new Date(1_800_000_000_000)
  const server = await network.createServer({ override: { initialDate } }, '127.0.0.1', 0)
  const { port } = await server.listen()
  const rpcUrl = `http://127.0.0.1:${port}`
  const simulated = await simulatedChainOf({ request: requestOver(rpcUrl) }, () => server.close())
  const funded: Address[] = []
  const fund = (...addresses: Address[]) => {
    funded.push(...addresses)
    return simulated.fund(...addresses)
  }
  const chain = { ...simulated, fund }
  const { contracts } = chain
  const world = await createWorld(chain, seed)
  const next = createOperations(world)

  /** Random calls, of which the contracts refuse some. */
  async function operate(operations: number) {
    for (let i = 0; i < operations; i++) {
      // Now and then days pass, so that there are days and weeks to count in.
      const days = world.random.below(12) === 0 ? 1 + world.random.below(12) : 0
      world.model.now += 1 + world.random.below(60) + 86_400 * days
      const { call, apply } = await next()
      try {
        apply()
      } catch (error) {
        if (!(error instanceof Refused)) throw error
      }
      await chain.send(call, world.model.now)
    }
  }

  /** Goes on until what a test needs has happened: however likely, one chain in many would be without it. */
  async function operateUntil(happened: () => Promise<boolean>) {
    for (let more = 0; more < 40 && !(await happened()); more++) await operate(10)
  }

  /** A block in which nothing happens. */
  async function mine() {
    await chain.request('evm_setNextBlockTimestamp', [++world.model.now])
    await chain.request('evm_mine', [])
  }

  /** So many blocks, most of them with a call that succeeds. */
  async function operateInBlocks(blocks: number) {
    const last = (await chain.client.getBlockNumber()) + BigInt(blocks)
    while ((await chain.client.getBlockNumber()) < last) await operate(1)
  }

  /** Keeps the chain as it is, to come back to. What happens after it has other times. */
  async function snapshot() {
    const id = await chain.request('evm_snapshot', [])
    const model = structuredClone({ state: world.model.state, nonces: world.model.nonces })
    return {
      async revert() {
        await chain.request('evm_revert', [id])
        await simulated.fund(...funded)
        const { state, nonces } = model
        Object.assign(world.model.state, state)
        world.model.nonces.clear()
        for (const [name, nonce] of nonces) world.model.nonces.set(name, nonce)
        world.model.now += 10
      },
    }
  }

  /** Verdicts on things that there are, posted, posted again or withdrawn, each in a block of its own. */
  async function judge(
    subjects: readonly (readonly [kind: number, subject: Hex])[],
    times: number,
  ) {
    const { random, accounts } = world
    const { abi, address } = contracts.VerdictRegistry
    for (let i = 0; i < times; i++) {
      const [subjectKind, subject] = random.pick([...subjects])
      const from = random.pick(accounts).address
      const verdict = [subjectKind, subject, random.pick([0, 100]), toHex('judged'), zeroHash, '0x']
      const args = encodeRaw(abi, 'verdictIdOf', [from, verdict])
      const verdictId = await chain.request('eth_call', [{ to: address, data: args }, 'latest'])
      const data =
        random.below(3) > 0
          ? encodeRaw(abi, 'post', [[verdict]])
          : encodeRaw(abi, 'withdraw', [[verdictId]])
      await chain.request('evm_setNextBlockTimestamp', [++world.model.now])
      const call = { from, to: address, data, gas: toHex(plentyOfGas) }
      await chain.request('eth_sendTransaction', [call])
    }
  }

  return {
    judge,
    ...{ operateInBlocks, operateUntil, mine, snapshot },
    ...{ client: chain.client, request: chain.request, close: chain.close },
    ...{ operate, sayAnything: (times: number) => sayAnything(world, times) },
    rpcUrl,
    wsUrl: `ws://127.0.0.1:${port}`,
    addresses: {
      modelRegistry: contracts.ModelRegistry.address,
      environmentRegistry: contracts.EnvironmentRegistry.address,
      inferenceLog: contracts.InferenceLog.address,
      verdictRegistry: contracts.VerdictRegistry.address,
    },
  }
}

function requestOver(url: string) {
  return async ({ method, params }: { method: string; params: readonly unknown[] }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const { result, error } = (await response.json()) as {
      result: unknown
      error?: { message: string; data?: { data?: Hex } | Hex }
    }
    if (!error) return result
    const data = typeof error.data === 'object' ? error.data.data : error.data
    throw Object.assign(new Error(error.message), { data })
  }
}

/** Calls that put anything into every text that goes into an event. */
async function sayAnything(world: World, times: number) {
  const { random } = world
  for (let i = 0; i < times; i++) {
    const text = () => hostileText(random)
    const from = random.pick(world.accounts).address
    const [model] = [...world.model.state.models].find(([, it]) => it.publisher === from) ?? []
    const calls: [ContractName, string, unknown[]][] = [
      ['ModelRegistry', 'publish', [[text(), text(), random.hex(32), random.hex(32), text()]]],
      ['ModelRegistry', 'retire', [model ?? random.hex(32), text()]],
      [
        'EnvironmentRegistry',
        'register',
        [
          [
            ...[random.hex(32), random.hex(32), 0, '0x', random.hex(32), 2 ** 48 - 1],
            ...['0x0000000000000000000000000000000000000000', text()],
          ],
          ...['0x', '0x'],
        ],
      ],
      [
        'VerdictRegistry',
        'post',
        [[[random.below(3), random.hex(32), 7, text(), random.hex(32), text()]]],
      ],
      [
        'InferenceLog',
        'settleExternal',
        [[from, from, random.hex(32)], 0, 2 ** 32 - 1, random.hex(32), random.hex(32), text()],
      ],
    ]
    for (const [contract, functionName, args] of calls) {
      const { abi, address } = world.chain.contracts[contract]
      const data = encodeRaw(abi, functionName, args)
      await world.chain.request('evm_setNextBlockTimestamp', [++world.model.now])
      await world.chain
        .request('eth_sendTransaction', [{ from, to: address, data, gas: toHex(plentyOfGas) }])
        // One that nobody may retire, or published before.
        .catch(() => undefined)
    }
  }
}

/** Calldata in which texts are any bytes: both are laid out alike. */
function encodeRaw(abi: Abi, name: string, args: unknown[]): Hex {
  const item = getAbiItem({ abi, name }) as AbiFunction
  const asBytes = (input: AbiParameter): AbiParameter => ({
    ...input,
    type: input.type === 'string' ? 'bytes' : input.type,
    // Unnamed, so that structures are given as lists.
    name: '',
    ...('components' in input ? { components: input.components.map(asBytes) } : {}),
  })
  return concat([toFunctionSelector(item), encodeAbiParameters(item.inputs.map(asBytes), args)])
}

const texts = [
  ...['', '\0', 'a\0b', '\\N', '\\.', '\\\\', '\n\\.\n', '\t\r\n\v\f\b', "'; drop table x; --"],
  ...['"', '{}', '\u2028', '\ufeffbom', '\u202eabc', '😀', '%s%n', '$1', 'null', '\x1b[31m'],
].map((text) => toHex(text))
// A lone surrogate, an overlong form, cut off characters, bytes that UTF-8 never has.
const broken: Hex[] = [
  '0xeda080',
  '0xc080',
  '0xf09f98',
  '0xe2',
  '0xff',
  '0xfeff00',
  '0x80',
  '0xf4908080',
]

function hostileText(random: Random): Hex {
  const kind = random.weighted({ known: 6, broken: 4, random: 4, long: 1 })
  if (kind === 'known') return random.pick(texts)
  if (kind === 'broken') return random.pick(broken)
  if (kind === 'random') return random.hex(random.below(40))
  return toHex(new Uint8Array(20_000).fill(random.below(256)))
}
