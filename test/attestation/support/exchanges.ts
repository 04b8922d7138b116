import type { EvidenceExchange } from '@assay/sdk/evidence'
import { sha256 } from 'viem'

/** An exchange with its bodies. */
export const exchangeOf = (request: Uint8Array, response: Uint8Array) =>
  ({
    ...{ request, response, requestDigest: sha256(request), responseDigest: sha256(response) },
  }) satisfies EvidenceExchange
