import { explainFailure, signedCalls } from '@assay/sdk/relay'
import { UsageError } from '../errors.ts'
import { checkOutput } from '../output/deliver.ts'
import type { Terminal } from '../output/terminal.ts'
import { checkTarget } from '../output/write-file.ts'
import type { OpenChain } from '../settings/chain.ts'
import { speakByKey } from './by-key.ts'
import { handInSigned } from './hand-in-signed.ts'
import type { OwnerCall } from './owner-call.ts'
import type { OwnerOptions } from './options.ts'
import { requestSignature } from './request-signature.ts'
import { simulateCall } from './simulate-call.ts'
import type { Spoken } from './spoken.ts'

/**
 * Has the owner say something, by the way that the options name: by its key and a transaction, by its key and a relay, or by a
 * signature that is made elsewhere. What is said is shown first.
 *
 * @throws UsageError, InputError; ContractRefusalError before anything is sent, RelayRefusalError
 */
export async function speak(
  call: OwnerCall,
  place: OpenChain,
  options: OwnerOptions,
  terminal: Terminal,
): Promise<Spoken> {
  const { contract } = signedCalls[call.kind]
  try {
    if (options.dryRun) return await simulateCall(call, place, options, terminal)
    if (options.printRequest || options.page !== undefined)
      return await requestSignature(call, place, options, terminal)
    if (options.request !== undefined)
      return await handInSigned(call, place, options, options.request, terminal)
    return await speakByKey(call, place, options, terminal)
  } catch (error) {
    throw explainFailure(error, contract, place.contract(contract))
  }
}

/** Refuses options that contradict each other, and files that are there. @throws UsageError, OutputError */
export function checkOwnerOptions(options: OwnerOptions): void {
  const { printRequest, page, request, signature, signatureFile, dryRun, output } = options
  const asks = Boolean(printRequest) || page !== undefined
  const signed = signature !== undefined || signatureFile !== undefined
  if (
    (request !== undefined) !== signed ||
    (signature !== undefined && signatureFile !== undefined)
  )
    throw new UsageError('`--request` goes with either `--signature` or `--signature-file`.')
  if ([asks, signed, Boolean(dryRun)].filter(Boolean).length > 1)
    throw new UsageError('A request, a signature and a dry run exclude each other.')
  if (output !== undefined && !asks)
    throw new UsageError('`-o` is for the request of `--print-request` or `--page`.')
  checkOutput(options)
  if (page !== undefined) checkTarget(page, { replace: options.force ?? false })
}
