import { hash as digest } from 'node:crypto'
import { batchTypedData, buildBatch, hashLeaf, hashNode, logIdOf } from '@assay/sdk/formats'
import { encodeInference, type BatchMode } from '@assay/sdk/formats'
import { type Hex, stringToHex, toBytes, toHex } from 'viem'
import { type Chain, readArtifact } from './chain.ts'

const hash = (text: string): Hex => `0x${digest('sha256', text, 'hex')}`
const chainId = 31337
// An IPFS address: as long as the hints that stores give usually are.
const uri = 'ipfs://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

/** Records as a busy server makes them: one model on one environment, or several taking turns, which costs the most. */
function records(count: number, models = 1) {
  return Array.from({ length: count }, (_, i) => ({
    modelId: hash(`model ${i % models}`),
    environmentId: hash(`environment ${i % models}`),
    commitment: hash(`commitment ${i}`),
    servedAt: 1_790_000_000_000n + BigInt(i) * 137n,
  }))
}

/** Measures InferenceLog: one log per way of settling, so that each row stands by itself. */
export async function measureAssay(chain: Chain) {
  const { owner, sessionKey, relay } = chain
  const log = await chain.deploy(
    await readArtifact(
      new URL('../../artifacts/contracts/InferenceLog.sol/InferenceLog.json', import.meta.url),
    ),
  )
  const call = (functionName: string, ...args: unknown[]) => ({ ...log, functionName, args })
  await chain.send(owner, call('authorize', sessionKey.account.address, 4_000_000_000))
  let instances = 0

  function newLog() {
    const instance = hash(`instance ${++instances}`)
    const key = { owner: owner.account.address, sessionKey: sessionKey.account.address, instance }
    const logId = logIdOf({ ...key, chainId, inferenceLog: log.address })
    const sign = (batch: Parameters<typeof batchTypedData>[0]) =>
      sessionKey.signTypedData(batchTypedData(batch, chainId, log.address))
    return { key, logId, sign }
  }

  /** An external batch says its count; its gas doesn't depend on it. */
  function externalOf(logId: Hex, first: bigint, count: number) {
    const [root, dataDigest] = [hash(`root ${first}`), hash(`data ${first}`)]
    return { logId, first, count, root, dataDigest, mode: 'external' as const }
  }

  async function external() {
    const { key, logId, sign } = newLog()
    const b = [1, 1, 1000, 2 ** 20, 1000, 1000].map((count, i, all) =>
      externalOf(logId, BigInt(all.slice(0, i).reduce((sum, n) => sum + n, 0)), count),
    )
    const args = (i: number, hint = '') => {
      const { first, count, root, dataDigest } = b[i]!
      return [key, first, count, root, dataDigest, stringToHex(hint)]
    }
    const firstDirect = await chain.gasOf(sessionKey, call('settleExternal', ...args(0)))
    const direct = []
    for (const i of [1, 2, 3]) {
      direct.push(await chain.gasOf(sessionKey, call('settleExternal', ...args(i))))
    }
    const signed = call('settleExternalBySig', ...args(4), await sign(b[4]!))
    const relayed = await chain.gasOf(relay, signed)
    const withUri = await chain.gasOf(sessionKey, call('settleExternal', ...args(5, uri)))
    const other = newLog()
    const first = externalOf(other.logId, 0n, 1000)
    const { root, dataDigest } = first
    const firstRelayed = await chain.gasOf(
      relay,
      call(
        ...(['settleExternalBySig', other.key, 0n, 1000, root, dataDigest, '0x'] as const),
        await other.sign(first),
      ),
    )
    return {
      direct: Math.max(...direct),
      relayed,
      firstOfInstance: firstDirect,
      firstRelayed,
      withUri,
    }
  }

  async function inline(count: number, models = 1, bySignature = false) {
    const { key, logId, sign } = newLog()
    const build = (first: number, n: number, mode: BatchMode = 'inline') =>
      buildBatch(logId, BigInt(first), records(n, models), mode)
    const opening = build(0, 1)
    const args = (b: typeof opening) => [key, b.first, b.count, b.root, toHex(b.data)]
    await chain.send(sessionKey, call('settleInline', ...args(opening)))
    const batch = build(1, count)
    const receipt = bySignature
      ? await chain.send(relay, call('settleInlineBySig', ...args(batch), await sign(batch)))
      : await chain.send(sessionKey, call('settleInline', ...args(batch)))
    const [gas, floor] = [Number(receipt.gasUsed), await chain.floorOf(receipt)]
    return { gas, perInference: round(gas / count), floor: round(floor / count) }
  }

  /** An inference of a batch of 2^20: a leaf and any 20 siblings give a root with as long a proof as any. */
  async function inclusionDepth20() {
    const { key, logId } = newLog()
    const sequence = 699_050n
    const inference = { logId, sequence, ...records(1)[0]! }
    const proof = Array.from({ length: 20 }, (_, level) => hash(`sibling ${level}`))
    let root = hashLeaf(encodeInference(inference))
    for (const [level, sibling] of proof.entries()) {
      const isRight = (sequence >> BigInt(level)) & 1n
      const other = toBytes(sibling)
      root = isRight ? hashNode(other, root) : hashNode(root, other)
    }
    const settled = [key, 0n, 2 ** 20, toHex(root), hash('data'), '0x']
    await chain.send(sessionKey, call('settleExternal', ...settled))
    const question = call('isIncluded', inference, toHex(root), proof)
    if ((await chain.client.readContract(question)) !== true) {
      throw new TypeError('The inference is not included.')
    }
    return chain.executionGasOf(question)
  }

  return {
    external: await external(),
    inline1: await inline(1),
    inline1000: await inline(1000),
    inline1000Relayed: await inline(1000, 1, true),
    inline1000Mixed: await inline(1000, 3),
    inline7000: await inline(7000),
    inclusionDepth20: await inclusionDepth20(),
  }
}

const round = (gas: number) => Math.round(gas * 100) / 100
