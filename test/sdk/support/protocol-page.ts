import { readFile } from 'node:fs/promises'
import { type Batch, buildBatch, decodeBatchData, logIdOf } from '@assay/sdk/formats'
import { type Address, concatHex, encodeAbiParameters, type Hex, hexToBytes, toHex } from 'viem'
import { expect } from 'vitest'

/** Lines of a block by their names; hex without 0x. */
export type Block = Record<string, string>

export const page = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
export const blocks = new Map(
  [...page.matchAll(/^```text (\w+)\n(.*?)^```/gms)].map(([, name = '', text = '']) => [
    name,
    parseBlock(text),
  ]),
)

/** A name, two spaces or more, a value, perhaps three spaces and a comment. A line that begins with spaces goes on. */
function parseBlock(text: string): Block {
  const block: Block = {}
  let name = ''
  for (const line of text.trimEnd().split('\n')) {
    const parts = /^(.*?) {2,}(.*?)(?: {3}.*)?$/.exec(line) as RegExpExecArray
    if (parts[1]) {
      name = parts[1]
      expect(block, 'a name comes once').not.toHaveProperty([name])
      block[name] = ''
    }
    block[name] = `${block[name] ?? ''}${parts[2] ?? ''}`
  }
  return block
}

export function blockOf(name: string): Block {
  const block = blocks.get(name)
  return block ?? expect.unreachable(`there is no block ${name}`)
}

export const line = (block: Block, name: string): Hex => `0x${block[name] ?? ''}`
export const bytes = (block: Block, name: string) => hexToBytes(line(block, name))
export const number = (block: Block, name: string) => BigInt(line(block, name))
export const address = (block: Block, name: string): Address => `0x${line(block, name).slice(-40)}`
export const bare = (value: Hex | Uint8Array) =>
  (typeof value === 'string' ? value : toHex(value)).slice(2).toLowerCase()

/** The words of an ABI encoding under their names. */
export function words(names: string, encoded: Hex): Block {
  const all = bare(encoded).match(/.{64}/g) ?? []
  const list = names.split(', ')
  expect(all).toHaveLength(list.length)
  return Object.fromEntries(list.map((name, i) => [name, all[i] as string]))
}
export const abi = (types: string, values: unknown[]) =>
  encodeAbiParameters(
    types.split(' ').map((type) => ({ type })),
    values,
  )

export const place = () => {
  const log = blockOf('logId')
  return {
    chainId: Number(number(log, 'chainId')),
    inferenceLog: address(log, 'inferenceLog'),
    owner: address(log, 'owner'),
    sessionKey: address(log, 'sessionKey'),
    instance: line(log, 'instance'),
  }
}
export const logId = () => logIdOf(place())
/** The batch of the blocks `data`, `signature` and `many`. */
const dataNames =
  'version, models, environments, inferences, model 0, environment 0, model index, environment index, servedAt, commitment'
export const batchData = () =>
  concatHex(dataNames.split(', ').map((name) => line(blockOf('data'), name)))
export const batch = (): Batch => buildBatch(logId(), 0n, decodeBatchData(batchData()), 'inline')
export const signature = () =>
  concatHex(['r', 's', 'v'].map((name) => line(blockOf('signature'), name)))
