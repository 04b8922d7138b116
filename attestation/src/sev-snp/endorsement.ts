import { readAs, refuse } from '../judging/judge.ts'
import { MalformedError } from '../judging/errors.ts'
import type { Certificate } from '../x509/certificate.ts'
import { contentOf, readDer, tags } from '../x509/der.ts'
import { smallInteger } from '../x509/values.ts'
import { productNamed, type SnpProduct, type SnpTcb, tcbNames } from './products.ts'

/** What AMD says of the key that signs reports, in extensions of its certificate (AMD 57230). */
export type Endorsement = {
  product: SnpProduct
  tcb: SnpTcb
  /** Of the chip whose key it is. */
  hardwareId: Uint8Array | undefined
  /** The cloud provider whose key it is. */
  provider: string | undefined
}

const amd = '1.3.6.1.4.1.3704.1'
const versionIds: Record<keyof SnpTcb, string> = {
  bootLoader: `${amd}.3.1`,
  tee: `${amd}.3.2`,
  snp: `${amd}.3.3`,
  microcode: `${amd}.3.8`,
  fmc: `${amd}.3.9`,
}

/** Reads what a certificate of a VCEK or VLEK says. */
export function readEndorsement({ extensions }: Certificate): Endorsement {
  const what = 'the certificate of its key'
  const valueOf = (id: string) => extensions.get(id)?.value
  const textOf = (id: string) => {
    const value = valueOf(id)
    return value && Buffer.from(contentOf(readDer(value), tags.ia5String)).toString('latin1')
  }
  const product = readAs('product', what, () => productNamed(textOf(`${amd}.2`) ?? ''))
  if (!product) return refuse('product', `${what} names no product that is known`)
  const tcb = readAs('tcb', what, () =>
    Object.fromEntries(
      tcbNames(product).map((name) => {
        const value = valueOf(versionIds[name])
        if (!value) throw new MalformedError(`does not say for which version of ${name} it is`)
        return [name, smallInteger(readDer(value))]
      }),
    ),
  ) as unknown as SnpTcb
  const provider = readAs('signingKey', what, () => textOf(`${amd}.5`))
  return { product, tcb, hardwareId: valueOf(`${amd}.4`), provider }
}
