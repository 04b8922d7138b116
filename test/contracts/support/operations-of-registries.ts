import {
  encodeKind,
  environmentKeyTypedData,
  keyTypes,
  type KeyType,
  modelIdOf,
} from '@assay/sdk/formats'
import {
  type Address,
  encodeAbiParameters,
  hashTypedData,
  type Hex,
  hexToBytes,
  keccak256,
  parseAbiParameters,
  toHex,
  zeroAddress,
  zeroHash,
} from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { createP256Key } from './p256.ts'
import { type Operation, stated, type World } from './operations.ts'

/** Contracts of a few bytes: one answers yes, one no, one nothing. At the last address there is none. */
const verifiers = {
  yes: ['0x00000000000000000000000000000000000A11cE', '0x60015f5260205ff3'],
  no: ['0x0000000000000000000000000000000000000bad', '0x5f5f5260205ff3'],
  broken: ['0x0000000000000000000000000000000000dead01', '0x00'],
  'no code': ['0x0000000000000000000000000000000000dead02', '0x'],
} as const satisfies Record<string, readonly [Hex, Hex]>

export async function placeVerifiers({ chain }: World): Promise<void> {
  for (const [address, code] of Object.values(verifiers)) {
    await chain.request('hardhat_setCode', [address, code])
  }
}

/** Random operations of ModelRegistry, EnvironmentRegistry and VerdictRegistry. */
export function createRegistryOperations(world: World) {
  const { random, model, named, accounts, chain } = world
  const registry = chain.contracts.EnvironmentRegistry.address
  const someAccount = () => random.pick(accounts)
  const accountAt = (address: Address) => accounts.find((it) => it.address === address)!

  async function publish(): Promise<Operation> {
    const account = someAccount()
    const variant = random.weighted({ good: 12, 'no name': 1, 'no version': 1, 'no digest': 1 })
    const publication = {
      // Few names at first, more with time: some are taken.
      name: variant === 'no name' ? '' : `model ${random.below(5 + model.state.models.size)}`,
      version: variant === 'no version' ? '' : `${random.below(2)}`,
      manifestDigest:
        variant === 'no digest' ? zeroHash : toHex(1 + random.below(20), { size: 32 }),
      signingRoot: random.chance(0.5) ? zeroHash : random.hex(32),
      uri: random.chance(0.5) ? '' : 'ipfs://x',
    }
    const { name, version, manifestDigest } = publication
    const modelId = modelIdOf({ publisher: account.address, ...publication })
    named.models.add(modelId)
    named.modelsOf.add(manifestDigest)
    named.versions.add(JSON.stringify([account.address, name, version]))
    return stated(world, {
      ...{ contract: 'ModelRegistry', functionName: 'publish', variant, account },
      args: [publication],
      types:
        'ModelPublication(address publisher,string name,string version,bytes32 manifestDigest,bytes32 signingRoot,string uri,uint256 nonce,uint256 deadline)',
      message: { publisher: account.address, ...publication },
      act: (by) => model.publish(by, modelId, publication),
    })
  }

  async function retire(): Promise<Operation> {
    const ids = [...model.state.models.keys()]
    const modelId = ids.length > 0 && random.chance(0.9) ? random.pick(ids) : random.hex(32)
    const publisher = model.state.models.get(modelId)?.publisher
    const own = publisher && random.chance(0.8)
    const reason = random.chance(0.5) ? '' : 'superseded'
    return stated(world, {
      ...{ contract: 'ModelRegistry', functionName: 'retire' },
      ...{ variant: own ? 'own' : 'any', account: own ? accountAt(publisher) : someAccount() },
      args: [modelId, reason],
      types: 'ModelRetirement(bytes32 modelId,string reason,uint256 nonce,uint256 deadline)',
      message: { modelId, reason },
      act: (by) => model.retire(by, modelId),
    })
  }

  /** A key of a type, and how it signs its registration; both well or not. */
  function makeKey(keyType: KeyType, wellFormed: boolean) {
    const sizes = { none: 0, secp256k1: 65, p256: 65, ed25519: 32, rsa: 294 }
    const none = (): Hex => '0x'
    if (!wellFormed) {
      const size =
        keyType === 'rsa' ? 0 : sizes[keyType] + random.pick([1, -1].slice(0, sizes[keyType] + 1))
      return { key: size > 0 ? random.hex(size) : ('0x' as const), prove: none }
    }
    if (keyType === 'secp256k1') {
      const account = privateKeyToAccount(random.hex(32))
      const prove = (id: Hex) =>
        account.signTypedData(environmentKeyTypedData(id, 31_337, registry))
      return { key: account.publicKey, prove }
    }
    if (keyType === 'p256') {
      const { key, sign } = createP256Key(random.hex(32))
      const digest = (id: Hex) =>
        hexToBytes(hashTypedData(environmentKeyTypedData(id, 31_337, registry)))
      return { key, prove: (id: Hex) => sign(digest(id)) }
    }
    return { key: sizes[keyType] > 0 ? random.hex(sizes[keyType]) : ('0x' as const), prove: none }
  }

  /** What was registered, to be registered again. */
  const registered: { account: PrivateKeyAccount; registration: Registration; proof: Hex }[] = []

  async function register(): Promise<Operation> {
    const variant = random.weighted({
      ...{ good: 16, 'empty kind': 1, past: 1, 'bad key': 2, 'no possession': 2, again: 2 },
      ...{ no: 1, broken: 1, 'no code': 1 },
    })
    const keyType = random.pick(
      variant === 'no possession'
        ? (['secp256k1', 'p256'] as const)
        : (Object.keys(keyTypes) as KeyType[]),
    )
    const verifier =
      variant === 'no' || variant === 'broken' || variant === 'no code'
        ? variant
        : random.pick(['none', 'yes'] as const)
    const { key, prove } = makeKey(keyType, variant !== 'bad key')
    let account = someAccount()
    let registration: Registration = {
      kind: variant === 'empty kind' ? zeroHash : encodeKind(random.pick(['nitro', 'tdx', 'none'])),
      measurement: random.hex(32),
      keyType: keyTypes[keyType],
      key,
      attestationDigest: random.chance(0.5) ? zeroHash : random.hex(32),
      validUntil: variant === 'past' ? model.now - 1 : model.now + random.below(1_000_000),
      verifier: verifier === 'none' ? zeroAddress : verifiers[verifier][0],
      uri: random.chance(0.5) ? '' : 'https://example.org',
    }
    let environmentId = environmentIdOf(account, registration)
    const proofFor =
      variant === 'no possession'
        ? environmentIdOf(
            accounts.find((it) => it !== account)!,
            registration,
          )
        : environmentId
    let proof = await prove(proofFor)
    if (variant === 'again' && registered.length > 0) {
      ;({ account, registration, proof } = random.pick(registered))
      registration = { ...registration, validUntil: model.now + 5 }
      environmentId = environmentIdOf(account, registration)
    }
    named.environments.add(environmentId)
    const { uri: _, ...kept } = registration
    return stated(world, {
      ...{ contract: 'EnvironmentRegistry', functionName: 'register', account },
      variant: `${variant}, ${keyType}`,
      args: [registration, proof, '0x1234'],
      types:
        'EnvironmentRegistration(bytes32 environmentId,uint48 validUntil,address verifier,string uri,uint256 nonce,uint256 deadline)',
      message: { environmentId, ...registration },
      act: (by) => {
        const events = model.register(by, environmentId, kept, {
          wellFormed: variant !== 'bad key',
          possessed: variant !== 'no possession',
          verdict:
            variant === 'no'
              ? 'no'
              : variant === 'broken' || variant === 'no code'
                ? 'broken'
                : 'yes',
        })
        registered.push({ account, registration, proof })
        return events
      },
    })
  }

  type Registration = {
    kind: Hex
    measurement: Hex
    keyType: number
    key: Hex
    attestationDigest: Hex
    validUntil: number
    verifier: Address
    uri: string
  }

  const environmentIdOf = (by: PrivateKeyAccount, it: Registration): Hex =>
    keccak256(
      encodeAbiParameters(
        parseAbiParameters('uint256, address, address, bytes32, bytes32, uint8, bytes32, bytes32'),
        [
          31_337n,
          registry,
          by.address,
          it.kind,
          it.measurement,
          it.keyType,
          keccak256(it.key),
          it.attestationDigest,
        ],
      ),
    )

  function someEnvironment() {
    const ids = [...model.state.environments.keys()]
    const environmentId = ids.length > 0 && random.chance(0.9) ? random.pick(ids) : random.hex(32)
    named.environments.add(environmentId)
    const registrant = model.state.environments.get(environmentId)?.registrant
    const own = registrant && random.chance(0.8)
    return { environmentId, account: own ? accountAt(registrant) : someAccount() }
  }

  async function revoke(): Promise<Operation> {
    const { environmentId, account } = someEnvironment()
    return stated(world, {
      ...{ contract: 'EnvironmentRegistry', functionName: 'revoke', variant: 'any', account },
      args: [environmentId],
      types: 'EnvironmentRevocation(bytes32 environmentId,uint256 nonce,uint256 deadline)',
      message: { environmentId },
      act: (by) => model.revoke(by, environmentId),
    })
  }

  async function reportCompromise(): Promise<Operation> {
    const { environmentId, account } = someEnvironment()
    const variant = random.weighted({ past: 6, present: 1, future: 1, zero: 1 })
    const ages = { past: random.below(100_000), present: 0, future: -1, zero: model.now }
    const since = model.now - ages[variant]
    return stated(world, {
      ...{ contract: 'EnvironmentRegistry', functionName: 'reportCompromise', variant, account },
      args: [environmentId, since],
      types:
        'EnvironmentCompromise(bytes32 environmentId,uint48 since,uint256 nonce,uint256 deadline)',
      message: { environmentId, since },
      act: (by) => model.reportEnvironment(by, environmentId, since),
    })
  }

  async function post(): Promise<Operation> {
    const account = someAccount()
    const variant = random.weighted({ good: 8, empty: 1, 'no subject': 1, 'score above 100': 1 })
    const verdicts = Array.from({ length: variant === 'empty' ? 0 : 1 + random.below(3) }, () => ({
      subjectKind: random.below(3),
      // Few of them, so that some are posted again.
      subject: toHex(1 + random.below(3), { size: 32 }),
      score: random.pick([0, 50, 100]),
      tag: random.pick(['', 'replay']),
      evidenceDigest: random.chance(0.8) ? zeroHash : random.hex(32),
      uri: random.pick(['', 'https://example.org']),
    }))
    const last = verdicts.at(-1)
    if (last && variant === 'no subject') last.subject = zeroHash
    if (last && variant === 'score above 100') last.score = 101 + random.below(155)
    const idOf = (it: (typeof verdicts)[number]) =>
      keccak256(
        encodeAbiParameters(
          parseAbiParameters('uint256, address, address, uint8, bytes32, uint8, bytes32, bytes32'),
          [
            31_337n,
            chain.contracts.VerdictRegistry.address,
            account.address,
            it.subjectKind,
            it.subject,
            it.score,
            keccak256(toHex(it.tag)),
            it.evidenceDigest,
          ],
        ),
      )
    return stated(world, {
      ...{ contract: 'VerdictRegistry', functionName: 'post', variant, account },
      args: [verdicts],
      types:
        'VerdictPost(address author,Verdict[] verdicts,uint256 nonce,uint256 deadline)Verdict(uint8 subjectKind,bytes32 subject,uint8 score,string tag,bytes32 evidenceDigest,string uri)',
      message: { author: account.address, verdicts },
      act: (by) =>
        model.post(
          by,
          verdicts.map((it) => ({ id: idOf(it), ...it })),
        ),
    })
  }

  async function withdraw(): Promise<Operation> {
    const account = someAccount()
    const posted = [...model.state.verdicts.keys()].map((it) => it.slice(0, 66) as Hex)
    const empty = random.chance(0.1)
    const ids = Array.from({ length: empty ? 0 : 1 + random.below(3) }, () =>
      posted.length > 0 && random.chance(0.9) ? random.pick(posted) : random.hex(32),
    )
    return stated(world, {
      ...{ contract: 'VerdictRegistry', functionName: 'withdraw', account },
      ...{ variant: empty ? 'empty' : 'any', args: [ids] },
      types:
        'VerdictWithdrawal(address author,bytes32[] verdictIds,uint256 nonce,uint256 deadline)',
      message: { author: account.address, verdictIds: ids },
      act: (by) => model.withdraw(by, ids),
    })
  }

  return { publish, retire, register, revoke, reportCompromise, post, withdraw }
}
