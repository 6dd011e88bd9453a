import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { HeddleError } from '#core/errors.ts';
import { accessGrants } from '#mongo/access-grants.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { apps } from '#mongo/apps.ts';
import { budgets } from '#mongo/budgets.ts';
import { invitations } from '#mongo/invitations.ts';
import { withLock } from '#mongo/locks.ts';
import { members } from '#mongo/members.ts';
import { teams } from '#mongo/teams.ts';
import { tenants } from '#mongo/tenants.ts';
import type { TenantsDeps } from '../deps.ts';

/** The tenant, and the app or team where there is one, that something belongs to. */
export interface Owner {
  readonly tenantId: string;
  readonly appId?: string | null;
  readonly teamId?: string | null | undefined;
}

/** Runs while nothing of the tenant is created, archived or restored by another, in all processes. */
export function withTenant<T>(
  tenantId: string,
  { connection }: Pick<TenantsDeps, 'connection'>,
  run: () => Promise<T>,
): Promise<T> {
  return withLock(connection, `tenant ${tenantId}`, run);
}

/** The same for what is created or changed below the owner; CONFLICT where that is archived. */
export function withLiveOwner<T>(owner: Owner, deps: TenantsDeps, run: () => Promise<T>): Promise<T> {
  return withTenant(owner.tenantId, deps, async () => {
    await requireLive(owner, deps);
    return run();
  });
}

/** CONFLICT where the tenant, the app or the team is archived. */
export async function requireLive(
  { tenantId, appId, teamId }: Owner,
  { connection }: TenantsDeps,
): Promise<void> {
  const [tenant, app, team] = await Promise.all([
    tenants(connection).findById(tenantId, { archivedAt: 1 }).lean(),
    appId == null ? null : apps(connection).findById(appId, { archivedAt: 1 }).lean(),
    teamId == null ? null : teams(connection).findById(teamId, { archivedAt: 1 }).lean(),
  ]);
  if (tenant?.archivedAt != null) throw archived('tenant', tenantId);
  if (app?.archivedAt != null) throw archived('app', app._id);
  if (team?.archivedAt != null) throw archived('team', team._id);
}

function archived(type: 'tenant' | 'app' | 'team', id: string): HeddleError {
  return new HeddleError('CONFLICT', `The ${type} ${JSON.stringify(id)} is archived: restore it first.`);
}

/**
 * Changes what of the tenant is archived, then marks what is below it. That this is due is noted before: where the process
 * dies in between, the sweep does it. For whoever holds the tenant's lock.
 */
export async function changeArchived(
  tenantId: string,
  connection: Connection,
  change: () => Promise<unknown>,
): Promise<void> {
  await tenants(connection).updateOne({ _id: tenantId }, { $set: { marksDue: true } });
  await change();
  await markHidden(tenantId, connection);
}

/** Tenants that one sweep looks at. */
const dueMax = 100;

/** Marks what is below tenants where a process died before it did; the number of tenants. */
export async function completeMarks(connection: Connection, log: Logger): Promise<number> {
  const due = await tenants(connection).find({ marksDue: true }, { _id: 1 }).limit(dueMax).lean();
  let completed = 0;
  for (const { _id } of due) {
    try {
      await withTenant(_id, { connection }, () => markHidden(_id, connection));
      completed += 1;
    } catch (err) {
      log.warn({ err, tenantId: _id }, 'what is below a tenant could not be marked yet');
    }
  }
  return completed;
}

/**
 * Writes into everything below the tenant whether lists leave it out, from what is archived. For whoever holds the
 * tenant's lock; done again it completes what a process that died has left.
 */
export async function markHidden(tenantId: string, connection: Connection): Promise<void> {
  const tenant = await tenants(connection).findById(tenantId, { archivedAt: 1 }).lean();
  const isArchived = tenant?.archivedAt != null;
  const archivedApps = await apps(connection).distinct('_id', { tenantId, archivedAt: { $ne: null } });
  const inArchived = isArchived ? {} : { appId: { $in: archivedApps } };
  const inOthers = isArchived ? null : { appId: { $nin: archivedApps } };
  const ofApps = [apiKeys, budgets, accessGrants].map((collection) => ({
    collection,
    hide: inArchived,
    show: inOthers,
  }));
  await Promise.all(
    [
      ...ofApps,
      ...[apps, teams].map((collection) => ({
        collection,
        hide: isArchived ? {} : { archivedAt: { $ne: null } },
        show: isArchived ? null : { archivedAt: null },
      })),
      ...[members, invitations].map((collection) => ({
        collection,
        hide: isArchived ? {} : null,
        show: isArchived ? null : {},
      })),
    ].map(async ({ collection, hide, show }) => {
      const records = collection(connection) as unknown as HideableModel;
      if (hide !== null)
        await records.updateMany({ ...hide, tenantId, hidden: null }, { $set: { hidden: true } });
      if (show !== null)
        await records.updateMany({ ...show, tenantId, hidden: true }, { $unset: { hidden: 1 } });
    }),
  );
  await tenants(connection).updateOne({ _id: tenantId, marksDue: true }, { $unset: { marksDue: 1 } });
}

/** As far as the collections are alike. */
interface HideableModel {
  updateMany(filter: object, change: object): PromiseLike<unknown>;
}
