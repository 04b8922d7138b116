import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/**
 * Path of a Chromium that the machine has: of `CHROMIUM_PATH`, else the first on the PATH. None is ever downloaded.
 *
 * @returns Undefined if there is none.
 */
export async function findBrowser(env = process.env): Promise<string | undefined> {
  if (env.CHROMIUM_PATH) return env.CHROMIUM_PATH
  const directories = (env.PATH ?? '').split(delimiter).filter(Boolean)
  for (const path of names.flatMap((name) => directories.map((it) => join(it, name)))) {
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  return undefined
}
