import { expectError } from '#core/expect-error.ts';

type HeaderRecord = Readonly<Record<string, string | undefined>>;

const retryAfterMsMax = 86_400_000;
/** Words and bodies are looked at so far. */
const charsMax = 8_192;

const unitMs: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
};

const amount = String.raw`\d{1,12}(?:\.\d{1,12})?`;
const unit =
  '(?:ms|milliseconds?|msecs?|[uµ]s|ns|d|days?|h|hours?|hrs?|m|min|mins|minutes?|s|secs?|seconds?)(?![a-z])';
const pieces = new RegExp(String.raw`(${amount})\s{0,2}(${unit})`, 'gi');
const duration = String.raw`(?:${amount}\s{0,2}${unit}[\s,]{0,3}(?:and\s)?){1,4}`;
const wholeDuration = new RegExp(`^${duration}$`, 'i');
/** "Please try again in 1m2.5s", "retry after 20 seconds", "wait 350ms". */
const inWords = new RegExp(
  String.raw`(?:\b(?:try|retry|again|wait|available|resets?)\b[^.\d]{0,40}?(?:\b(?:in|after|for|about)\b\s{0,3}){0,2})(${duration})`,
  'i',
);

/** "You will regain access on 2026-12-01 at 00:00 UTC", "try again at 2026-11-28T03:00:30Z". */
const instantInWords =
  /\b(?:again|access|resets?|until|after)\b[^\d.]{0,20}(\d{4}-\d\d-\d\d)(?:(?:T| at | )(\d\d:\d\d(?::\d\d)?))?/i;

function bound(ms: number): number | null {
  return Number.isFinite(ms) ? Math.min(Math.max(0, Math.ceil(ms)), retryAfterMsMax) : null;
}

/** "1m30.5s", "20s", "6ms", "2 minutes", in milliseconds. */
function parseDuration(text: string): number | null {
  let ms = 0;
  let found = false;
  for (const [, value = '', name = ''] of text.matchAll(pieces)) {
    const lower = name.toLowerCase();
    const factor = unitMs[lower] ?? unitMs[/^m(?:illi)?s/.test(lower) ? 'ms' : (lower[0] ?? '')] ?? 0;
    ms += Number(value) * factor;
    found = true;
  }
  return found ? ms : null;
}

/** Seconds, seconds or milliseconds since 1970, a duration, or a date; from now, in milliseconds. */
function parseWait(given: string, now: number): number | null {
  const text = given.trim();
  if (text === '') return null;
  const seconds = Number(/^-?[\d.]+(?=\s*,)/.exec(text)?.[0] ?? text);
  if (!Number.isNaN(seconds)) {
    if (seconds >= 1e11) return seconds - now;
    return seconds >= 1e9 ? seconds * 1000 - now : seconds * 1000;
  }
  if (wholeDuration.test(text)) return parseDuration(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : date - now;
}

function waitInWords(words: string, now: number): number | null {
  const reported = inWords.exec(words)?.[1];
  if (reported !== undefined) return parseDuration(reported);
  const [, day, time = '00:00'] = instantInWords.exec(words) ?? [];
  const instant = day === undefined ? Number.NaN : Date.parse(`${day}T${time}Z`);
  return Number.isNaN(instant) ? null : instant - now;
}

/** `x-ratelimit-reset-tokens`, `anthropic-ratelimit-requests-reset`, `ratelimit-reset`, … and what remains of each. */
function fromResets(headers: HeaderRecord, now: number): number | null {
  const waits: { readonly ms: number; readonly remaining: number | null }[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || !/rate-?limit.*reset/i.test(name)) continue;
    const ms = parseWait(value, now);
    if (ms === null) continue;
    const remaining = headers[name.replace(/reset/i, 'remaining')];
    waits.push({ ms, remaining: remaining === undefined || remaining === '' ? null : Number(remaining) });
  }
  // RateLimit of the IETF: `"default";r=0;t=30`, and its older form `limit=10, remaining=0, reset=30`.
  const field = headers.ratelimit ?? '';
  const reset = /\b(?:t|reset)=(\d{1,9})\b/.exec(field)?.[1];
  const left = /\b(?:r|remaining)=(\d{1,9})\b/.exec(field)?.[1];
  if (reset !== undefined)
    waits.push({ ms: Number(reset) * 1000, remaining: left === undefined ? null : Number(left) });
  const exhausted = waits.filter(({ remaining }) => remaining !== null && remaining <= 0);
  const possible = exhausted.length > 0 ? exhausted : waits.filter(({ remaining }) => remaining === null);
  return possible.length === 0 ? null : bound(Math.max(...possible.map(({ ms }) => ms)));
}

/** Google's RetryInfo (`"retryDelay": "34.07s"`), and `retry_after` in seconds or milliseconds, as proxies send it. */
function fromBody(body: string): number | null {
  const delay = /"retryDelay"\s*:\s*"([\d.]{1,20})s"/.exec(body)?.[1];
  if (delay !== undefined) return bound(Number(delay) * 1000);
  const field = /"(?:retry_?after|resets?_in)(_?ms)?(?:_?seconds?)?"\s*:\s*"?([\d.]{1,20})\b/i.exec(body);
  return field === null ? null : bound(Number(field[2]) * (field[1] === undefined ? 1000 : 1));
}

/** The headers that OpenRouter puts into the error of a limited call. */
function headersInBody(body: string): HeaderRecord {
  const found = /"headers"\s*:\s*(\{[^{}]{0,2000}\})/.exec(body)?.[1];
  if (found === undefined) return {};
  try {
    const given: Record<string, unknown> = JSON.parse(found);
    return Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
  } catch (error) {
    expectError(error, SyntaxError);
    return {};
  }
}

/**
 * How long a provider requires us to wait, in milliseconds, at most a day; null where it does not state it. In this order:
 * `retry-after-ms`, `retry-after` in seconds or as an HTTP date (RFC 9110, 10.2.3), Google's RetryInfo, and, when `isLimited`,
 * the words and the reset of the limit that is exhausted.
 */
export function retryAfterMs(
  headers: HeaderRecord,
  body: string,
  words: string,
  now: number,
  isLimited: boolean,
): number | null {
  for (const ms of [headers['retry-after-ms'], headers['x-ms-retry-after-ms']]) {
    if (ms !== undefined && ms.trim() !== '' && !Number.isNaN(Number(ms))) return bound(Number(ms));
  }
  const after = parseWait(headers['retry-after'] ?? '', now);
  if (after !== null) return bound(after);
  const start = body.slice(0, charsMax);
  const inBody = fromBody(start);
  if (inBody !== null) return inBody;
  // Errors of other kinds may repeat what a client wrote, and the time would hold for all clients.
  if (!isLimited) return null;
  const reported = waitInWords(words.slice(0, charsMax), now);
  if (reported !== null) return bound(reported);
  return fromResets(headers, now) ?? fromResets(headersInBody(start), now);
}
