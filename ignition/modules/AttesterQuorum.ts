import { buildModule } from '@nomicfoundation/hardhat-ignition/modules'

/**
 * A verifier of named attesters, by the parameters `attesters` (a list of `account` and `name`, 32 bytes of hex, in ascending order of
 * the accounts) and `threshold`. Each has attesters of its own, so that none is part of what `deployAssay` brings.
 */
export default buildModule('AttesterQuorum', (m) => ({
  quorum: m.contract('AttesterQuorum', [m.getParameter('attesters'), m.getParameter('threshold')]),
}))
