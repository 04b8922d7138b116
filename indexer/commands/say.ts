/** Writes a line of the log. */
export const say = (line: string) => void process.stdout.write(`${line}\n`)
