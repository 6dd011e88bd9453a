import { CommandError } from '../errors.ts';

/** The server's error for bytes that are not BSON. */
export function invalidBson(reason: string): CommandError {
  return new CommandError('InvalidBSON', `invalid BSON: ${reason}`);
}
