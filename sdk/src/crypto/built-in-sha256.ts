import { createHash } from 'node:crypto'

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()

/** Takes the place of SHA-256 in JavaScript, which a bundle for Node, Bun or Deno need not carry. */
export const portable = Object.assign(sha256, {
  create: () => {
    const hash = createHash('sha256')
    return {
      update: (data: Uint8Array) => void hash.update(data),
      digest: (): Uint8Array => hash.digest(),
    }
  },
})
