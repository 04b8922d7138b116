import { fileURLToPath } from 'node:url'
import hardhatIgnitionViem from '@nomicfoundation/hardhat-ignition-viem'
import hardhatKeystore from '@nomicfoundation/hardhat-keystore'
import hardhatNetworkHelpers from '@nomicfoundation/hardhat-network-helpers'
import hardhatVerify from '@nomicfoundation/hardhat-verify'
import hardhatViem from '@nomicfoundation/hardhat-viem'
import hardhatViemAssertions from '@nomicfoundation/hardhat-viem-assertions'
import { configVariable, defineConfig } from 'hardhat/config'
import { typesAreNoRoots } from './scripts/hardhat-plugin.ts'

// The compiler from npm: nothing is downloaded at build time.
const solc = {
  version: '0.8.37',
  path: fileURLToPath(import.meta.resolve('solc/soljson.js')),
}

// One set of options for tests and deployments: what is tested is what is deployed, to the byte. Cancun is understood by
// every chain that the deployment guide names.
const compiler = {
  ...solc,
  isolated: false,
  settings: { evmVersion: 'cancun', viaIR: true, optimizer: { enabled: true, runs: 20_000 } },
}

const long = process.env.ASSAY_TEST_LONG === '1'

export default defineConfig({
  plugins: [
    hardhatViem,
    hardhatViemAssertions,
    hardhatNetworkHelpers,
    hardhatIgnitionViem,
    hardhatKeystore,
    hardhatVerify,
    typesAreNoRoots,
  ],
  solidity: {
    profiles: {
      default: compiler,
      production: compiler,
    },
  },
  paths: { sources: 'contracts', tests: { solidity: 'test/contracts' } },
  test: {
    solidity: {
      fsPermissions: { readDirectory: ['test/vectors'] },
      fuzz: { runs: long ? 5_000 : 64 },
      // A failed assertion of a handler has to fail the run; what a contract may refuse, the handlers catch.
      invariant: { runs: long ? 200 : 12, depth: long ? 200 : 60, failOnRevert: true },
    },
  },
  // Every deployment of the same code stands at the same address, on every chain: keccak256("assay/deployment/v1").
  ignition: {
    strategyConfig: {
      create2: { salt: '0x124c746e78d0f9a4f0f8a5a90c13b58583d1a86474713413ef4d55383d0fe1fc' },
    },
  },
  // Asked for when Etherscan is; Blockscout and Sourcify need none.
  verify: { etherscan: { apiKey: configVariable('ETHERSCAN_API_KEY') } },
  networks: {
    // Any chain that takes a deployment: both values come from `hardhat keystore set` or the environment.
    target: {
      type: 'http',
      url: configVariable('ASSAY_RPC_URL'),
      accounts: [configVariable('ASSAY_DEPLOYER_KEY')],
    },
  },
})
