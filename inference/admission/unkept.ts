import { HeddleError } from '#core/errors.ts';

/** An idempotency key was used for a call that has, or will have, no answer to repeat. */
export function answerNotKept(completionId: string): HeddleError {
  return new HeddleError(
    'CONFLICT',
    'This idempotencyKey was used for a call whose answer is not kept (retention: NONE, or the payloadLogging of the tenant); its row has what it took. Choose another key to make the call again.',
    { extensions: { completionId } },
  );
}

/** A stream of which no content is kept has ended. */
export function streamNotKept(completionId: string): HeddleError {
  return new HeddleError(
    'NOT_FOUND',
    'The completion has ended, and its content is not kept (retention: NONE, or the payloadLogging of the tenant).',
    { extensions: { completionId } },
  );
}
