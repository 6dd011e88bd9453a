import type { EventTypeOf } from '#core/events/event-types.ts';
import { keepRunning } from '#core/keep-running.ts';
import { type AccessGrantRecord, accessGrants } from '#mongo/access-grants.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import type { DatedEvent, NewEvent } from '#mongo/events.ts';
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
  const { recordEach } = deps.events;
  await forEachPageBetween('rotationDueAt', readKeys, now - lateMs, now, (page) =>
    recordEach(page.flatMap(toRotationDue)),
  );
  await forEachPageBetween('expiresAt', readKeys, now, now + noticeDays[0] * dayMs, (page) =>
    recordEach(page.flatMap((key) => noticeDays.flatMap((days) => toExpiring(key, days, now)))),
  );
  await forEachPageBetween('expiresAt', readKeys, now - lateMs, now, (page) =>
    recordEach(page.flatMap(toExpired)),
  );
  await forEachPageBetween('expiresAt', readGrants, now - lateMs, now, (page) =>
    recordEach(page.flatMap(toEndedAccess)),
  );
}

function toRotationDue(key: ApiKeyRecord): readonly DatedEvent[] {
  if (key.revokedAt !== null || key.replacedById !== null || key.hidden === true) return [];
  const once = `key.rotation.due:${key._id}:${key.rotationDueAt?.getTime()}`;
  return [{ event: toKeyEvent('key.rotation.due', key), once }];
}

function toExpiring(key: ApiKeyRecord, days: number, now: number): readonly DatedEvent[] {
  const expiresAt = key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  const noticeAt = expiresAt - days * dayMs;
  // A key that was made for a shorter time, or that only lives out the overlap of its rotation, is expected to end.
  const isExpected = key.createdAt.getTime() > noticeAt || key.replacedById !== null;
  // Of a key with a schedule the rotation is reported first.
  if (key.rotationDueAt != null && key.rotationDueAt.getTime() >= noticeAt) return [];
  if (noticeAt > now || isExpected || key.revokedAt !== null || key.hidden === true) return [];
  const once = `key.expiring:${key._id}:${expiresAt}:${days}`;
  return [{ event: toKeyEvent('key.expiring', key), once }];
}

function toExpired(key: ApiKeyRecord): readonly DatedEvent[] {
  if (key.revokedAt !== null || key.hidden === true) return [];
  const once = `key.expired:${key._id}:${key.expiresAt?.getTime()}`;
  return [{ event: toKeyEvent('key.expired', key), once }];
}

function toEndedAccess(grant: AccessGrantRecord): readonly DatedEvent[] {
  if (grant.status !== 'APPROVED' || grant.hidden === true) return [];
  const event = toAccessEvent('access.ended', { ...grant, status: 'ENDED' });
  return [{ event, once: `access.ended:${grant._id}:${grant.expiresAt?.getTime()}` }];
}

/** The event of a key, without its secret. */
export function toKeyEvent(
  type: EventTypeOf<'key'>,
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

/** Reports the records with a date after the one instant and not after the other, in order, a page at a time. */
async function forEachPageBetween<
  T extends { readonly _id: string } & { readonly [F in DateField]?: Date | null },
>(
  field: DateField,
  readPage: ReadPage<T>,
  afterMs: number,
  untilMs: number,
  report: (page: readonly T[]) => Promise<void>,
): Promise<void> {
  const between = { $gt: new Date(afterMs), $lte: new Date(untilMs) };
  let after: object[] = [{ [field]: { $gt: new Date(afterMs) } }];
  for (;;) {
    const page = await readPage({ [field]: between, $or: after }, { [field]: 1, _id: 1 });
    await report(page);
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
