import { MongoBulkWriteError, MongoError, MongoServerError } from 'mongodb';
import type { ExpectedError } from './format.ts';
import { type MatchContext, Mismatch, match } from './match.ts';

/**
 * Holds a thrown value against `expectError`.
 * @throws {Mismatch}
 */
export function matchError(context: MatchContext, error: unknown, expected: ExpectedError): void {
  if (!(error instanceof Error)) throw new Mismatch(`no error but ${String(error)}`);
  const refuse = (what: string): never => {
    throw new Mismatch(`${what}; the error is ${error.name}: ${error.message}`);
  };
  if (expected.isClientError !== undefined && expected.isClientError === error instanceof MongoServerError) {
    refuse(expected.isClientError ? 'expected an error of the client' : 'expected an error of the server');
  }
  if (
    expected.isTimeoutError !== undefined &&
    expected.isTimeoutError !== (error.name === 'MongoOperationTimeoutError')
  ) {
    refuse(expected.isTimeoutError ? 'expected a timeout' : 'expected no timeout');
  }
  if (
    expected.errorContains !== undefined &&
    !error.message.toLowerCase().includes(expected.errorContains.toLowerCase())
  ) {
    refuse(`expected «${expected.errorContains}» in the message`);
  }
  const code = error instanceof MongoServerError ? error.code : undefined;
  if (expected.errorCode !== undefined && code !== expected.errorCode) {
    refuse(`expected code ${expected.errorCode} instead of ${code}`);
  }
  if (expected.errorCodeName !== undefined) {
    const codeName = error instanceof MongoServerError ? error.codeName : undefined;
    if (codeName !== expected.errorCodeName)
      refuse(`expected ${expected.errorCodeName} instead of ${codeName}`);
  }
  const hasLabel = (label: string): boolean => error instanceof MongoError && error.hasErrorLabel(label);
  for (const label of expected.errorLabelsContain ?? []) {
    if (!hasLabel(label)) refuse(`expected the label ${label}`);
  }
  for (const label of expected.errorLabelsOmit ?? []) {
    if (hasLabel(label)) refuse(`expected no label ${label}`);
  }
  if (expected.errorResponse !== undefined) {
    match(
      context,
      error instanceof MongoServerError ? error.errorResponse : undefined,
      expected.errorResponse,
    );
  }
  if (expected.expectResult !== undefined) {
    match(
      context,
      error instanceof MongoBulkWriteError ? toBulkResult(error) : undefined,
      expected.expectResult,
    );
  }
}

const toBulkResult = (error: MongoBulkWriteError): Record<string, unknown> => ({
  insertedCount: error.insertedCount,
  matchedCount: error.matchedCount,
  modifiedCount: error.modifiedCount,
  deletedCount: error.deletedCount,
  upsertedCount: error.upsertedCount,
  upsertedIds: error.upsertedIds,
  insertedIds: error.insertedIds,
});
