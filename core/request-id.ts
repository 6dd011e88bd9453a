import { randomUUID } from 'node:crypto';

/** A new id of a request: a UUID of version 7, unique, and growing with time to the millisecond. */
export function newRequestId(nowMs: number = Date.now()): string {
  if (nowMs !== beginsAtMs) {
    const time = nowMs.toString(16).padStart(12, '0');
    begin = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    beginsAtMs = nowMs;
  }
  return begin + randomUUID().slice(15);
}

/** How the ids of one millisecond begin. */
let begin = '';
let beginsAtMs: number | undefined;

const requestIdPattern = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** When the request came, in milliseconds since the epoch; undefined for a text that is not an id of ours. */
export function requestTimeMs(requestId: string): number | undefined {
  const [, high, low] = requestIdPattern.exec(requestId) ?? [];
  return high === undefined || low === undefined ? undefined : Number.parseInt(high + low, 16);
}

const clientRequestIdPattern = /^[A-Za-z0-9._:/=+@-]{1,128}$/;

/** The client's own id of its request, as it is kept beside ours: 1 to 128 characters that ids are made of, or null. */
export function checkedClientRequestId(text: string | undefined): string | null {
  return text !== undefined && clientRequestIdPattern.test(text) ? text : null;
}
