import type { Rendered } from '../formats/format.ts';
import { type AttemptOutcome, attemptMsMax, describeFailure, unavailable } from './attempt.ts';

/** A longer wait that a receiver requests is cut to this. */
const retryAfterMsMax = 6 * 3_600_000;
/** Statuses that are about one request: another event may be taken. */
const ofRequest: ReadonlySet<number> = new Set([400, 406, 409, 411, 413, 414, 415, 422, 431]);

/** Posts one event. The status is all that is read: an answer of any length, however slow, changes nothing, and no redirect is followed. */
export async function postEvent(
  url: string,
  { body, contentType, headers }: Rendered,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), attemptMsMax);
  const leave = () => ending.abort();
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': contentType, 'user-agent': 'Heddle', ...headers },
      body,
      redirect: 'manual',
      signal: ending.signal,
    });
    return toOutcome(response.status, response.headers.get('retry-after'));
  } catch (error) {
    // Any error: whatever it is, the receiver has not confirmed the event.
    if (ending.signal.aborted) return unavailable('There was no answer within 15 seconds.');
    return unavailable(describeFailure(error));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
    // What was not read is not waited for.
    ending.abort();
  }
}

function toOutcome(status: number, retryAfter: string | null): AttemptOutcome {
  if (status >= 200 && status < 300) {
    return { outcome: 'DELIVERED', status, error: null, retryAfterMs: null };
  }
  const redirect = status >= 300 && status < 400 ? ' Redirects are not followed.' : '';
  const error = `The receiver answered with status ${status}.${redirect}`;
  if (status === 410) return { outcome: 'GONE', status, error, retryAfterMs: null };
  const outcome = ofRequest.has(status) ? 'REFUSED' : 'UNAVAILABLE';
  return { outcome, status, error, retryAfterMs: parseRetryAfter(retryAfter, Date.now()) };
}

/** Seconds, or a date (RFC 9110, 10.2.3). Null for what is neither. */
export function parseRetryAfter(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const value = text.trim();
  // A date begins with its day: what else Date.parse takes is none.
  const isDate = /^[A-Za-z]{3,9},? /.test(value);
  const dateMs = isDate ? Date.parse(value) - nowMs : Number.NaN;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : dateMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), retryAfterMsMax);
}
