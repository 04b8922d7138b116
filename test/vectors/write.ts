/** Writes the vectors. Formats are final: run this only to add vectors, and look at the difference. */
import { writeFile } from 'node:fs/promises'
import { makeVectors } from './make.ts'

for (const [name, content] of Object.entries(await makeVectors())) {
  await writeFile(new URL(name, import.meta.url), `${JSON.stringify(content, null, 1)}\n`)
}
