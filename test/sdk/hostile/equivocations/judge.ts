import { InvalidEquivocationError, verifyEquivocation } from '@assay/sdk'
import { privateKeyToAddress } from 'viem/accounts'
import { faultInRefusal } from '../judging/oracle.ts'
import type { World } from '../world/world.ts'
import type { HostileEquivocation } from './cases.ts'

/** Verifies a proof of equivocation. Wrong is one that shows of anybody but an attacker that it contradicted itself. */
export function judgeEquivocation({ input }: HostileEquivocation, world: World) {
  try {
    const { status, contradiction } = verifyEquivocation(input)
    const guilty = world.attackers.map((key) => privateKeyToAddress(key).toLowerCase())
    const framed = status === 'verified' && !guilty.includes(contradiction?.signer ?? '')
    return {
      outcome: `equivocation ${status}`,
      fault: framed ? `${contradiction?.signer} never signed two` : undefined,
    }
  } catch (error) {
    return {
      outcome: 'equivocation refused',
      fault:
        error instanceof InvalidEquivocationError
          ? faultInRefusal(error)
          : `crashed: ${String(error)}`,
    }
  }
}
