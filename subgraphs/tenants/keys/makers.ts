import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { type TeamRecord, teams } from '#mongo/teams.ts';
import { readBudgetScope } from '#state/quota/caller-limits.ts';
import type { TenantsDeps } from '../deps.ts';
import { isPersonLine } from '../members/person-line.ts';

/** Each scope costs a counter of every limit, and room in each row of the ledger. */
const makersMax = 8;

/**
 * The holders of limits that count the calls of a key that this caller makes, beside its own: so many keys as a limited key may
 * make, together they get no more than it. Meters are a tenant's: a key of another tenant draws on none of them.
 */
export function readMakerScopes(caller: Caller, app: AppRecord): string[] {
  if (caller.tenantId !== app.tenantId) return [];
  const bound = new Set(
    caller.limits.map(({ subject, budget }) =>
      budget === undefined ? subject : readBudgetScope(budget, caller.tenantId),
    ),
  );
  const own = [
    `key:${caller.keyLineId ?? caller.keyId}`,
    `app:${caller.appId}`,
    ...(caller.teamId === undefined ? [] : [`team:${caller.teamId}`]),
  ];
  const scopes = new Set([...(caller.makerScopes ?? []), ...own.filter((scope) => bound.has(scope))]);
  scopes.delete(`app:${app._id}`);
  scopes.delete(`team:${app.teamId}`);
  if (scopes.size > makersMax) {
    throw new HeddleError(
      'FORBIDDEN',
      `Limits of ${makersMax} keys, apps and teams bind this key, the most that are allowed: use a key that was made with fewer of them.`,
    );
  }
  return [...scopes];
}

type MakerDeps = Pick<TenantsDeps, 'connection' | 'defaultLimits'>;

interface Makers {
  readonly keys: readonly Pick<ApiKeyRecord, 'lineId' | 'limits'>[];
  readonly apps: readonly AppRecord[];
  readonly teams: readonly TeamRecord[];
}

/**
 * The keys, persons, apps and teams that the scopes name, as they are now; null when one is gone: it is unknown what would bind
 * its keys. Persons have the default limits of keys, also when they have left.
 */
export async function findMakers(
  tenantId: string,
  scopes: readonly string[],
  { connection, defaultLimits }: MakerDeps,
): Promise<Makers | null> {
  const lines = Map.groupBy(makerIds(scopes, 'key:'), isPersonLine);
  const lineIds = lines.get(false) ?? [];
  const persons = (lines.get(true) ?? []).map((lineId) => ({ lineId, limits: [...defaultLimits.key] }));
  const appIds = makerIds(scopes, 'app:');
  const teamIds = makerIds(scopes, 'team:');
  const [keys, found, foundTeams] = await Promise.all([
    lineIds.length === 0
      ? []
      : apiKeys(connection)
          .find({ tenantId, lineId: { $in: lineIds }, replacedById: null })
          .lean(),
    appIds.length === 0
      ? []
      : apps(connection)
          .find({ _id: { $in: appIds } })
          .lean(),
    teamIds.length === 0
      ? []
      : teams(connection)
          .find({ _id: { $in: teamIds } })
          .lean(),
  ]);
  const isWhole =
    keys.length === lineIds.length && found.length === appIds.length && foundTeams.length === teamIds.length;
  return isWhole ? { keys: [...keys, ...persons], apps: found, teams: foundTeams } : null;
}

/** The ids of the scopes of one kind. */
export function makerIds(scopes: readonly string[], kind: 'key:' | 'app:' | 'team:'): string[] {
  return scopes.filter((scope) => scope.startsWith(kind)).map((scope) => scope.slice(kind.length));
}
