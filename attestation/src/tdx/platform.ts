import { hexOf } from '../judging/bytes.ts'
import { MalformedError } from '../judging/errors.ts'
import { readAs } from '../judging/judge.ts'
import type { Certificate } from '../x509/certificate.ts'
import { contentOf, type Der, readDer, sequenceOf, tags } from '../x509/der.ts'
import { oidOf, smallInteger } from '../x509/values.ts'

/** What Intel says of a platform, in its key's certificate. */
export type Platform = {
  /** Family, model, stepping, platform and SKU, 6 bytes in hex without 0x. */
  fmspc: string
  /** Of the provisioning enclave, 2 bytes likewise. */
  pceId: string
  pceSvn: number
  /** Versions of 16 components. */
  cpuSvns: readonly number[]
}

const sgx = '1.2.840.113741.1.13.1'

/** Reads what the certificate of a platform's key (PCK) says. */
export function readPlatform({ extensions }: Certificate): Platform {
  return readAs('platform', 'the certificate of its platform', () => {
    const extension = extensions.get(sgx)
    if (!extension) throw new MalformedError('does not say of which platform it is')
    const members = byIdentifier(readDer(extension.value))
    const tcb = byIdentifier(members.get(`${sgx}.2`))
    const text = (id: string, size: number) => {
      const bytes = contentOf(members.get(`${sgx}.${id}`), tags.octetString)
      if (bytes.length !== size) throw new MalformedError('has an id of another size')
      return hexOf(bytes).slice(2)
    }
    const svn = (i: number) => smallInteger(tcb.get(`${sgx}.2.${i}`))
    return {
      fmspc: text('4', 6),
      pceId: text('3', 2),
      pceSvn: svn(17),
      cpuSvns: Array.from({ length: 16 }, (_, i) => svn(i + 1)),
    }
  })
}

function byIdentifier(list: Der | undefined): ReadonlyMap<string, Der> {
  const members = new Map<string, Der>()
  for (const pair of sequenceOf(list)) {
    const [id, value, ...more] = sequenceOf(pair)
    const oid = oidOf(id)
    if (!value || more.length || members.has(oid)) throw new MalformedError('has an odd extension')
    members.set(oid, value)
  }
  return members
}
