import { narrowestScope } from '#core/cache-scope.ts';
import {
  type ArchivedCaller,
  type Caller,
  type CallerLimit,
  type CallerNames,
  meetsScopes,
} from '#core/caller.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { type BudgetRecord, budgets } from '#mongo/budgets.ts';
import { noPepper } from '#mongo/key-pepper.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { pageTokens } from '#mongo/page-tokens.ts';
import { plans } from '#mongo/plans.ts';
import { type TeamRecord, teams } from '#mongo/teams.ts';
import { readPayloadRule, type TenantRecord, tenants } from '#mongo/tenants.ts';
import { findCallerGrants } from '../access/caller-grants.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { findKeyEnd } from './key-misuse.ts';
import { findKeyScopes } from './key-owner.ts';
import { findMakers, makerIds } from './makers.ts';

/**
 * The caller that a key or page token of this SHA-256 stands for, with every limit that binds it; null when there is no such key,
 * or it was revoked or has expired; that it is archived, where its app or tenant is. Five commands, four of them at once, two for the makers of a key that limits of
 * theirs bind, and one or two for the member that owns it; the gateway remembers the answer. `onEnded` gets a key that was revoked or has expired.
 */
export async function findCaller(
  keyHash: string,
  deps: FindCallerDeps,
  onEnded?: (key: ApiKeyRecord, how: 'REVOKED' | 'EXPIRED') => void,
): Promise<Found> {
  const { connection, pepper = noPepper } = deps;
  const key = await apiKeys(connection)
    .findOne({ keyHash: { $in: [...pepper.forms(keyHash)] } })
    .lean();
  const inForm = pepper.hash(keyHash);
  if (key && key.keyHash !== keyHash && key.keyHash !== inForm) {
    // Hashed with a previous encryption key, which is about to go.
    await apiKeys(connection).updateOne(
      { _id: key._id, keyHash: key.keyHash },
      { $set: { keyHash: inForm } },
    );
  }
  if (!key) return callerOfPageToken(keyHash, deps);
  const end = findKeyEnd(key, readNow(deps));
  if (end !== null) onEnded?.(key, end);
  return callerOfKey(key, deps);
}

/** How often a caller is read again when its plan is gone by the time it is read. */
const attemptsMax = 3;
type Found = Caller | ArchivedCaller | null;
type FindCallerDeps = Pick<TenantsDeps, 'connection' | 'defaultLimits' | 'now' | 'pepper'>;

/** The caller of the key that the token was made with, narrowed to what the token is for. */
async function callerOfPageToken(tokenHash: string, deps: FindCallerDeps): Promise<Found> {
  const token = await pageTokens(deps.connection).findOne({ tokenHash }).lean();
  if (!token || token.expiresAt <= readNow(deps)) return null;
  const key = await apiKeys(deps.connection).findById(token.keyId).lean();
  const maker = key && (await callerOfKey(key, deps));
  if (!maker || 'archived' in maker) return maker;
  const expiresAtMs = token.expiresAt.getTime();
  const subject = `token:${token._id}`;
  return {
    ...maker,
    scopes: token.scopes.filter((scope) => meetsScopes(maker, [[scope]])),
    endUserId: token.endUserId,
    modelLists: [...maker.modelLists, ...readAllowedNames([subject, token.models])],
    promptLists: [...maker.promptLists, ...readAllowedNames([subject, token.prompts])],
    expiresAtMs: Math.min(expiresAtMs, maker.expiresAtMs ?? expiresAtMs),
  };
}

/** The caller of a key with every limit that binds it; null where it was revoked or has expired. */
export function findKeyCaller(key: ApiKeyRecord, deps: FindCallerDeps): Promise<Found> {
  return callerOfKey(key, deps);
}

async function callerOfKey(key: ApiKeyRecord, deps: FindCallerDeps, attempt = 1): Promise<Found> {
  const { connection } = deps;
  if (findKeyEnd(key, readNow(deps)) !== null) return null;
  const makerScopes = key.makerScopes ?? [];
  const [tenant, app, bounds, makers, grants, scopes] = await Promise.all([
    tenants(connection).findById(key.tenantId).lean(),
    apps(connection).findById(key.appId).lean(),
    budgets(connection)
      .find({
        tenantId: key.tenantId,
        $or: [
          { appId: { $in: [null, key.appId, ...makerIds(makerScopes, 'app:')] } },
          { keyLineId: { $in: makerIds(makerScopes, 'key:') } },
        ],
      })
      .lean(),
    findMakers(key.tenantId, makerScopes, deps),
    findCallerGrants(key.appId, connection),
    findKeyScopes(key, deps),
  ]);
  if (!tenant || !app || !makers || !scopes) return null;
  const [plan, boundTeams] = await Promise.all([
    plans(connection).findById(tenant.planId).lean(),
    findBoundTeams(app, makers.teams, connection),
  ]);
  // Since the tenant was read it got another plan, and its former one was deleted. Without a plan it would have no limits.
  if (!plan) return attempt < attemptsMax ? callerOfKey(key, deps, attempt + 1) : null;
  const caller: Caller = {
    kind: 'API_KEY',
    tenantId: tenant._id,
    planId: plan._id,
    appId: app._id,
    ...(app.teamId == null ? {} : { teamId: app.teamId }),
    keyId: key._id,
    keyLineId: key.lineId,
    ...(key.ownerMemberId == null ? {} : { memberId: key.ownerMemberId }),
    ...(key.service == null ? {} : { service: key.service }),
    subject: null,
    scopes,
    ...(makerScopes.length === 0 ? {} : { makerScopes }),
    limits: collectLimits(tenant._id, {
      planLimits: plan.limits,
      teams: boundTeams,
      apps: [app, ...makers.apps],
      keys: [key, ...makers.keys],
      budgets: bounds,
    }),
    allowedRegions: tenant.allowedRegions,
    payloadLogging: readPayloadRule(tenant),
    ...(tenant.payloadDays == null ? {} : { payloadDays: tenant.payloadDays }),
    ...readOnRevoke(tenant),
    cacheByDefault: app.cacheByDefault ?? tenant.cacheByDefault,
    ...readCacheScope(app, tenant),
    ...readDocumentsMode(app),
    allowedIps: key.allowedIps,
    expiresAtMs: key.expiresAt?.getTime() ?? null,
    endUserId: null,
    modelLists: readAllowedNames(
      [`tenant:${tenant._id}`, plan.models],
      [`app:${app._id}`, app.models],
      [`key:${key.lineId}`, key.models],
    ),
    promptLists: readAllowedNames([`app:${app._id}`, app.prompts], [`key:${key.lineId}`, key.prompts]),
    ...grants,
  };
  if (tenant.archivedAt != null) return { archived: 'tenant', caller };
  // A maker's app that is archived binds on: nothing made with its keys becomes wider, or ends.
  return app.archivedAt != null ? { archived: 'app', caller } : caller;
}

/** The lists of names that are there. */
export function readAllowedNames(
  ...lists: readonly [subject: string, patterns: string[] | null | undefined][]
): CallerNames[] {
  return lists.flatMap(([subject, patterns]) => (patterns == null ? [] : [{ subject, patterns }]));
}

/** What the app has chosen. */
export function readDocumentsMode(app: AppRecord | null): Pick<Caller, 'trustedDocuments'> {
  return app?.trustedDocuments == null ? {} : { trustedDocuments: app.trustedDocuments };
}

/** The narrower one, where the app or the tenant has chosen. */
export function readCacheScope(app: AppRecord | null, tenant: TenantRecord): Pick<Caller, 'cacheScope'> {
  const chosen = app?.cacheScope ?? tenant.cacheScope;
  return chosen == null ? {} : { cacheScope: narrowestScope(chosen, tenant.cacheScope) };
}

/** What becomes of open subscriptions, where the tenant has chosen; older tenants have not. */
export function readOnRevoke({ onRevoke }: TenantRecord): Pick<Caller, 'onRevoke'> {
  return onRevoke === undefined || onRevoke === 'END' ? {} : { onRevoke };
}

/** The team of an app and those of the makers of its keys, whose limits bind its calls. */
export async function findBoundTeams(
  { teamId }: Pick<AppRecord, 'teamId'>,
  ofMakers: readonly TeamRecord[],
  connection: TenantsDeps['connection'],
): Promise<readonly TeamRecord[]> {
  if (teamId == null || ofMakers.some(({ _id }) => _id === teamId)) return ofMakers;
  const team = await teams(connection).findById(teamId).lean();
  return team === null ? ofMakers : [team, ...ofMakers];
}

/** What binds the calls of a caller beside each other; the budgets of teams and keys that are not bound are left out. */
interface Bound {
  readonly planLimits: readonly LimitRecord[];
  readonly teams: readonly TeamRecord[];
  readonly apps: readonly AppRecord[];
  readonly keys: readonly Readonly<{ lineId: string; limits: readonly LimitRecord[] }>[];
  readonly budgets: readonly BudgetRecord[];
}

/** The limits of the plan, teams, apps and keys, and the budgets. */
export function collectLimits(
  tenantId: string,
  { planLimits, teams: boundTeams, apps: boundApps, keys: boundKeys, budgets: bounds }: Bound,
): CallerLimit[] {
  const isBound = ({ teamId, keyLineId }: BudgetRecord) =>
    (teamId == null || boundTeams.some(({ _id }) => _id === teamId)) &&
    (keyLineId == null || boundKeys.some(({ lineId }) => lineId === keyLineId));
  const under = (subject: string, limits: readonly LimitRecord[]): CallerLimit[] =>
    limits.map(({ meter, window, amount }) => ({ subject, meter, window, amount: amount.toString() }));
  return [
    ...under(`tenant:${tenantId}`, planLimits),
    ...boundTeams.flatMap((team) => under(`team:${team._id}`, team.limits)),
    ...boundApps.flatMap((app) => under(`app:${app._id}`, app.limits)),
    ...boundKeys.flatMap((key) => under(`key:${key.lineId}`, key.limits)),
    ...bounds.filter(isBound).map(
      ({ _id, appId, teamId, keyLineId, window, amountNanos, hard, alertAt }): CallerLimit => ({
        subject: `budget:${_id}`,
        meter: 'COST',
        window,
        amount: amountNanos.toString(),
        budget: {
          hard,
          ...(appId === null ? {} : { appId }),
          ...(teamId == null ? {} : { teamId }),
          ...(keyLineId == null ? {} : { keyLineId }),
          ...(alertAt.length === 0 ? {} : { alertAt }),
        },
      }),
    ),
  ];
}
