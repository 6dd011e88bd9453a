import { type Caller, type CallerNames, meetsScopes } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { coversPattern, intersectPatterns } from '#core/name-patterns.ts';
import type { ApiKeyRecord } from '#mongo/api-keys.ts';
import type { AppRecord } from '#mongo/apps.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { limitsExceeded } from '../limits/limit-bounds.ts';
import { addressesOutside } from './address-ranges.ts';
import { scopesOfKey } from './scopes.ts';

/** Everything by which one key may do more than another. */
export interface Bounds {
  readonly scopes: readonly string[];
  /** Patterns of AI models and routes; null: any. */
  readonly models: readonly string[] | null;
  /** Patterns of prompts' names; null: any. */
  readonly prompts: readonly string[] | null;
  /** All of them hold; a meter without a limit is unbounded. */
  readonly limits: readonly LimitRecord[];
  /** Single addresses and CIDR ranges; null: any. */
  readonly allowedIps: readonly string[] | null;
  /** Null: never. */
  readonly expiresAtMs: number | null;
}

/** In what the inner bounds exceed the outer ones, by dimension; empty: they are within them. */
export function findExcess(inner: Bounds, outer: Bounds): readonly string[] {
  const exceeded = limitsExceeded(inner.limits, outer.limits);
  return [
    ...listed(
      'scopes',
      inner.scopes.filter((scope) => !meetsScopes(outer, [[scope]])),
    ),
    ...listed('models', beyond(inner.models, outer.models)),
    ...listed('prompts', beyond(inner.prompts, outer.prompts)),
    ...listed(
      'limits',
      exceeded.map(({ meter, window }) => `${meter} per ${window}`),
    ),
    ...listed('allowedIps', outer.allowedIps === null ? [] : outside(inner.allowedIps, outer.allowedIps)),
    ...(isLater(inner.expiresAtMs, outer.expiresAtMs) ? ['expiresAt'] : []),
  ];
}

function listed(dimension: string, excess: readonly string[]): readonly string[] {
  return excess.length === 0 ? [] : [`${dimension} (${excess.slice(0, 10).join(', ').slice(0, 500)})`];
}

/** Null on the outer side allows all, null on the inner side requests all. */
function beyond(inner: readonly string[] | null, outer: readonly string[] | null): readonly string[] {
  if (outer === null) return [];
  if (inner === null) return ['any'];
  return inner.filter((one) => !outer.some((pattern) => coversPattern(pattern, one)));
}

function outside(inner: readonly string[] | null, outer: readonly string[]): readonly string[] {
  return inner === null ? ['any'] : addressesOutside(inner, outer);
}

function isLater(innerMs: number | null, outerMs: number | null): boolean {
  return outerMs !== null && (innerMs === null || innerMs > outerMs);
}

/** The bounds of a key by itself. Those of its makers, app and tenant bind it too. */
export function boundsOfKey(key: ApiKeyRecord): Bounds {
  return {
    scopes: scopesOfKey(key),
    models: key.models ?? null,
    prompts: key.prompts ?? null,
    limits: key.limits,
    allowedIps: key.allowedIps,
    expiresAtMs: key.expiresAt?.getTime() ?? null,
  };
}

/** What a caller may grant to a key of this app: what binds the app itself, or its team, binds that key anyway. */
export function boundsOfCaller(
  caller: Caller,
  { _id: appId, teamId }: Pick<AppRecord, '_id' | 'teamId'>,
): Bounds {
  const own = `app:${appId}`;
  const ownTeam = `team:${teamId}`;
  return {
    scopes: caller.scopes,
    models: namesOfCaller(caller.modelLists, own),
    prompts: namesOfCaller(caller.promptLists, own),
    limits: limitsOfCaller(caller).flatMap(({ subject, limit }) =>
      subject === own || subject === ownTeam ? [] : [limit],
    ),
    allowedIps: caller.allowedIps,
    expiresAtMs: caller.expiresAtMs,
  };
}

/** What the lists of the caller's key and app allow together; that of the plan binds the tenant's keys alike. */
function namesOfCaller(lists: readonly CallerNames[], except: string): readonly string[] | null {
  return intersectPatterns(
    lists.flatMap(({ subject, patterns }) =>
      subject === except || subject.startsWith('tenant:') ? [] : [patterns],
    ),
  );
}

/** The limits of the caller's key, app and team, and of its makers; those of the plan and budgets bind the tenant's keys alike. */
export function limitsOfCaller({
  limits,
}: Caller): readonly { readonly subject: string; readonly limit: LimitRecord }[] {
  return limits.flatMap(({ subject, meter, window, amount, budget }) =>
    budget !== undefined || subject.startsWith('tenant:')
      ? []
      : [{ subject, limit: { meter, window, amount: BigInt(amount) } }],
  );
}

/** FORBIDDEN, naming what exceeds the bounds of the caller; `what` begins the sentence: "The key". */
export function requireWithin(what: string, inner: Bounds, outer: Bounds): void {
  const excess = findExcess(inner, outer);
  if (excess.length === 0) return;
  throw new HeddleError(
    'FORBIDDEN',
    `${what} exceeds the bounds of the key that you call with: ${excess.join('; ')}. Use a key with wider bounds.`,
  );
}

/** FORBIDDEN for a key that is the caller's own, or one that it was rotated from or to. */
export function requireAnotherKey({ keyId, keyLineId }: Caller, key: ApiKeyRecord): void {
  if (key._id !== keyId && key.lineId !== keyLineId) return;
  throw new HeddleError('FORBIDDEN', 'No key changes or rotates itself: use another key of the tenant.');
}

/** FORBIDDEN for names that an app is to allow beyond what the caller's own key and app allow. */
export function requireNames(
  field: 'models' | 'prompts',
  wanted: readonly string[] | null,
  caller: Caller,
): void {
  const outer = namesOfCaller(field === 'models' ? caller.modelLists : caller.promptLists, '');
  const [excess] = beyond(wanted, outer);
  if (excess === undefined) return;
  throw new HeddleError(
    'FORBIDDEN',
    `input.${field} exceeds what the key that you call with allows: ${excess}. Narrow it, or use a key with wider bounds.`,
  );
}
