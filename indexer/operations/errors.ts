import { BaseError } from '@assay/sdk'

const docsPath = 'operations.md'

/** Thrown when the PostgreSQL database of a command can't be reached, or refuses what the command needs. */
export class OperationsDatabaseError extends BaseError {
  override name = 'OperationsDatabaseError'

  constructor(what: string, cause: unknown) {
    super(what, {
      metaMessages: [
        'Check DATABASE_URL, that the server runs, and that the role may do this: docs/operations.md, Roles.',
      ],
      cause,
      docsPath,
    })
  }
}

/** Thrown when a schema that a command names holds no version of the indexer. */
export class NoSuchVersionError extends BaseError {
  override name = 'NoSuchVersionError'

  constructor(schema: string) {
    super(`There is no version of the indexer in the schema ${schema}.`, {
      metaMessages: ['`versions` lists those that there are.'],
      docsPath,
    })
  }
}

/** Thrown when a schema that was to hold views holds something else, which a switch would destroy. */
export class ViewsSchemaTakenError extends BaseError {
  override name = 'ViewsSchemaTakenError'

  constructor(schema: string, what: string) {
    super(`The schema ${schema} can't be used for views: it holds ${what}.`, {
      metaMessages: ['Name another with ASSAY_VIEWS_SCHEMA; it is made if it is not there.'],
      docsPath,
    })
  }
}

/** Thrown when the views may not be switched to a version yet: who asks again meanwhile sees it come nearer. */
export class VersionBehindError extends BaseError {
  override name = 'VersionBehindError'

  constructor(schema: string, reasons: readonly string[]) {
    super(`The version in ${schema} is behind the one that the views show.`, {
      metaMessages: [
        ...reasons,
        'Wait until its writer has caught up, or let clients see less than before with --behind.',
      ],
      docsPath,
    })
  }
}

/** Thrown when readers of the version that is shown would fail with another one. */
export class BreakingSwitchError extends BaseError {
  override name = 'BreakingSwitchError'
  /** What they use that is not there, or is something else. */
  readonly differences: readonly string[]

  constructor(schema: string, differences: readonly string[]) {
    super(`Readers of the version that is shown would fail with the one in ${schema}.`, {
      metaMessages: [
        ...differences.slice(0, 20),
        ...(differences.length > 20 ? [`And ${differences.length - 20} more.`] : []),
        'Keep what they use, or stop them first and switch with --breaking.',
      ],
      docsPath,
    })
    this.differences = differences
  }
}

/** Thrown when the views could not be exchanged because somebody used them all the time. */
export class ViewsBusyError extends BaseError {
  override name = 'ViewsBusyError'

  constructor(viewsSchema: string, seconds: number, cause: unknown) {
    super(`The views in ${viewsSchema} were in use for ${seconds} s without a gap.`, {
      metaMessages: [
        'A query that takes long, or a transaction that was left open, holds them: see pg_stat_activity.',
        'Nothing was changed. Try again, with a longer --timeout.',
      ],
      cause,
      docsPath,
    })
  }
}

/** Thrown when something can't be taken away because somebody uses it. */
export class VersionInUseError extends BaseError {
  override name = 'VersionInUseError'

  constructor(what: string, by: readonly string[]) {
    super(`${what} is in use.`, { metaMessages: [...by, 'Nothing was changed.'], docsPath })
  }
}

/** Thrown when a program of PostgreSQL that a command runs is missing, too old, or fails. */
export class PostgresToolError extends BaseError {
  override name = 'PostgresToolError'

  constructor(what: string, metaMessages: readonly string[], cause?: unknown) {
    super(what, { metaMessages, cause, docsPath })
  }
}

/** Thrown when a directory holds no whole backup, or one that was altered. Nothing was restored. */
export class InvalidBackupError extends BaseError {
  override name = 'InvalidBackupError'

  constructor(directory: string, problem: string, cause?: unknown) {
    super(`The backup in ${directory} can't be used: ${problem}.`, {
      metaMessages: ['Nothing was restored. Take another backup.'],
      cause,
      docsPath,
    })
  }
}

/** Thrown when a backup or a restore would overwrite something. */
export class WouldOverwriteError extends BaseError {
  override name = 'WouldOverwriteError'

  constructor(what: string, toDo: string) {
    super(`${what} is not empty.`, { metaMessages: [toDo, 'Nothing was changed.'], docsPath })
  }
}
