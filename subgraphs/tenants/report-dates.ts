import { keepRunning } from '#core/keep-running.ts';
import { accessGrants } from '#mongo/access-grants.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import type { NewEvent } from '#mongo/events.ts';
import { toAccessEvent } from './access/access-events.ts';
import { readNow, type TenantsDeps } from './deps.ts';

const everyMs = 60_000;
const dayMs = 86_400_000;
/** How long before its end a key is reported as expiring, the earlier notice first. */
const noticeDays = [7, 1] as const;
/** What ended so long ago, while no process ran, is still reported. */
const lateMs = 7 * dayMs;
/** Records of one read. */
const pageMax = 500;

/**
 * Reports the dates that come by themselves, as events: keys that expire in seven days and in one, keys that have
 * expired, approvals that have ended. Each is reported once by all processes, as its event has an id of its own.
 */
export async function reportDates(deps: TenantsDeps): Promise<void> {
  const now = readNow(deps).getTime();
  const readKeys = (filter: EndsBetween) =>
    apiKeys(deps.connection).find(filter).sort(inOrder).limit(pageMax).lean().exec();
  const readGrants = (filter: EndsBetween) =>
    accessGrants(deps.connection).find(filter).sort(inOrder).limit(pageMax).lean().exec();
  await forEachBetween(readKeys, now, now + noticeDays[0] * dayMs, async (key) => {
    for (const days of noticeDays) await reportExpiring(key, days, now, deps);
  });
  await forEachBetween(readKeys, now - lateMs, now, async (key, endedAt) => {
    if (key.revokedAt === null && key.hidden !== true)
      await deps.events.record(toKeyEvent('key.expired', key), `key.expired:${key._id}:${endedAt}`);
  });
  await forEachBetween(readGrants, now - lateMs, now, async (grant, endedAt) => {
    if (grant.status !== 'APPROVED' || grant.hidden === true) return;
    const event = toAccessEvent('access.ended', { ...grant, status: 'ENDED' });
    await deps.events.record(event, `access.ended:${grant._id}:${endedAt}`);
  });
}

async function reportExpiring(
  key: ApiKeyRecord,
  days: number,
  now: number,
  deps: TenantsDeps,
): Promise<void> {
  const expiresAt = key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  const noticeAt = expiresAt - days * dayMs;
  // A key that was made for a shorter time, or that only lives out the overlap of its rotation, is expected to end.
  const isExpected = key.createdAt.getTime() > noticeAt || key.replacedById !== null;
  if (noticeAt > now || isExpected || key.revokedAt !== null || key.hidden === true) return;
  await deps.events.record(toKeyEvent('key.expiring', key), `key.expiring:${key._id}:${expiresAt}:${days}`);
}

/** The event of a key, without its secret. */
export function toKeyEvent(
  type: `key.${string}`,
  { _id, tenantId, appId, label, hint, expiresAt, lastUsedAt }: ApiKeyRecord,
): NewEvent {
  const dates = {
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
  return { type, tenantId, subject: _id, data: { appId, label, hint, ...dates } };
}

interface Expiring {
  readonly _id: string;
  readonly expiresAt?: Date | null;
}

/** Ends after an instant, in the order of the ends after a record, and not after another instant. */
interface EndsBetween {
  readonly expiresAt: { readonly $gt: Date; readonly $lte: Date };
  readonly $or: {
    readonly expiresAt: Date | { readonly $gt: Date };
    readonly _id?: { readonly $gt: string };
  }[];
}

const inOrder = { expiresAt: 1, _id: 1 } as const;

/** The records that end after the one instant and not after the other, in order, a page at a time. */
async function forEachBetween<T extends Expiring>(
  readPage: (filter: EndsBetween) => Promise<readonly T[]>,
  afterMs: number,
  untilMs: number,
  report: (record: T, endsAtMs: number) => Promise<void>,
): Promise<void> {
  const until = new Date(untilMs);
  let after: EndsBetween['$or'] = [{ expiresAt: { $gt: new Date(afterMs) } }];
  for (;;) {
    const page = await readPage({ expiresAt: { $gt: new Date(afterMs), $lte: until }, $or: after });
    for (const record of page) await report(record, record.expiresAt?.getTime() ?? 0);
    const last = page.at(-1);
    if (last?.expiresAt == null || page.length < pageMax) return;
    after = [{ expiresAt: { $gt: last.expiresAt } }, { expiresAt: last.expiresAt, _id: { $gt: last._id } }];
  }
}

/** Reports dates every minute until it is disposed; a failed time is logged, and the next one makes up for it. */
export function keepReportingDates(deps: TenantsDeps): AsyncDisposable {
  return keepRunning(
    everyMs,
    () => reportDates(deps),
    (err) => deps.log.warn({ err }, 'dates that have come could not be reported yet'),
  );
}
