import { CommandError } from '../errors.ts';

/** SQLite's primary result codes that mean something to a caller. */
const SQLITE = {
  busy: 5,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  constraint: 19,
  notADatabase: 26,
} as const;

/** The primary result code of an error of node:sqlite, or undefined for any other error. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

export function isConstraint(error: unknown): boolean {
  return sqliteCode(error) === SQLITE.constraint;
}

/** An error of SQLite as the answer that a client gets; any other error unchanged. No path leaves the process. */
export function sqliteFailure(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  switch (code) {
    case SQLITE.full:
      return new CommandError('OutOfDiskSpace', 'the disk of the embedded store is full', { cause: error });
    case SQLITE.readonly:
      return new CommandError('OperationFailed', 'the data file of the embedded store is read-only', {
        cause: error,
      });
    case SQLITE.ioerr:
      return new CommandError('OperationFailed', 'the embedded store could not read or write its data file', {
        cause: error,
      });
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
      return new CommandError('OperationFailed', 'the data file of the embedded store is damaged', {
        cause: error,
      });
    default:
      return new CommandError('InternalError', 'the embedded store failed in its data file', {
        cause: error,
      });
  }
}
