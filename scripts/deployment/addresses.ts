import { readFile } from 'node:fs/promises'
import {
  type Address,
  encodeAbiParameters,
  getContractAddress,
  type Hex,
  keccak256,
  stringToHex,
} from 'viem'
import { type ContractKey, contractNames } from '../../ignition/modules/Assay.ts'

/** The factory that deploys at the same address on every chain: https://createx.rocks */
export const createXAddress = '0xba5ed099633d3b313e4d5f7bdc1305d3c28ba5ed'

/**
 * Salt of every deployment of Assay. With the contracts' code it decides the addresses, so it never changes: other code gives
 * other addresses by itself.
 */
export const deploymentSalt = keccak256(stringToHex('assay/deployment/v1'))

/** Addresses of the contracts, lower case. */
export type Addresses = Record<ContractKey, Address>

/**
 * Where the contracts stand on any chain: a function of their compiled code and {@link deploymentSalt} alone.
 *
 * @param artifacts - Directory of the compiler's output.
 */
export async function expectedAddresses(
  artifacts = new URL('../../artifacts/', import.meta.url),
): Promise<Addresses> {
  const entries = await Promise.all(
    Object.entries(contractNames).map(async ([key, name]) => {
      const file = new URL(`contracts/${name}.sol/${name}.json`, artifacts)
      const { bytecode } = JSON.parse(await readFile(file, 'utf8')) as { bytecode: Hex }
      return [key, create2Address(bytecode)]
    }),
  )
  return Object.fromEntries(entries) as Addresses
}

/** CreateX hashes a salt that names neither the caller nor the chain, so that such a salt can't bypass its guards. */
function create2Address(bytecode: Hex): Address {
  const salt = keccak256(encodeAbiParameters([{ type: 'bytes32' }], [deploymentSalt]))
  const address = getContractAddress({ opcode: 'CREATE2', from: createXAddress, salt, bytecode })
  return address.toLowerCase() as Address
}
