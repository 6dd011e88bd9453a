import { setImmediate } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import { expectError } from '#core/expect-error.ts';
import { badInput } from '#core/input.ts';
import { type PayloadRecord, payloads } from '#mongo/payloads.ts';
import { nativeCollection } from '../ledger/native-collection.ts';
import type { CallPayload } from './call-payload.ts';
import type { PayloadLog } from './payload-log.ts';

/** What is searched for, in which payloads. */
export interface PayloadSearch {
  readonly tenantId: string;
  readonly text: string;
  /** Inclusive; the end of calls. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** Calls that one page has at most. */
  readonly first: number;
  /** `next` of the page before; null: from the newest payload on. */
  readonly after: string | null;
}

/** A page of a search. */
export interface PayloadMatches {
  /** The ids of the calls, newest first. */
  readonly ids: readonly string[];
  /** Payloads that were opened for this page. */
  readonly searched: number;
  /** Those of them that no key opens any more. */
  readonly unreadable: number;
  /** Everything from this instant on has been searched; null: the whole range. */
  readonly searchedFrom: Date | null;
  /** Continues the search; null: the whole range has been searched. */
  readonly next: string | null;
}

/** What is opened for one page: after either, the page ends where it is. */
const recordsMax = 500;
const charactersMax = 8 * 1024 * 1024;
const batchSize = 16;
/** Characters after which other work of the process has its turn. */
const charactersPerTurn = 256 * 1024;
const textMin = 3;
const textMax = 200;
const firstMax = 200;
const cursorMax = 200;

/** Throws BAD_USER_INPUT naming what is wrong. */
export function checkSearch({ text, from, to, first }: Omit<PayloadSearch, 'tenantId' | 'after'>): void {
  if (text.length < textMin || text.length > textMax)
    badInput('text', `must have ${textMin} to ${textMax} characters.`);
  if (!(from < to)) badInput('to', 'must be later than from.');
  if (first < 1 || first > firstMax) badInput('first', `must lie between 1 and ${firstMax}.`);
}

/**
 * Searches the payloads of a tenant, newest first, by opening them one after another: they are sealed, and nothing but their times is an
 * index. A page opens a bounded number of them. Letters match in any case. Rejects with the reason of the signal.
 */
export async function searchPayloads(
  { tenantId, text, from, to, first, after }: PayloadSearch,
  { connection, payloadLog, now }: SearchServices,
  signal: AbortSignal,
): Promise<PayloadMatches> {
  const place = after === null ? null : decodePlace(after);
  const wanted = new RegExp(RegExp.escape(text), 'iu');
  const found = nativeCollection<PayloadRecord>(connection, payloads)
    .find(
      {
        tenantId,
        at: { $gte: from, $lt: to, ...(place === null ? {} : { $lte: place.at }) },
        expiresAt: { $gt: new Date(now()) },
        ...(place === null
          ? {}
          : { $or: [{ at: { $lt: place.at } }, { at: place.at, _id: { $lt: place.id } }] }),
      },
      { batchSize },
    )
    .sort({ at: -1, _id: -1 })
    .limit(recordsMax + 1);
  const ids: string[] = [];
  let [searched, unreadable, characters, turn] = [0, 0, 0, 0];
  let last: PayloadRecord | null = null;
  let isWhole = true;
  for await (const record of found) {
    if (ids.length >= first || searched >= recordsMax || characters >= charactersMax) {
      isWhole = false;
      break;
    }
    signal.throwIfAborted();
    const { payload, length } = await payloadLog.open(record);
    searched += 1;
    characters += length;
    turn += length;
    if (payload.content === null) unreadable += 1;
    else if (containsText(payload.content, wanted)) ids.push(record._id);
    last = record;
    if (turn < charactersPerTurn) continue;
    turn = 0;
    await setImmediate();
  }
  const end = isWhole ? null : last;
  return {
    ids,
    searched,
    unreadable,
    searchedFrom: end?.at ?? null,
    next: end === null ? null : encodePlace(end),
  };
}

/** What a search is made with. */
export interface SearchServices {
  readonly connection: Connection;
  readonly payloadLog: PayloadLog;
  readonly now: () => number;
}

function containsText({ request, response, attempts }: CallPayload, wanted: RegExp): boolean {
  return hasText([request, response, attempts.map(({ note, response: part }) => [note, part])], wanted);
}

/** Whether a text of the value, or a name of a property, matches. Payloads end at a depth. */
function hasText(value: unknown, wanted: RegExp): boolean {
  if (typeof value === 'string') return wanted.test(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => hasText(item, wanted));
  return Object.entries(value).some(([name, item]) => wanted.test(name) || hasText(item, wanted));
}

function encodePlace({ at, _id }: PayloadRecord): string {
  return Buffer.from(JSON.stringify([at.getTime(), _id])).toString('base64url');
}

function decodePlace(cursor: string): { readonly at: Date; readonly id: string } {
  const refuse = () => badInput('after', 'is no cursor of a search: use `next` of the page before.');
  if (cursor.length > cursorMax) return refuse();
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch (error) {
    expectError(error, SyntaxError);
    return refuse();
  }
  if (!Array.isArray(place) || place.length !== 2) return refuse();
  const [atMs, id]: unknown[] = place;
  if (!Number.isSafeInteger(atMs) || typeof id !== 'string') return refuse();
  const at = new Date(Number(atMs));
  return Number.isNaN(at.getTime()) ? refuse() : { at, id };
}
