import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type InferenceReceipt,
  type Recorder,
  type RecorderOptions,
  type RecordParameters,
} from '@assay/sdk'
import type { ChainOptions } from '../../indexer/support/chain.ts'
import { type Session, startSession } from '../../sdk/support/session.ts'

/** A session whose receipts, and a policy that believes its contracts, are files. */
export type Receipts = Session & {
  /** A directory for the files of the tests. */
  files: string
  /** Where the policy is. */
  policyFile: string
  /** What makes `assay verify` ask the chain by that policy. */
  args: string[]
  receiptOf(parameters?: Partial<RecordParameters>, by?: Recorder): Promise<InferenceReceipt>
  /** Writes a file; an object as JSON. Gives its path. */
  file(name: string, content: unknown): Promise<string>
}

export async function startReceipts(
  options: RecorderOptions = {},
  chain?: ChainOptions,
): Promise<Receipts> {
  const session = await startSession(chain)
  const recorder = await session.recorder(options)
  const files = await session.directory()
  await mkdir(files, { recursive: true })

  async function file(name: string, content: unknown): Promise<string> {
    const path = join(files, name)
    const isRaw = typeof content === 'string' || content instanceof Uint8Array
    await writeFile(path, isRaw ? content : JSON.stringify(content))
    return path
  }

  const policyFile = await file('policy.json', session.policy)
  return {
    ...session,
    files,
    policyFile,
    args: ['--policy', policyFile, '--rpc', session.chain.rpcUrl],
    file,
    async receiptOf(parameters = {}, by = recorder) {
      const recorded = await by.record({ request: 'q', response: 'a', ...parameters })
      const receipt = await by.receiptOf(recorded)
      if (!receipt) throw new Error('There is no receipt')
      return receipt
    },
  }
}
