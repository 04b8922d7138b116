/** What the help texts say of the exit codes. */
export const exitCodeHelp = `
Exit codes:
  0  verified, or done
  1  refuted
  2  unknown: neither shown to be so nor shown not to be so
  3  bad input, policy or arguments; nothing is said about any inference`

/** Of commands that do something, and either do it or say why not. */
export const doneCodeHelp = `
Exit codes:
  0  done, or there already
  3  not done: bad arguments, or refused`
