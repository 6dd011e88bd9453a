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
  /** When those of the last hour were ended, by their ids. */
  readonly ended: ReadonlyMap<string, Date>;
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

/**
 * The limit of a tenant now for members that were there an hour ago, or for those that were added since: what is added and ended again neither
 * raises the limit of the others nor uses it up. A member counts once, however often it is ended.
 */
export async function readDepartureLimit(
  provisioning: TenantProvisioning,
  deps: Pick<TenantsDeps, 'connection' | 'now'>,
  isNew = false,
): Promise<DepartureLimit> {
  const { tenantId, departuresMax } = provisioning;
  const now = readNow(deps);
  const since = new Date(now.getTime() - hourMs);
  const records = members(deps.connection);
  const [active, ending] = await Promise.all([
    records.countDocuments({
      ...{ tenantId, deactivatedAt: null, createdAt: isNew ? { $gt: since } : { $lte: since } },
    }),
    records.find({ tenantId, 'departure.limitedAt': { $gt: since } }, { createdAt: 1, departure: 1 }).lean(),
  ]);
  const ended = new Map<string, Date>();
  for (const one of provisioning.departures) {
    if (one.at > since && (one.recent ?? false) === isNew) ended.set(one.memberId, one.at);
  }
  // Those whose end is not complete yet.
  for (const { _id, createdAt, departure } of ending) {
    const at = departure?.limitedAt;
    if (at !== undefined && isAddedBefore(createdAt, at) === isNew) ended.set(_id, at);
  }
  const standard = Math.max(standardMax, Math.floor((active + ended.size) / standardPart));
  const isRaised = readRaisedUntil(provisioning, now) !== null;
  const max = isRaised ? (departuresMax ?? standard) : standard;
  return { max, left: Math.max(0, max - ended.size), ended };
}

/** Whether the member was added within the hour before that time. */
function isAddedBefore(createdAt: Date, at: Date): boolean {
  return createdAt.getTime() > at.getTime() - hourMs;
}

/**
 * The time at which a member that provisioning is about to end counts; null for one that is deactivated already. QUOTA_EXCEEDED, with an
 * event once an hour, where as many as may have ended. For the holder of the tenant's lock.
 */
export async function admitDeparture(id: string, tenantId: string, deps: LimitDeps): Promise<Date | null> {
  const member = await members(deps.connection)
    .findOne({ _id: id, deactivatedAt: null }, { createdAt: 1 })
    .lean();
  if (member === null) return null;
  const now = readNow(deps);
  const isNew = isAddedBefore(member.createdAt, now);
  const limit = await readDepartureLimit(await requireProvisioning(tenantId, deps), deps, isNew);
  if (limit.left === 0 && !limit.ended.has(id))
    throw await refuseDeparture(tenantId, limit, now.getTime(), deps);
  return now;
}

/** Records that a member was ended. Done again it changes nothing more; done later than others, it forgets what no limit counts any more. */
export async function countDeparture(
  { _id: memberId, tenantId, createdAt }: Pick<MemberRecord, '_id' | 'tenantId' | 'createdAt'>,
  at: Date,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<void> {
  const records = tenants(connection);
  const departure = { memberId, at, ...(isAddedBefore(createdAt, at) ? { recent: true } : {}) };
  await records.updateOne({ _id: tenantId }, { $pull: { departures: { memberId, at: { $lte: at } } } });
  await records.updateOne(
    { _id: tenantId, $nor: [{ departures: { $elemMatch: { memberId } } }] },
    { $push: { departures: departure } },
  );
  const forgotten = { at: { $lt: new Date(at.getTime() - 2 * hourMs) } };
  await records.updateOne(
    { _id: tenantId, 'departures.at': forgotten.at },
    { $pull: { departures: forgotten } },
  );
}

async function refuseDeparture(
  tenantId: string,
  { max, ended }: DepartureLimit,
  nowMs: number,
  deps: LimitDeps,
): Promise<HeddleError> {
  const event = {
    type: 'provisioning.limited',
    tenantId,
    subject: tenantId,
    data: { departuresMax: max },
  } as const;
  await deps.events.record(event, `provisioning.limited:${tenantId}:${Math.floor(nowMs / hourMs)}`);
  const firstMs = Math.min(nowMs, ...[...ended.values()].map((at) => at.getTime()));
  return new HeddleError(
    'QUOTA_EXCEEDED',
    `Provisioning has ended ${max} members within an hour, the most that it may: this one is kept. If that is intended, an owner raises departuresMax with saveProvisioning.`,
    { extensions: { retryAfterMs: firstMs + hourMs - nowMs, reason: 'DEPARTURES' } },
  );
}
