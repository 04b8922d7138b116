import type { Hex } from 'viem'
import { BatchStoreError } from '../errors/store.ts'
import type { ReadableBatchStore, StoreCallOptions, StoreGetOptions } from './batch-store.ts'
import { checkedHeaders } from './checked-headers.ts'
import { cidOfBlock } from './cid.ts'
import { digestName, hasDigest, nameOfData } from './digest-name.ts'
import { refused } from './kept.ts'
import { baseUrlOf, below, placeOf } from './place.ts'
import { getKept } from './read-kept.ts'
import {
  createSender,
  type SendLimits,
  type StoreAnswer,
  type StoreRequestOptions,
} from './sender.ts'

export type IpfsStoreOptions = StoreRequestOptions & {
  /** Kubo's RPC, which is its owner's alone: never open to others. Default: `http://127.0.0.1:5001`. */
  rpcUrl?: string | undefined
  /** Sent with each request, such as `authorization`. Default: none. */
  headers?: Record<string, string> | undefined
}

/** Bytes of a leaf, below the 2 MiB that nodes pass on of a block; as the profile `unixfs-v1-2025` of IPIP-499 has it. */
const blockLength = 2 ** 20
const maxAnswer = 2 ** 16

/**
 * A store on IPFS, by the RPC of a Kubo node, which keeps the data pinned. Data of at most 1 MiB, 24,900 inferences, is one raw block:
 * its CID is made of the data's digest alone, so it can be found without any URI. Of longer data the node's answer is checked by reading
 * back.
 *
 * @throws InvalidConfigError
 * @see https://docs.ipfs.tech/reference/kubo/rpc/#api-v0-add
 */
export function ipfsStore(options: IpfsStoreOptions = {}): ReadableBatchStore {
  const rpc = baseUrlOf('rpcUrl', options.rpcUrl ?? 'http://127.0.0.1:5001')
  const headers = checkedHeaders('headers', options.headers ?? {})
  const send = createSender(options)

  const where = placeOf(rpc)

  /** Kubo takes nothing but POST. */
  function call(
    command: string,
    query: Record<string, string>,
    limits: Omit<SendLimits, 'where'>,
    body?: FormData,
  ): Promise<StoreAnswer> {
    const url = below(rpc, 'api/v0', command)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return send(() => ({ url, method: 'POST', headers, body }), { ...limits, where })
  }

  /** From the node itself: what it hasn't got, it would look for all over the network. Kubo says by 500 whatever fails. */
  const cat = (cid: string, maxBytes: number, { signal }: StoreCallOptions) =>
    call('cat', { arg: cid, offline: 'true' }, { maxBytes, signal, answers: [500] })

  async function put(data: Uint8Array, dataDigest: Hex, { signal }: StoreCallOptions = {}) {
    const name = nameOfData(data, dataDigest)
    const query = {
      ...{ 'cid-version': '1', 'raw-leaves': 'true', pin: 'true', progress: 'false' },
      chunker: `size-${blockLength}`,
    }
    const form = new FormData()
    form.set('file', new Blob([new Uint8Array(data)]), name)
    const answer = await call('add', query, { maxBytes: maxAnswer, signal }, form)
    if (answer.status !== 200) throw refused({ where }, answer)
    const cid = cidIn(answer)
    if (!cid) throw new BatchStoreError('refused', where, 'answers without a CID of version 1')
    if (cid !== cidOfBlock(name)) await checkKept(cid, data.length, name, { signal })
    return { uri: `ipfs://${cid}` }
  }

  async function checkKept(cid: string, length: number, name: string, limits: StoreCallOptions) {
    const kept = await cat(cid, length, limits)
    if (kept.status !== 200) throw refused({ where }, kept, 'does not give back what it took')
    if (kept.tooLarge || !hasDigest(kept.body, name)) {
      throw new BatchStoreError('altered', where, 'gives back other bytes than it took')
    }
  }

  return {
    put,
    /** Finds data of at most one block. */
    async get(dataDigest: Hex, limits: StoreGetOptions = {}) {
      const cid = cidOfBlock(digestName(dataDigest))
      return getKept({ where }, dataDigest, limits, async (maxBytes) => {
        const answer = await cat(cid, maxBytes, limits)
        return isMissing(answer) ? { ...answer, status: 404 } : answer
      })
    },
  }
}

/** Kubo has words alone for it: `block was not found locally (offline): ipld: could not find …`. */
function isMissing({ status, body }: StoreAnswer): boolean {
  return status === 500 && /not (?:be )?f(?:ound|ind)/.test(new TextDecoder().decode(body))
}

/** The CID in the last line of an answer: one JSON object a line, one for each file. */
function cidIn({ body }: StoreAnswer): string | undefined {
  const lines = new TextDecoder().decode(body).trim().split('\n')
  try {
    const { Hash } = JSON.parse(lines.at(-1) ?? '') as { Hash?: unknown }
    return typeof Hash === 'string' && /^b[a-z2-7]{58}$/.test(Hash) ? Hash : undefined
  } catch {
    return undefined
  }
}
