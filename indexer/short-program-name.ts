/**
 * Preloaded (`node --import`) into the indexer's process: names its program by one word. The embedded database is told the program's path,
 * and with one of 193 characters it can't be made, with one of 191 it can (`table index is out of bounds`): such a path a deep directory has, and pnpm's names of
 * packages are long.
 */
process.argv[1] = 'ponder'
