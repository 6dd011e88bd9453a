import { keepRunning } from '#core/keep-running.ts';
import { type AccessGrantRecord, accessGrants } from '#mongo/access-grants.ts';
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
 * Reports the dates that come by themselves, as events: keys that are to be rotated, that expire in seven days and in one and that
 * have expired, approvals that have ended. Each is reported once by all processes, as its event has an id of its own.
 */
export async function reportDates(deps: TenantsDeps): Promise<void> {
  const now = readNow(deps).getTime();
  const keys = apiKeys(deps.connection);
  const grants = accessGrants(deps.connection);
  const readKeys: ReadPage<ApiKeyRecord> = (filter, order) =>
    keys.find(filter).sort(order).limit(pageMax).lean().exec();
  const readGrants: ReadPage<AccessGrantRecord> = (filter, order) =>
    grants.find(filter).sort(order).limit(pageMax).lean().exec();
  await forEachBetween('rotationDueAt', readKeys, now - lateMs, now, async (key, dueAt) => {
    if (key.revokedAt !== null || key.replacedById !== null || key.hidden === true) return;
    await deps.events.record(toKeyEvent('key.rotation.due', key), `key.rotation.due:${key._id}:${dueAt}`);
  });
  await forEachBetween('expiresAt', readKeys, now, now + noticeDays[0] * dayMs, async (key) => {
    for (const days of noticeDays) await reportExpiring(key, days, now, deps);
  });
  await forEachBetween('expiresAt', readKeys, now - lateMs, now, async (key, endedAt) => {
    if (key.revokedAt === null && key.hidden !== true)
      await deps.events.record(toKeyEvent('key.expired', key), `key.expired:${key._id}:${endedAt}`);
  });
  await forEachBetween('expiresAt', readGrants, now - lateMs, now, async (grant, endedAt) => {
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
  // Of a key with a schedule the rotation is reported first.
  if (key.rotationDueAt != null && key.rotationDueAt.getTime() >= noticeAt) return;
  if (noticeAt > now || isExpected || key.revokedAt !== null || key.hidden === true) return;
  await deps.events.record(toKeyEvent('key.expiring', key), `key.expiring:${key._id}:${expiresAt}:${days}`);
}

/** The event of a key, without its secret. */
export function toKeyEvent(
  type: `key.${string}`,
  {
    _id,
    tenantId,
    appId,
    ownerMemberId,
    service,
    label,
    hint,
    rotationDueAt,
    expiresAt,
    lastUsedAt,
  }: ApiKeyRecord,
): NewEvent {
  const dates = {
    rotationDueAt: rotationDueAt?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
  const owner = { ownerMemberId: ownerMemberId ?? null, service: service ?? null };
  return { type, tenantId, subject: _id, data: { appId, ...owner, label, hint, ...dates } };
}

type DateField = 'expiresAt' | 'rotationDueAt';

/** Reads one page, in order. */
type ReadPage<T> = (
  filter: Readonly<Record<string, unknown>>,
  order: Readonly<Record<string, 1>>,
) => Promise<readonly T[]>;

/** The records with a date after the one instant and not after the other, in order, a page at a time. */
async function forEachBetween<
  T extends { readonly _id: string } & { readonly [F in DateField]?: Date | null },
>(
  field: DateField,
  readPage: ReadPage<T>,
  afterMs: number,
  untilMs: number,
  report: (record: T, atMs: number) => Promise<void>,
): Promise<void> {
  const between = { $gt: new Date(afterMs), $lte: new Date(untilMs) };
  let after: object[] = [{ [field]: { $gt: new Date(afterMs) } }];
  for (;;) {
    const page = await readPage({ [field]: between, $or: after }, { [field]: 1, _id: 1 });
    for (const record of page) await report(record, record[field]?.getTime() ?? 0);
    const last = page.at(-1);
    const at = last?.[field];
    if (last === undefined || at == null || page.length < pageMax) return;
    after = [{ [field]: { $gt: at } }, { [field]: at, _id: { $gt: last._id } }];
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
