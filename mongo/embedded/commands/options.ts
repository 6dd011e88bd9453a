import { type Doc, doc, int32, isDoc, isNumeric, type Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';
import { toPlainNumber } from './fields.ts';

/** Fields that any command may carry. */
const GENERIC = new Set([
  '$db',
  'lsid',
  'txnNumber',
  'autocommit',
  'startTransaction',
  '$clusterTime',
  '$readPreference',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
  'comment',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'stmtId',
  'stmtIds',
  'maxTimeMSOpOnly',
  'mayBypassWriteBlocking',
  '$audit',
  '$client',
  '$configServerState',
  '$oplogQueryData',
  '$replData',
  '$queryOptions',
  'clientOperationKey',
  'databaseVersion',
  'shardVersion',
  'help',
  'allowImplicitCollectionCreation',
]);

const READ_CONCERNS = new Set(['local', 'available', 'majority', 'linearizable', 'snapshot']);

/** Refuses fields that the command does not have; the first is its name. */
export function checkFields(name: string, fields: readonly string[], known: ReadonlySet<string>): void {
  for (const field of fields.slice(1)) {
    if (!known.has(field) && !GENERIC.has(field)) {
      throw new CommandError(40415, `BSON field '${name}.${field}' is an unknown field.`);
    }
  }
}

/** Refuses fields that a part of a command does not have. */
export function checkKnown(name: string, part: Doc, known: ReadonlySet<string>): void {
  for (const field of part.keys()) {
    if (!known.has(field))
      throw new CommandError(40415, `BSON field '${name}.${field}' is an unknown field.`);
  }
}

/** Refuses versions of the API that do not exist. */
export function checkVersion(body: Doc): void {
  const version = body.get('apiVersion');
  if (version !== undefined && version !== '1') {
    throw new CommandError('APIVersionError', `Unsupported API version`);
  }
}

export function checkReadConcern(body: Doc, inTransaction: boolean): void {
  const concern = body.get('readConcern');
  if (concern === undefined) return;
  const level = isDoc(concern) ? concern.get('level') : undefined;
  if (level === undefined) return;
  if (typeof level !== 'string' || !READ_CONCERNS.has(level)) {
    throw new CommandError(
      'FailedToParse',
      `Enumeration value '${String(level)}' for field 'readConcern.level' is not a valid value.`,
    );
  }
  if (inTransaction && (level === 'available' || level === 'linearizable')) {
    throw new CommandError(
      'InvalidOptions',
      'The readConcern level must be either local, majority or snapshot in a transaction',
    );
  }
}

/** What is wrong with a write concern that one node cannot fulfil; the write itself is done all the same. */
export function writeConcernError(body: Doc): Doc | undefined {
  const concern = body.get('writeConcern');
  const w = isDoc(concern) ? concern.get('w') : undefined;
  if (w === undefined || w === 'majority') return undefined;
  if (isNumeric(w)) {
    if (toPlainNumber(w) <= 1) return undefined;
    return doc({
      code: int32(100),
      codeName: 'UnsatisfiableWriteConcern',
      errmsg: 'Not enough data-bearing nodes',
      errInfo: doc({ writeConcern: concern }),
    });
  }
  return doc({
    code: int32(79),
    codeName: 'UnknownReplWriteConcern',
    errmsg: `No write concern mode named '${String(w)}' found in replica set configuration`,
  });
}

/** Collation: only the simple one, which is what the absence of one means. */
export function checkCollation(collation: Value | undefined): void {
  if (collation === undefined || collation === null) return;
  if (!isDoc(collation)) throw new CommandError('TypeMismatch', 'collation must be an object');
  if (collation.size === 0 || collation.get('locale') === 'simple') return;
  throw unsupported('collation');
}
