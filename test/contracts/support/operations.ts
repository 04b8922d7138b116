import { domainOf } from '@assay/sdk/formats'
import type { Address, Hex } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { ContractsModel } from './contracts-model.ts'
import type { Random } from './random.ts'
import type { Call, ContractName, SimulatedChain } from './simulated-chain.ts'
import type { Named } from './state-from-reads.ts'

/** What random operations are made of. */
export type World = {
  chain: SimulatedChain
  random: Random
  /** Says what was true before the operation, and applies it. */
  model: ContractsModel
  named: Named
  /** Owners, publishers, registrants and authors; each is a stranger to the others. */
  accounts: PrivateKeyAccount[]
}

/** A call, and what the model makes of it: the names of the events that follow; throws `Refused`. */
export type Operation = { call: Call; variant: string; apply: () => string[] }

/** The most that a transaction may use (EIP-7825), and less. */
export const plentyOfGas = 16_000_000

export async function newAccount({ chain, random }: World): Promise<PrivateKeyAccount> {
  const account = privateKeyToAccount(random.hex(32))
  await chain.fund(account.address)
  return account
}

/** Signs typed data whose types are given as EIP-712 encodes them, the primary one first. */
export async function signTyped(
  world: World,
  contract: ContractName,
  encodedTypes: string,
  message: Record<string, unknown>,
  by: PrivateKeyAccount,
): Promise<Hex> {
  const found = [...encodedTypes.matchAll(/(\w+)\(([^)]*)\)/g)]
  const types = Object.fromEntries(
    found.map(([, name, fields]) => [
      name!,
      fields!.split(',').map((field) => {
        const [type, name] = field.split(' ')
        return { type: type!, name: name! }
      }),
    ]),
  )
  const domain = domainOf(31_337, world.chain.contracts[contract].address)
  return by.signTypedData({ domain, types, primaryType: found[0]![1]!, message })
}

/** Something that an account can say itself or by its signature. */
type Statement = {
  contract: ContractName
  functionName: string
  variant: string
  account: PrivateKeyAccount
  args: readonly unknown[]
  /** Types of the signed form, which begins with the account where its type has a field for it. */
  types: string
  message: Record<string, unknown>
  act: (by: Address) => string[]
  /** Does the signed form take the account as its first argument? All but `skip` do. */
  named?: boolean
}

/** A call by the account itself, or by anybody with its signature, which may be wrong in one way. */
export async function stated(world: World, statement: Statement): Promise<Operation> {
  const { random, model, accounts } = world
  const { contract, functionName, account, args, types, message, act, named = true } = statement
  const call = { contract, gas: plentyOfGas }
  if (random.chance(0.5)) {
    return {
      call: { ...call, functionName, args, from: account.address },
      variant: statement.variant,
      apply: () => act(account.address),
    }
  }
  const counted = types.includes('nonce')
  const fault = random.weighted({
    ...{ none: 14, 'wrong signer': 1, 'other message': 1, 'deadline passed': 1 },
    ...{ 'other nonce': counted ? 1 : 0, 'used nonce': counted ? 1 : 0 },
  })
  const next = model.nonces.get(`${contract}/${account.address}`) ?? 0n
  const nonce =
    fault === 'other nonce' ? next + 1n : fault === 'used nonce' && next > 0n ? next - 1n : next
  const deadline = BigInt(
    fault === 'deadline passed' ? model.now - 1 : model.now + random.below(1000),
  )
  const signer =
    fault === 'wrong signer' ? random.pick(accounts.filter((it) => it !== account)) : account
  const signed = fault === 'other message' ? deadline + 1n : deadline
  const signature = await signTyped(
    world,
    contract,
    types,
    { ...message, nonce, deadline: signed },
    signer,
  )
  return {
    call: {
      ...call,
      functionName: `${functionName}BySig`,
      from: random.pick(accounts).address,
      args: [
        ...(named ? [account.address] : []),
        ...args,
        ...(counted ? [nonce] : []),
        ...[deadline, signature],
      ],
    },
    variant: fault === 'none' ? statement.variant : `${statement.variant}, ${fault}`,
    apply: () =>
      model.bySignature(
        contract,
        {
          account: account.address,
          ...(counted && { nonce }),
          deadline: Number(deadline),
          genuine: signer === account && signed === deadline,
        },
        () => act(account.address),
      ),
  }
}
