import { mongo } from 'mongoose';
import { duplicateKeyCode } from '#core/input.ts';

/** What the server said of single documents; empty where it failed as a whole, or was never reached. */
function writeErrorsOf(error: mongo.MongoBulkWriteError): readonly mongo.WriteError[] {
  return [error.writeErrors].flat();
}

/** Did every document that was not written fail because its key is there already? */
export function isOnlyDuplicates(error: unknown): boolean {
  if (!(error instanceof mongo.MongoBulkWriteError)) return false;
  const errors = writeErrorsOf(error);
  return (
    errors.length > 0 &&
    errors.every(({ code }) => code === duplicateKeyCode) &&
    error.result.getWriteConcernError() === undefined
  );
}

/** Does it lie in the documents: refused one by one by the server, or not to be sent at all (too large, no BSON)? */
export function isOfDocuments(error: unknown): boolean {
  if (error instanceof mongo.MongoBulkWriteError) return writeErrorsOf(error).length > 0;
  return !(error instanceof mongo.MongoError) || error instanceof mongo.MongoInvalidArgumentError;
}
