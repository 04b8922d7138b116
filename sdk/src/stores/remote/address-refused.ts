import { BaseError } from '../../errors/base.ts'

/** Thrown inside when a name leads to no address that may be spoken to. */
export class AddressRefusedError extends BaseError {
  override name = 'AddressRefusedError'

  constructor() {
    super('The host leads to no address that may be spoken to.')
  }
}
