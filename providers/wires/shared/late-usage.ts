import { watchOf } from '../../http/connection-watch.ts';
import type { ResponseReader } from '../../http/read-response.ts';
import type { AnswerParts } from './answer-parts.ts';

/** How long a usage is waited for after [DONE]. Most servers end the body at once. */
const lateMsMax = 500;

/**
 * Reads the usage of a whole answer that has come without one, until it is there, the body ends, or the time is over. Never
 * rejects: an answer without a usage is estimated. The time counts against no limit of the call.
 */
export async function readLateUsage(
  parts: AnswerParts,
  body: ResponseReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  watchOf(signal)?.completed();
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, lateMsMax, null);
  while (!parts.ended) parts.readLate(await Promise.race([body.read().catch(() => null), late]));
  clearTimeout(timer);
}
