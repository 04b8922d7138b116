/** SHA-256 in JavaScript, for runtimes that bring none which answers at once. */
export { sha256 as portable } from '@noble/hashes/sha2.js'
