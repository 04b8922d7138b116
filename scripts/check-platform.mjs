// Says in one sentence why Assay can't run here, before anything is installed. Plain JavaScript without dependencies: whatever
// Node there is can run it.
import { pathToFileURL } from 'node:url'

/**
 * Why this machine can't run Assay.
 *
 * @returns {string | undefined} A message, or undefined when it can.
 */
export function platformProblem() {
  if (process.platform === 'win32')
    return 'Assay does not run on Windows itself: use it inside WSL 2 (https://learn.microsoft.com/windows/wsl/install).'
  if (process.platform !== 'linux' && process.platform !== 'darwin')
    return `Assay runs on Linux and macOS, not on ${process.platform}.`
  if (process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime)
    return 'Assay needs a Linux with glibc, such as Debian, Ubuntu or Fedora; this one has musl (Alpine): its Node and compiler binaries are not built for it.'
  if (Number(process.versions.node.split('.')[0]) < 20)
    return `Assay needs Node 20 or newer; this is ${process.version}.`
  return undefined
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problem = platformProblem()
  if (problem) {
    console.error(problem)
    process.exitCode = 1
  }
}
