import { HeddleError } from '#core/errors.ts';
import { badInput, checkedList, isDuplicateKey, notFound } from '#core/input.ts';
import { type BudgetRecord, budgets } from '#mongo/budgets.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { BudgetInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { chooseTeam } from '../teams/choose-team.ts';
import { requireLive, withLiveOwner } from '../tenants/below-tenant.ts';
import { findTenantId, visible } from '../tenants/visible.ts';
import { checkedMoney } from './limits.ts';
import { requireSetter, toLimitSetter } from './set-limits.ts';

/**
 * Saves the budget of a tenant, team or app, and window: of each there is one that operators set, and one that the tenant sets.
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
  const app = input.appId == null ? null : await visible('app', input.appId, context);
  if (app && app.tenantId !== tenantId) notFound('app', app._id);
  const teamId = await chooseTeam(input.teamId, tenantId, context);
  if (app && teamId !== null) badInput('input.teamId', 'cannot be combined with input.appId.');
  if (input.window === 'INFLIGHT') badInput('input.window', 'must be a time: money has no INFLIGHT.');
  const alertAt = checkedList(input.alertAt ?? [], 'input.alertAt', 10).sort((a, b) => a - b);
  if (alertAt.some((part) => !(part > 0 && part <= 10))) {
    badInput('input.alertAt', 'must hold parts of the amount above 0, such as 0.8, and at most 10.');
  }
  if (named) requireSetter('This budget', named, context.caller);
  const place = {
    tenantId,
    appId: app?._id ?? null,
    window: input.window,
    setBy: toLimitSetter(context.caller),
    // Last, and only where there is one: so the slots of others stay what they are.
    ...(teamId === null ? {} : { teamId }),
  };
  const before = named ?? (await findBudget(place, deps));
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
  Pick<BudgetRecord, 'teamId'>;

/** The budget of this place; of several that older versions left the oldest. */
async function findBudget(
  { setBy, teamId = null, ...place }: Place,
  deps: TenantsDeps,
): Promise<BudgetRecord | null> {
  const unknown = setBy === 'OPERATOR' ? [{ setBy: { $exists: false } }] : [];
  return budgets(deps.connection)
    .findOne({ ...place, teamId, $or: [{ setBy }, ...unknown] })
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
      const set = { $set: change, ...(budget.teamId == null ? { $unset: { teamId: 1 } } : {}) } as const;
      const { matchedCount } = await records.updateOne({ _id, ...asSetIn(before) }, set);
      if (matchedCount === 0) notFound('budget', _id);
      return;
    }
    const { tenantId } = budget;
    await requireRoom(deps, 'budgetsPerTenant', () => records.countDocuments({ tenantId }));
    await records.create({ ...budget });
  } catch (cause) {
    if (!isDuplicateKey(cause)) throw cause;
    const ofTeam = budget.teamId == null ? 'this tenant' : `the team ${budget.teamId}`;
    const what = budget.appId === null ? ofTeam : `the app ${budget.appId}`;
    throw new HeddleError(
      'CONFLICT',
      `There is a budget per ${budget.window} of ${what} already: save that one.`,
      { cause },
    );
  }
}
