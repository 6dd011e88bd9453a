type HeaderRecord = Readonly<Record<string, string | undefined>>;

const retryAfterMsMax = 86_400_000;

function bounded(ms: number): number | null {
  return Number.isFinite(ms) ? Math.min(Math.max(0, Math.ceil(ms)), retryAfterMsMax) : null;
}

/** Google's RetryInfo in an error body, e.g. `"retryDelay": "34.07s"`. */
function fromBody(body: string): number | null {
  const seconds = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body)?.[1];
  return seconds === undefined ? null : bounded(Number(seconds) * 1000);
}

/**
 * How long a provider asks us to wait: `retry-after-ms`, `retry-after` in seconds or as an HTTP date (RFC 9110, 10.2.3), or
 * Google's RetryInfo. Milliseconds, at most a day; null where it says nothing.
 */
export function retryAfterMs(headers: HeaderRecord, body: string, now: number): number | null {
  const ms = headers['retry-after-ms'];
  if (ms !== undefined && ms.trim() !== '' && !Number.isNaN(Number(ms))) return bounded(Number(ms));
  const after = headers['retry-after'];
  if (after !== undefined && after.trim() !== '') {
    const seconds = Number(after);
    return Number.isNaN(seconds) ? bounded(Date.parse(after) - now) : bounded(seconds * 1000);
  }
  return fromBody(body);
}
