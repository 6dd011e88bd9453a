import type { Doc } from './bson/values.ts';

/**
 * The server's error codes that this store answers, by name. A code without a name is the server's `Location<code>`.
 * Those of networks and replication come only from fail points, which the tests of drivers set.
 */
export const ERROR_CODES = {
  InternalError: 1,
  BadValue: 2,
  HostUnreachable: 6,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  InvalidBSON: 22,
  LockTimeout: 24,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  CannotBackfillArray: 34,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  UnknownReplWriteConcern: 79,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  ShutdownInProgress: 91,
  OperationFailed: 96,
  UnsatisfiableWriteConcern: 100,
  NotExactValueField: 111,
  WriteConflict: 112,
  CommandNotSupported: 115,
  ConflictingOperationInProgress: 117,
  ExceededMemoryLimit: 146,
  InvalidPipelineOperator: 168,
  CannotIndexParallelArrays: 171,
  CursorInUse: 172,
  QueryPlanKilled: 175,
  InvalidIndexSpecificationOption: 197,
  InvalidUUID: 207,
  IncompleteTransactionHistory: 217,
  QueryFeatureNotAllowed: 224,
  TransactionTooOld: 225,
  SnapshotTooOld: 239,
  ConversionFailure: 241,
  SnapshotUnavailable: 246,
  NoSuchTransaction: 251,
  TransactionCommitted: 256,
  TransactionTooLarge: 257,
  OperationNotSupportedInTransaction: 263,
  IndexBuildAborted: 276,
  ClientDisconnect: 279,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  NotARetryableWriteCommand: 50768,
  APIVersionError: 322,
  NotWritablePrimary: 10107,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  InterruptedAtShutdown: 11600,
  Interrupted: 11601,
  OutOfDiskSpace: 14031,
} as const;

type CodeName = keyof typeof ERROR_CODES;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(ERROR_CODES).map(([name, code]) => [code, name]),
);

type CommandErrorOptions = {
  /** `errorLabels` of the answer, for example TransientTransactionError. */
  labels?: readonly string[];
  /** Further fields of the answer next to code, codeName and errmsg, for example keyPattern and keyValue. */
  details?: Doc;
  cause?: unknown;
};

/**
 * What a command answers when it fails: the server's code, its name and a message. Thrown anywhere in the engine,
 * answered on the wire as `{ ok: 0, code, codeName, errmsg, …details, errorLabels? }`.
 *
 * @param code a name of ERROR_CODES, or the number (numbers without a name become `Location<code>`, as the server does)
 */
export class CommandError extends Error {
  readonly code: number;
  readonly codeName: string;
  readonly labels: readonly string[];
  readonly details: Doc | undefined;

  constructor(code: CodeName | number, message: string, options: CommandErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CommandError';
    this.code = typeof code === 'number' ? code : ERROR_CODES[code];
    this.codeName = NAMES.get(this.code) ?? `Location${this.code}`;
    this.labels = options.labels ?? [];
    this.details = options.details;
  }
}

/** The refusal of what MongoDB has and this store has not: CommandNotSupported unless the server has a closer code. */
export function unsupported(what: string, code: CodeName | number = 'CommandNotSupported'): CommandError {
  return new CommandError(code, `${what} is not supported by the embedded store: use MongoDB for it`);
}
