import { InvalidInputError } from './input.ts'

/** Thrown when a setting of the recorder is missing or malformed. */
export class InvalidConfigError extends InvalidInputError {
  override name = 'InvalidConfigError'

  /**
   * @param setting - The option and its environment variable, such as `owner (ASSAY_OWNER)`.
   * @param problem - What is wrong with it.
   */
  constructor(setting: string, problem: string) {
    super('configuration', setting, problem, { docsPath: 'recording.md#options' })
  }
}
