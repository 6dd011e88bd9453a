import type { ArchivedCaller, Caller } from '#core/caller.ts';
import { apps } from '#mongo/apps.ts';
import { budgets } from '#mongo/budgets.ts';
import { plans } from '#mongo/plans.ts';
import { readPayloadRule, tenants } from '#mongo/tenants.ts';
import { findCallerGrants } from '../access/caller-grants.ts';
import type { TenantsDeps } from '../deps.ts';
import {
  collectLimits,
  findBoundTeams,
  readAllowedNames,
  readCacheScope,
  readDocumentsMode,
  readOnRevoke,
} from '../keys/find-caller.ts';
import { lineOfPerson } from '../members/person-line.ts';
import type { Identity } from './identity.ts';
import { scopesOfIdentity } from './identity-scopes.ts';
import { TokenRefusal } from './token-refusal.ts';

export type PersonDeps = Pick<TenantsDeps, 'connection' | 'defaultLimits'>;

/**
 * The caller that a person or workload is until then, with every limit that binds it: those of the tenant's plan, of the app
 * that a rule names, and the default limits of keys. Throws TokenRefusal where its tenant, app or role is gone.
 */
export async function findPersonCaller(
  identity: Identity,
  expiresAtMs: number | null,
  deps: PersonDeps,
): Promise<Caller | ArchivedCaller> {
  const { connection, defaultLimits } = deps;
  const { tenantId, appId, subject, issuerId, email, role } = identity;
  const [tenant, app, bounds, scopes, grants] = await Promise.all([
    tenants(connection).findById(tenantId).lean(),
    appId === null ? null : apps(connection).findOne({ _id: appId, tenantId }).lean(),
    budgets(connection)
      .find({ tenantId, appId: { $in: appId === null ? [null] : [null, appId] } })
      .lean(),
    scopesOfIdentity(identity, deps),
    findCallerGrants(appId, connection),
  ]);
  const plan = tenant && (await plans(connection).findById(tenant.planId).lean());
  if (!tenant || !plan || (appId !== null && !app)) {
    throw new TokenRefusal('ROLE', 'The tenant or app that the rules state for this token does not exist.');
  }
  const lineId = lineOfPerson(identity);
  const caller: Caller = {
    kind: 'USER',
    tenantId,
    planId: plan._id,
    appId,
    ...(app?.teamId == null ? {} : { teamId: app.teamId }),
    keyId: null,
    keyLineId: lineId,
    subject,
    issuerId,
    ...(email === null ? {} : { email }),
    ...(role === null ? {} : { role }),
    scopes,
    limits: collectLimits(tenantId, {
      planLimits: plan.limits,
      teams: app ? await findBoundTeams(app, [], connection) : [],
      apps: app ? [app] : [],
      keys: [{ lineId, limits: defaultLimits.key }],
      budgets: bounds,
    }),
    allowedRegions: tenant.allowedRegions,
    payloadLogging: readPayloadRule(tenant),
    ...(tenant.payloadDays == null ? {} : { payloadDays: tenant.payloadDays }),
    ...readOnRevoke(tenant),
    cacheByDefault: app?.cacheByDefault ?? tenant.cacheByDefault,
    ...readCacheScope(app, tenant),
    ...readDocumentsMode(app),
    allowedIps: null,
    expiresAtMs,
    endUserId: identity.endUserId,
    modelLists: readAllowedNames([`tenant:${tenantId}`, plan.models], [`app:${appId}`, app?.models]),
    promptLists: readAllowedNames([`app:${appId}`, app?.prompts]),
    ...grants,
  };
  if (tenant.archivedAt != null) return { archived: 'tenant', caller };
  return app?.archivedAt != null ? { archived: 'app', caller } : caller;
}
