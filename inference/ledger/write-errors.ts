import { mongo } from 'mongoose';
import { GroupWriteError } from '#mongo/group-writes.ts';

/** Did every document that was not written fail because its key is there already? */
export function isOnlyDuplicates(error: unknown): boolean {
  return error instanceof GroupWriteError && error.isOnlyDuplicates;
}

/** Does it lie in the documents: refused one by one by the server, or not to be sent at all (too large, no BSON)? */
export function isOfDocuments(error: unknown): boolean {
  return !(error instanceof mongo.MongoError) || error instanceof mongo.MongoInvalidArgumentError;
}
