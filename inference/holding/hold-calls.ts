import type { Connection, mongo } from 'mongoose';
import { runInTurn } from '#mongo/audit/turns.ts';
import { completions } from '#mongo/completions.ts';
import type { EventLog } from '#mongo/events.ts';
import { toJobEvent } from '#mongo/finished-jobs.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { type LegalHoldRecord, type LegalHoldScope, legalHolds } from '#mongo/legal-holds.ts';
import { payloads } from '#mongo/payloads.ts';
import { toAttachmentId } from '../ledger/attachment.ts';
import { nativeCollection } from '../ledger/native-collection.ts';
import { holdRecords } from './hold-records.ts';

/** How often new holds and releases are looked for. */
const lookEveryMs = 15_000;
/** How often calls that have ended meanwhile are held: contents and payloads are kept for 24 hours or more. */
const holdEveryMs = 3_600_000;
/** Rows that are looked at together, by default. */
const batchDefault = 500;
/** Longer than a call takes from its start to its end: what started before a pass by more was held by the pass before. */
const callMsMax = 25 * 3_600_000;

type Row = Pick<InvocationRecord, '_id' | 'appId' | 'endUserId' | 'startedAt'>;

/** What the job needs. */
export interface HoldServices {
  readonly connection: Connection;
  readonly events: Pick<EventLog, 'record'>;
  readonly now: () => number;
  /** Aborted when the process stops: the job is left to others after the present batch. */
  readonly signal?: AbortSignal | undefined;
  /** Rows that are looked at together. */
  readonly batchMax?: number;
}

/**
 * Keeps contents and payloads of held calls from expiring, and lets those of released holds expire again, in one process of all at a time.
 * A TTL index removes what has a date in `expiresAt`: of a held record the date is in `heldExpiresAt` instead. Resumes where a process that was killed
 * has stopped; done again it changes nothing. Deliveries of events and episodes of alerts of the tenants are held beside them.
 */
export async function holdCalls(services: HoldServices): Promise<void> {
  const { connection, now } = services;
  await runInTurn(connection, 'legal-holds', { now, everyMs: lookEveryMs }, async (keep) => {
    const isDue = [{ coveredAt: null }, { coveredAt: { $lte: new Date(now() - holdEveryMs) } }];
    const found = await legalHolds(connection)
      .find({ $or: [{ status: 'RELEASING' }, { status: 'ACTIVE', $or: isDue }] })
      .sort({ createdAt: 1, _id: 1 })
      .lean<LegalHoldRecord[]>();
    for (const hold of found) await continueHold(hold, keep, services);
    await holdRecords(connection);
  });
}

/** Passes over the calls of a hold, from where the last pass was left. */
async function continueHold(
  hold: LegalHoldRecord,
  keep: () => Promise<void>,
  services: HoldServices,
): Promise<void> {
  const { connection, now, signal, batchMax = batchDefault } = services;
  const { _id } = hold;
  const passSince = hold.passSince ?? new Date(now());
  let { after } = hold;
  for (;;) {
    if (signal?.aborted) return;
    await keep();
    const page = await findRows(connection, hold, { after, batchMax });
    if (hold.status === 'ACTIVE') await holdRows(connection, page.rows);
    else await releaseRows(connection, hold, page.rows);
    after = page.next;
    if (after === null) break;
    // Not where its status has changed meanwhile: the next turn begins anew.
    const { matchedCount } = await legalHolds(connection).updateOne(
      { _id, status: hold.status },
      { $set: { after, passSince } },
    );
    if (matchedCount === 0) return;
  }
  await reportPass(hold, services);
  const done =
    hold.status === 'ACTIVE'
      ? { $set: { after: null, passSince: null, coveredAt: passSince } }
      : {
          $set: { after: null, passSince: null, status: 'RELEASED' as const },
          $unset: { endUserId: 1 as const },
        };
  await legalHolds(connection).updateOne({ _id, status: hold.status }, done);
}

/** Publishes that the first pass of a hold, or the pass that releases it, has ended: before that is stored, so that a kill in between loses no event. */
async function reportPass(
  { _id, tenantId, status, coveredAt, createdAt, releasedAt }: LegalHoldRecord,
  { events }: Pick<HoldServices, 'events'>,
): Promise<void> {
  const isRelease = status !== 'ACTIVE';
  if (!isRelease && coveredAt !== null) return;
  const job = isRelease ? 'LEGAL_HOLD_RELEASE' : 'LEGAL_HOLD';
  const event = toJobEvent({ job, id: _id, tenantId, startedAt: releasedAt ?? createdAt });
  await events.record(event, `job.finished ${job} ${_id}`);
}

/** A page of the rows of a hold that have ended, the oldest first. */
async function findRows(
  connection: Connection,
  hold: LegalHoldRecord,
  { after, batchMax }: { readonly after: string | null; readonly batchMax: number },
) {
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const found: Row[] = await rows
    .find(
      { ...toFilter(hold), $and: [isAfter(after)] },
      { projection: { appId: 1, endUserId: 1, startedAt: 1 } },
    )
    .sort({ startedAt: 1, _id: 1 })
    .limit(batchMax)
    .toArray();
  const last = found.at(-1);
  return { rows: found, next: last === undefined || found.length < batchMax ? null : toPlace(last) };
}

/** The rows of a hold; of one that has had a whole pass, those that may have ended since. */
function toFilter({
  tenantId,
  appId,
  endUserId,
  from,
  to,
  status,
  coveredAt,
}: LegalHoldRecord): mongo.Filter<InvocationRecord> {
  const covered =
    status === 'ACTIVE' && coveredAt !== null ? new Date(coveredAt.getTime() - callMsMax) : null;
  const since = covered !== null && (from === null || covered > from) ? covered : from;
  const startedAt = { ...(since === null ? {} : { $gte: since }), ...(to === null ? {} : { $lt: to }) };
  return {
    tenantId,
    ...(appId === null ? {} : { appId }),
    ...(endUserId == null ? {} : { endUserId }),
    ...(Object.keys(startedAt).length === 0 ? {} : { startedAt }),
    status: { $ne: 'RUNNING' },
  };
}

/** A place in the order of the rows, oldest first. */
const toPlace = ({ startedAt, _id }: Row): string => `${startedAt.getTime()} ${_id}`;

function isAfter(place: string | null): mongo.Filter<InvocationRecord> {
  if (place === null) return {};
  const end = place.indexOf(' ');
  const startedAt = new Date(Number(place.slice(0, end)));
  // The first condition alone bounds the index.
  return {
    startedAt: { $gte: startedAt },
    $or: [{ startedAt: { $gt: startedAt } }, { startedAt, _id: { $gt: place.slice(end + 1) } }],
  };
}

const toContentIds = (rows: readonly Row[]): string[] =>
  rows.flatMap(({ _id }) => [_id, toAttachmentId(_id)]);

async function holdRows(connection: Connection, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const hold = { $rename: { expiresAt: 'heldExpiresAt' } };
  const expiring = { expiresAt: { $exists: true } };
  await completions(connection).updateMany({ _id: { $in: toContentIds(rows) }, ...expiring }, hold);
  await payloads(connection).updateMany({ _id: { $in: rows.map(({ _id }) => _id) }, ...expiring }, hold);
}

/** What no other hold covers expires at its date again, or at once where that has passed. */
async function releaseRows(
  connection: Connection,
  { tenantId }: LegalHoldRecord,
  rows: readonly Row[],
): Promise<void> {
  const others = await legalHolds(connection).find({ tenantId, status: 'ACTIVE' }).lean<LegalHoldRecord[]>();
  const free = rows.filter((row) => !others.some((other) => covers(other, row)));
  if (free.length === 0) return;
  const release = { $rename: { heldExpiresAt: 'expiresAt' } };
  const held = { heldExpiresAt: { $exists: true } };
  await completions(connection).updateMany({ _id: { $in: toContentIds(free) }, ...held }, release);
  await payloads(connection).updateMany({ _id: { $in: free.map(({ _id }) => _id) }, ...held }, release);
}

/** Whether the hold is about the call, which is of its tenant. */
export function covers({ appId, endUserId, from, to }: LegalHoldScope, row: Omit<Row, '_id'>): boolean {
  return (
    (appId === null || appId === row.appId) &&
    (endUserId == null || endUserId === row.endUserId) &&
    (from === null || row.startedAt >= from) &&
    (to === null || row.startedAt < to)
  );
}

/** Does so now and every fifteen seconds, until it is disposed. */
export function keepHoldingCalls({
  connection,
  events,
  now = Date.now,
  onError,
}: Pick<HoldServices, 'connection' | 'events'> & {
  readonly now?: () => number;
  readonly onError: (error: unknown) => void;
}): AsyncDisposable {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const look = () => {
    running ??= holdCalls({ connection, events, now, signal: stopping.signal })
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(look, lookEveryMs).unref();
  look();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
