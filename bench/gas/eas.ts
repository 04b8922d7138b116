import { hash as digest } from 'node:crypto'
import { concatHex, type Hex, zeroAddress, zeroHash } from 'viem'
import { type Chain, readArtifact } from './chain.ts'

const hash = (text: string): Hex => `0x${digest('sha256', text, 'hex')}`
/** Of many at once, which is the cheapest that EAS can be asked for an item. */
const many = 50

/** Measures the Ethereum Attestation Service as published on npm: on chain with the 192 bytes of a leaf, and as timestamps. */
export async function measureEas(chain: Chain) {
  const artifact = (name: string) =>
    readArtifact(
      new URL(
        `artifacts/contracts/${name}.sol/${name}.json`,
        import.meta.resolve('@ethereum-attestation-service/eas-contracts/package.json'),
      ),
    )
  const schemas = await chain.deploy(await artifact('SchemaRegistry'))
  const eas = await chain.deploy(await artifact('EAS'), [schemas.address])
  const call = (functionName: string, ...args: unknown[]) => ({ ...eas, functionName, args })
  const fields = 'bytes32 a, bytes32 b, bytes32 c, bytes32 d, uint64 e, uint64 f'
  const registered = await chain.send(chain.owner, {
    ...schemas,
    functionName: 'register',
    args: [fields, zeroAddress, false],
  })
  const schema = registered.logs[0]!.topics[1]!
  const request = (i: number) => ({
    recipient: zeroAddress,
    expirationTime: 0n,
    revocable: false,
    refUID: zeroHash,
    data: concatHex(Array.from({ length: 6 }, (_, j) => hash(`word ${i} ${j}`))),
    value: 0n,
  })
  const attest = (i: number) =>
    chain.gasOf(chain.owner, call('attest', { schema, data: request(i) }))
  // The first of an account also pays for what is new to the account.
  await attest(0)
  const all = Array.from({ length: many }, (_, i) => i + 10)
  return {
    attest192: await attest(1),
    multiAttest192:
      (await chain.gasOf(
        chain.owner,
        call('multiAttest', [{ schema, data: all.map((i) => request(i)) }]),
      )) / many,
    timestamp: await chain.gasOf(chain.owner, call('timestamp', hash('timestamp'))),
    multiTimestamp:
      (await chain.gasOf(
        chain.owner,
        call(
          'multiTimestamp',
          all.map((i) => hash(`timestamp ${i}`)),
        ),
      )) / many,
  }
}
