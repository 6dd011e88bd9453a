import { HeddleError } from '#core/errors.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import { type TenantProvisioning, tenants } from '#mongo/tenants.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { requireProvisioning } from './read-provisioning.ts';

const hourMs = 3_600_000;
/** What provisioning may end within an hour in every tenant: so many members, or one in so many of the active ones. */
const standardMax = 5;
const standardPart = 5;

/** How many members provisioning may end within an hour. */
interface DepartureLimit {
  readonly max: number;
  readonly left: number;
  /** When those of the last hour were ended. */
  readonly endedAt: readonly Date[];
}

type LimitDeps = Pick<TenantsDeps, 'connection' | 'events' | 'now'>;

/** Until when `departuresMax` is another than that of every tenant; null: it is not. */
export function readRaisedUntil(
  { departuresMax, departuresMaxUntil }: TenantProvisioning,
  now: Date,
): Date | null {
  return departuresMax !== null && departuresMaxUntil !== null && departuresMaxUntil > now
    ? departuresMaxUntil
    : null;
}

/** The limit of a tenant now. */
export async function readDepartureLimit(
  { tenantId, departuresMax, ...provisioning }: TenantProvisioning,
  deps: Pick<TenantsDeps, 'connection' | 'now'>,
): Promise<DepartureLimit> {
  const now = readNow(deps);
  const since = new Date(now.getTime() - hourMs);
  const records = members(deps.connection);
  const [active, ending] = await Promise.all([
    records.countDocuments({ tenantId, deactivatedAt: null }),
    records.find({ tenantId, 'departure.limitedAt': { $gt: since } }, { departure: 1 }).lean(),
  ]);
  const ended = new Map<string, Date>();
  for (const { memberId, at } of provisioning.departures) if (at > since) ended.set(toKey(memberId, at), at);
  // Those whose end is not complete yet.
  for (const { _id, departure } of ending) {
    if (departure?.limitedAt !== undefined) ended.set(toKey(_id, departure.limitedAt), departure.limitedAt);
  }
  const standard = Math.max(standardMax, Math.floor((active + ended.size) / standardPart));
  const isRaised = readRaisedUntil({ tenantId, departuresMax, ...provisioning }, now) !== null;
  const max = isRaised ? (departuresMax ?? standard) : standard;
  return { max, left: Math.max(0, max - ended.size), endedAt: [...ended.values()] };
}

function toKey(memberId: string, at: Date): string {
  return `${memberId} ${at.getTime()}`;
}

/**
 * The time at which a member that provisioning is about to end counts; null for one that is deactivated already. QUOTA_EXCEEDED, with an
 * event once an hour, where as many as may have ended. For the holder of the tenant's lock.
 */
export async function admitDeparture(id: string, tenantId: string, deps: LimitDeps): Promise<Date | null> {
  const isActive = await members(deps.connection).exists({ _id: id, deactivatedAt: null });
  if (isActive === null) return null;
  const limit = await readDepartureLimit(await requireProvisioning(tenantId, deps), deps);
  const now = readNow(deps);
  if (limit.left === 0) throw await refuseDeparture(tenantId, limit, now.getTime(), deps);
  return now;
}

/** Records that a member was ended. Done again it changes nothing more; done later than others, it forgets what no limit counts any more. */
export async function countDeparture(
  { _id: memberId, tenantId }: Pick<MemberRecord, '_id' | 'tenantId'>,
  at: Date,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<void> {
  const records = tenants(connection);
  await records.updateOne(
    { _id: tenantId, $nor: [{ departures: { $elemMatch: { memberId, at } } }] },
    { $push: { departures: { memberId, at } } },
  );
  const forgotten = { at: { $lt: new Date(at.getTime() - 2 * hourMs) } };
  await records.updateOne(
    { _id: tenantId, 'departures.at': forgotten.at },
    { $pull: { departures: forgotten } },
  );
}

async function refuseDeparture(
  tenantId: string,
  { max, endedAt }: DepartureLimit,
  nowMs: number,
  deps: LimitDeps,
): Promise<HeddleError> {
  const event = { type: 'provisioning.limited', tenantId, subject: tenantId, data: { departuresMax: max } };
  await deps.events.record(event, `provisioning.limited:${tenantId}:${Math.floor(nowMs / hourMs)}`);
  const firstMs = Math.min(nowMs, ...endedAt.map((at) => at.getTime()));
  return new HeddleError(
    'QUOTA_EXCEEDED',
    `Provisioning has ended ${max} members within an hour, the most that it may: this one is kept. If that is intended, an owner raises departuresMax with saveProvisioning.`,
    { extensions: { retryAfterMs: firstMs + hourMs - nowMs, reason: 'DEPARTURES' } },
  );
}
