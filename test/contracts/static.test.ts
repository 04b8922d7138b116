/** What the contracts cannot do, read from their sources, interfaces and the bytecode that is deployed. */
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { hexToBytes, type Abi, type Hex } from 'viem'
import { describe, expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const sources = readdirSync(new URL('contracts/', root), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.sol'))
  .map((path) => `contracts/${path}`)
const contracts = [
  ...['ModelRegistry', 'EnvironmentRegistry', 'InferenceLog', 'VerdictRegistry'],
  ...['verifiers/AttesterQuorum', 'verifiers/P256Attester'],
]

async function artifactOf(path: string): Promise<{ abi: Abi; deployedBytecode: Hex }> {
  const file = new URL(`artifacts/contracts/${path}.sol/${basename(path)}.json`, root)
  return JSON.parse(await readFile(file, 'utf8')) as { abi: Abi; deployedBytecode: Hex }
}

/** Opcodes in order. What PUSH1 to PUSH32 carry is skipped, and so is the compiler's metadata at the end (CBOR, then its length). */
function opcodesOf(code: Uint8Array): number[] {
  const metadata = ((code.at(-2) ?? 0) << 8) | (code.at(-1) ?? 0)
  const opcodes: number[] = []
  for (let i = 0; i < code.length - metadata - 2; i++) {
    const opcode = code[i] as number
    opcodes.push(opcode)
    if (opcode >= 0x60 && opcode <= 0x7f) i += opcode - 0x5f
  }
  return opcodes
}

const forbidden = {
  CREATE: 0xf0,
  CALLCODE: 0xf2,
  DELEGATECALL: 0xf4,
  CREATE2: 0xf5,
  SELFDESTRUCT: 0xff,
}

describe.each(contracts)('%s', (name) => {
  test('runs nobody else’s code in its own name, and cannot be destroyed', async () => {
    const { deployedBytecode } = await artifactOf(name)
    const opcodes = opcodesOf(hexToBytes(deployedBytecode))
    expect(opcodes.length).toBeGreaterThan(500)
    const found = Object.entries(forbidden).filter(([, opcode]) => opcodes.includes(opcode))
    expect(found).toEqual([])
  })

  test('has no owner, no role, no pause, no upgrade; takes no money', async () => {
    const { abi } = await artifactOf(name)
    const names = abi.flatMap((item) => ('name' in item ? [item.name] : []))
    expect(
      names.filter((n) => /admin|role|pause|upgrad|proxy|implementation|initializ/i.test(n)),
    ).toEqual([])
    expect(names).not.toContain('owner')
    expect(names).not.toContain('transferOwnership')
    const types = abi.map((item) => item.type)
    expect(types).not.toContain('receive')
    expect(types).not.toContain('fallback')
    expect(
      abi.filter((item) => 'stateMutability' in item && item.stateMutability === 'payable'),
    ).toEqual([])
  })
})

test('such an opcode would be seen, but not in what PUSH carries or in the metadata', () => {
  const metadata = [0xff, 0xff, 0x00, 0x02]
  const code = Uint8Array.of(0x60, 0xf4, 0x61, 0xff, 0xff, 0x00, ...metadata)
  expect(opcodesOf(code)).toEqual([0x60, 0x61, 0x00])
  expect(opcodesOf(Uint8Array.of(0x5f, 0xf4, 0x00, ...metadata))).toContain(0xf4)
})

test.each(sources)('%s: no delegatecall; each assembly block says why it is safe', async (path) => {
  const lines = (await readFile(new URL(path, root), 'utf8')).split('\n')
  for (const [i, line] of lines.entries()) {
    const code = line.replace(/\/\/.*/, '')
    expect(code, `${path}:${i + 1}`).not.toMatch(/delegatecall|callcode|selfdestruct|tx\.origin/)
    if (/\bassembly\b/.test(code)) {
      expect(code, `${path}:${i + 1}`).toContain('memory-safe')
      expect(lines[i - 1], `${path}:${i + 1}`).toMatch(/^\s*\/\/ /)
    }
  }
})

test('every error and event has a test that names it', () => {
  const declared = sources.flatMap((path) =>
    [...readFileSync(new URL(path, root), 'utf8').matchAll(/^ +(?:error|event) (\w+)\(/gm)].map(
      ([, name = '']) => name,
    ),
  )
  const tests = readdirSync(new URL('./', import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(t\.sol|test\.ts)$/.test(path) && !path.startsWith('differential'))
    .map((path) => readFileSync(new URL(path, import.meta.url), 'utf8'))
    .join('\n')
  expect(declared.length).toBeGreaterThan(60)
  expect(declared.filter((name) => !tests.includes(name))).toEqual([])
})
