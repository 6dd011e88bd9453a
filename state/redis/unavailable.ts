import { createOverloadedError, HeddleError } from '#core/errors.ts';

/** Answers of a server that is there but cannot serve now, or not us. */
const serverStates =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|OOM|BUSY|TRYAGAIN|NOREPLICAS|MISCONF|NOAUTH|WRONGPASS|NOPERM) /;

/**
 * A failed command as callers get it: OVERLOADED when Redis cannot be reached, whatever the reason, so that nothing is let
 * in which it should have counted. An answer that states that the command itself is wrong stays as it is.
 */
export function explainRedisFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof HeddleError) return error;
  if (error.name === 'ReplyError' && !serverStates.test(error.message)) return error;
  const message = 'The state that processes share cannot be reached; nothing was begun.';
  return createOverloadedError(message);
}
