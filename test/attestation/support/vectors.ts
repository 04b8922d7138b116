import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The certificates of a file of vectors, in DER. */
export function certificatesIn(name: string): Buffer[] {
  return readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')
    .split('-----BEGIN ')
    .slice(1)
    .map((part) => new X509Certificate(`-----BEGIN ${part}`).raw)
}
