import { hash as digest } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Abi, Hex } from 'viem'
import type { Chain } from './chain.ts'

const hash = (text: string): Hex => `0x${digest('sha256', text, 'hex')}`

type Solc = { compile: (input: string) => string }
type Output = {
  contracts: Record<string, Record<string, { abi: Abi; evm: { bytecode: { object: string } } }>>
}

/** Measures a contract that keeps each inference by itself, compiled as the others are. */
export async function measureNaive(chain: Chain): Promise<number> {
  const solc = createRequire(import.meta.url)('solc') as Solc
  const content = await readFile(new URL('NaiveRecords.sol', import.meta.url), 'utf8')
  const input = {
    language: 'Solidity',
    sources: { 'NaiveRecords.sol': { content } },
    settings: {
      evmVersion: 'cancun',
      viaIR: true,
      optimizer: { enabled: true, runs: 20_000 },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  }
  const { contracts } = JSON.parse(solc.compile(JSON.stringify(input))) as Output
  const { abi, evm } = contracts['NaiveRecords.sol']!.NaiveRecords!
  const records = await chain.deploy({ abi, bytecode: `0x${evm.bytecode.object}` })
  const record = (i: number) =>
    chain.gasOf(chain.owner, {
      ...records,
      functionName: 'record',
      args: [hash('model'), hash('environment'), hash(`commitment ${i}`), 1_790_000_000_000n],
    })
  await record(0)
  return record(1)
}
