import { buildModule } from '@nomicfoundation/hardhat-ignition/modules'

/** A verifier of one P-256 key, by the parameters `name`, `x` and `y`, each 32 bytes of hex. */
export default buildModule('P256Attester', (m) => ({
  attester: m.contract('P256Attester', [
    m.getParameter('name'),
    m.getParameter('x'),
    m.getParameter('y'),
  ]),
}))
