import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput, checkedList, isDuplicateKey, notFound } from '#core/input.ts';
import { checkedMoney } from '#core/limit-amount.ts';
import { type BudgetRecord, budgets } from '#mongo/budgets.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { BudgetInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { chooseTeam } from '../teams/choose-team.ts';
import { requireLive, withLiveOwner } from '../tenants/below-tenant.ts';
import { findTenantId, visible } from '../tenants/visible.ts';
import { requireSetter, toLimitSetter } from './set-limits.ts';

/**
 * Saves the budget of a tenant, team, app or key, and window: of each there is one that operators set, and one that the tenant sets.
 * With an id it replaces that budget, which may get another app or window; CONFLICT where there is one already. A budget
 * never moves to another tenant, and a tenant does not change an operator's.
 */
export async function saveBudget(
  input: BudgetInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<BudgetRecord> {
  const named = input.id == null ? null : await visible('budget', input.id, context);
  const tenantId = named?.tenantId ?? (await findTenantId(input.tenantId, context));
  if (named && input.tenantId != null && input.tenantId !== tenantId) {
    badInput('input.tenantId', 'is not the tenant of this budget, and a budget does not move.');
  }
  const key = input.keyId == null ? null : await visible('apiKey', input.keyId, context);
  if (key && key.tenantId !== tenantId) notFound('API key', key._id);
  if (key && input.appId != null) badInput('input.appId', 'cannot be combined with input.keyId.');
  const appId = key?.appId ?? input.appId;
  const app = appId == null ? null : await visible('app', appId, context);
  if (app && app.tenantId !== tenantId) notFound('app', app._id);
  const teamId = await chooseTeam(input.teamId, tenantId, context);
  if (app && teamId !== null) badInput('input.teamId', 'cannot be combined with input.appId or input.keyId.');
  if (input.window === 'INFLIGHT') badInput('input.window', 'must be a time: money has no INFLIGHT.');
  const alertAt = checkedList(input.alertAt ?? [], 'input.alertAt', 10).sort((a, b) => a - b);
  if (alertAt.some((part) => !(part > 0 && part <= 10))) {
    badInput('input.alertAt', 'must hold parts of the amount above 0, such as 0.8, and at most 10.');
  }
  const place = {
    tenantId,
    appId: app?._id ?? null,
    window: input.window,
    setBy: toLimitSetter(context.caller),
    // Last, and only where there is one: so the slots of others stay what they are.
    ...(teamId === null ? {} : { teamId }),
    ...(key === null ? {} : { keyLineId: key.lineId }),
  };
  const before = named ?? (await findBudget(place, deps));
  if (before) requireChangeableBudget(before, context.caller);
  const budget: BudgetRecord = {
    ...place,
    _id: before?._id ?? randomId(),
    slot: JSON.stringify(Object.values(place)),
    amountNanos: checkedMoney(input.amount, 'input.amount'),
    alertAt,
    hard: input.hard ?? true,
    createdAt: before?.createdAt ?? readNow(deps),
  };
  await context.auditTarget({ tenantId, type: 'Budget', id: budget._id });
  await withLiveOwner(budget, deps, async () => {
    if (named) await requireLive(named, deps);
    await store(budget, before, deps);
  });
  context.audit({ tenantId, type: 'Budget', id: budget._id, before, after: budget });
  context.loaders.budget.clear(budget._id);
  await callersChanged(deps, tenantId);
  return budget;
}

type Place = Required<Pick<BudgetRecord, 'tenantId' | 'appId' | 'window' | 'setBy'>> &
  Pick<BudgetRecord, 'teamId' | 'keyLineId'>;

/** FORBIDDEN where an operator has set it and the caller is none, or where it is the caller's own: of its key, or a maker of it. */
export function requireChangeableBudget(budget: BudgetRecord, caller: Caller): void {
  requireSetter('This budget', budget, caller);
  const { keyLineId } = budget;
  if (keyLineId == null) return;
  if (keyLineId !== caller.keyLineId && !caller.makerScopes?.includes(`key:${keyLineId}`)) return;
  throw new HeddleError(
    'FORBIDDEN',
    'No key changes a budget of its own or of a key that it was made with: use another key of the tenant.',
  );
}

/** The budget of this place; of several that older versions left the oldest. */
async function findBudget(
  { setBy, teamId = null, keyLineId = null, ...place }: Place,
  deps: TenantsDeps,
): Promise<BudgetRecord | null> {
  const unknown = setBy === 'OPERATOR' ? [{ setBy: { $exists: false } }] : [];
  return budgets(deps.connection)
    .findOne({ ...place, teamId, keyLineId, $or: [{ setBy }, ...unknown] })
    .sort({ createdAt: 1, _id: 1 })
    .lean();
}

/** Matches the record while its setter is what it was. */
export function asSetIn({ setBy }: BudgetRecord) {
  return setBy === undefined ? { setBy: { $exists: false } } : { setBy };
}

async function store(budget: BudgetRecord, before: BudgetRecord | null, deps: TenantsDeps): Promise<void> {
  const records = budgets(deps.connection);
  try {
    if (before) {
      const { _id, ...change } = budget;
      const gone = {
        ...(budget.teamId == null ? { teamId: 1 as const } : {}),
        ...(budget.keyLineId == null ? { keyLineId: 1 as const } : {}),
      };
      const { matchedCount } = await records.updateOne(
        { _id, ...asSetIn(before) },
        { $set: change, $unset: gone },
      );
      if (matchedCount === 0) notFound('budget', _id);
      return;
    }
    const { tenantId } = budget;
    await requireRoom(deps, 'budgetsPerTenant', () => records.countDocuments({ tenantId }));
    await records.create({ ...budget });
  } catch (cause) {
    if (!isDuplicateKey(cause)) throw cause;
    throw new HeddleError(
      'CONFLICT',
      `There is a budget per ${budget.window} of ${nameHolder(budget)} already: save that one.`,
      { cause },
    );
  }
}

function nameHolder({ appId, teamId, keyLineId }: BudgetRecord): string {
  if (keyLineId != null) return `the API key ${keyLineId}`;
  if (appId !== null) return `the app ${appId}`;
  return teamId == null ? 'this tenant' : `the team ${teamId}`;
}
