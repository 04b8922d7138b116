import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where programs of this user keep what they can make again (XDG Base Directory, and what macOS and Windows have instead). */
export function cacheDirectory(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = env
  // A relative one is to be ignored, says the specification.
  if (xdg?.startsWith('/')) return join(xdg, 'assay')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'assay')
  if (platform === 'win32' && local) return join(local, 'assay', 'cache')
  return join(homedir(), '.cache', 'assay')
}
