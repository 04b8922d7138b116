import type { Address, PrivateKeyAccount } from 'viem'
import { UsageError } from '../errors.ts'
import { askHidden, canAsk } from '../input/prompt.ts'
import { addressFrom, addressSet } from '../settings/chain.ts'
import { accountFrom } from '../settings/session-key.ts'
import { openKeystore } from './keystore.ts'
import type { OwnerOptions } from './options.ts'

/** The owner's address, where no key is needed. @throws UsageError if nothing names it */
export function ownerAddress({ owner }: Pick<OwnerOptions, 'owner'>): Address {
  const address = ownerNamed({ owner })
  if (address) return address
  throw new UsageError('The owner is not named.', {
    metaMessages: ['Name its address by --owner or ASSAY_OWNER.'],
  })
}

/** The address of `--owner`, else of ASSAY_OWNER. @throws UsageError if it is none */
export function ownerNamed({ owner }: { owner?: string | undefined }): Address | undefined {
  return owner === undefined ? addressSet('ASSAY_OWNER') : addressFrom(owner, '`--owner`')
}

/** The owner's address, so far as it is known without asking: named, or that of ASSAY_OWNER_KEY. @throws UsageError */
export function ownerKnown({
  owner,
  keystore,
}: Pick<OwnerOptions, 'owner' | 'keystore'>): Address | undefined {
  const named = ownerNamed({ owner })
  const { ASSAY_OWNER_KEY: key } = process.env
  if (named || key === undefined || keystore !== undefined) return named
  return accountFrom(key, 'ASSAY_OWNER_KEY').address
}

/**
 * The owner's key: of `--keystore`, of ASSAY_OWNER_KEY, or typed in. Never an argument, which other users of the machine see.
 *
 * @throws UsageError if there is none, or it is another account's than the one that is named
 */
export async function ownerAccount(options: OwnerOptions): Promise<PrivateKeyAccount> {
  const account = await keyAccount(options)
  const named = ownerNamed(options)
  if (named && named !== account.address) {
    throw new UsageError(`The key is of ${account.address}, but the owner is ${named}.`, {
      metaMessages: ['Give the key of the owner, or name this account by --owner.'],
    })
  }
  return account
}

async function keyAccount({ keystore }: OwnerOptions): Promise<PrivateKeyAccount> {
  const { ASSAY_OWNER_KEY: key, ASSAY_KEYSTORE_PASSPHRASE: passphrase } = process.env
  if (keystore !== undefined) {
    return openKeystore(keystore, async () => {
      if (passphrase !== undefined) return passphrase
      if (canAsk()) return askHidden('Passphrase of the keystore')
      throw new UsageError('The passphrase of the keystore is not given.', {
        metaMessages: ['Set ASSAY_KEYSTORE_PASSPHRASE, or run this in a terminal.'],
      })
    })
  }
  if (key !== undefined) return accountFrom(key, 'ASSAY_OWNER_KEY')
  if (canAsk()) return accountFrom(await askHidden('Private key of the owner'), 'The key')
  throw new UsageError("The owner's key is not given.", {
    metaMessages: [
      'Set ASSAY_OWNER_KEY, name a file by --keystore, or run this in a terminal.',
      'Or sign elsewhere: --print-request, or --page for a wallet in the browser.',
    ],
    docsPath: 'cli.md#owners-word',
  })
}
