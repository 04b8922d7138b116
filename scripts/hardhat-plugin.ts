import type { HardhatPlugin } from 'hardhat/types/plugins'

/**
 * Leaves files that only define types to be compiled with the contracts that import them. Compiled by itself, as Hardhat does after
 * some changes, such a file gives a build without contracts, and Hardhat's chain doesn't start where it finds one
 * ("Failed to parse build info: missing field `contracts`").
 */
export const typesAreNoRoots: HardhatPlugin = {
  id: 'assay-types-are-no-roots',
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            build: (context, files, options, next) =>
              next(
                context,
                files.filter((file) => !/[/\\]contracts[/\\]types[/\\]/.test(file)),
                options,
              ),
          }),
      }),
  },
}
