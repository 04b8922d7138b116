import type { Command, Option } from 'commander'

/** What can stand at a place of the command line. */
export type Candidates = {
  words: string[]
  /** Whether a file may stand there too. */
  files: boolean
}

/** Values of options that are one of a few. */
const values: Record<string, readonly string[]> = {
  '--format': ['cose'],
  '--kind': ['nitro', 'tdx', 'sev-snp', 'none'],
  '--key-type': ['none', 'secp256k1', 'p256', 'ed25519', 'rsa'],
}

/**
 * What can come next, by the commands and options that the program has.
 *
 * @param words - After the program's name; the last one is being typed, and may be empty.
 */
export function candidatesFor(program: Command, words: readonly string[]): Candidates {
  const typed = words.at(-1) ?? ''
  let command = program
  let awaits: Option | undefined
  let given = 0
  for (const word of words.slice(0, -1)) {
    if (awaits) {
      awaits = undefined
      continue
    }
    const option = optionsOf(command).find(({ long, short }) => word === long || word === short)
    if (option) awaits = takesValue(option) ? option : undefined
    else if (!word.startsWith('-')) {
      const below = given === 0 ? command.commands.find((it) => it.name() === word) : undefined
      if (below) command = below
      else given++
    }
  }
  if (awaits) return valuesOf(awaits)
  if (typed.startsWith('-')) {
    return { words: optionsOf(command).map(({ long }) => long ?? ''), files: false }
  }
  const commands = given === 0 ? command.commands.map((it) => it.name()) : []
  return { words: commands, files: argumentsOf(command).some(isPath) }
}

/** Names of what a command takes. */
function argumentsOf(command: Command): readonly string[] {
  return command.registeredArguments.map((it) => it.name())
}

/** Options of a command, and those of all. */
function optionsOf(command: Command): readonly Option[] {
  const own = command.createHelp().visibleOptions(command)
  return command.parent ? [...own, ...optionsOf(root(command)).filter(isGlobal)] : own
}

const root = (command: Command): Command => (command.parent ? root(command.parent) : command)
const isGlobal = ({ long }: Option) => long !== '--help' && long !== '--version'
const takesValue = (option: Option) => option.required || option.optional

function valuesOf(option: Option): Candidates {
  const words = [...(values[option.long ?? ''] ?? [])]
  return { words, files: isPath(/<(.*)>/.exec(option.flags)?.[1] ?? '') }
}

/** By the words that the help texts use for what is on disk. */
const isPath = (name: string) =>
  ['file', 'directory', 'path', 'paths', 'input', 'inputs', 'receipt', 'other'].includes(name)
