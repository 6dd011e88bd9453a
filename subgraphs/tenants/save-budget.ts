import { type BudgetRecord, budgets } from '#mongo/budgets.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { HeddleError } from '#schema/errors.ts';
import { badInput, checkedList, notFound } from '../shared/input.ts';
import { callersChanged, nowOf, type TenantsContext, type TenantsDeps } from './deps.ts';
import { randomId } from './ids.ts';
import { checkedMoney } from './limits.ts';
import { tenantIdOf, visible } from './visible.ts';

export interface BudgetInput {
  readonly id?: string | null;
  readonly tenantId?: string | null;
  readonly appId?: string | null;
  readonly amount: string;
  readonly window: LimitRecord['window'];
  readonly alertAt?: readonly number[] | null;
  readonly hard?: boolean | null;
}

const budgetsMax = 100;

/** Adds a budget, or replaces the one of that id; a budget never moves to another tenant. */
export async function saveBudget(
  input: BudgetInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<BudgetRecord> {
  const before = input.id == null ? null : await visible('budget', input.id, context);
  const tenantId = before?.tenantId ?? (await tenantIdOf(input.tenantId, context));
  if (before && input.tenantId != null && input.tenantId !== tenantId) {
    badInput('input.tenantId', 'is not the tenant of this budget, and a budget does not move.');
  }
  const app = input.appId == null ? null : await visible('app', input.appId, context);
  if (app && app.tenantId !== tenantId) notFound('app', app._id);
  if (input.window === 'INFLIGHT') badInput('input.window', 'must be a time: money has no INFLIGHT.');
  const alertAt = checkedList(input.alertAt ?? [], 'input.alertAt', 10).sort((a, b) => a - b);
  if (alertAt.some((part) => !(part > 0 && part <= 10))) {
    badInput('input.alertAt', 'must hold parts of the amount above 0, such as 0.8, and at most 10.');
  }
  const budget: BudgetRecord = {
    _id: before?._id ?? randomId(),
    tenantId,
    appId: app?._id ?? null,
    amountNanos: checkedMoney(input.amount, 'input.amount'),
    window: input.window,
    alertAt,
    hard: input.hard ?? true,
    createdAt: before?.createdAt ?? nowOf(deps),
  };
  const records = budgets(deps.connection);
  if (before) {
    const { _id, ...change } = budget;
    const { matchedCount } = await records.updateOne({ _id }, { $set: change });
    if (matchedCount === 0) notFound('budget', _id);
  } else {
    if ((await records.countDocuments({ tenantId })) >= budgetsMax) {
      throw new HeddleError('CONFLICT', `A tenant has at most ${budgetsMax} budgets.`);
    }
    await records.create({ ...budget });
  }
  context.audit({ tenantId, type: 'Budget', id: budget._id, before, after: budget });
  context.loaders.budget.clear(budget._id);
  await callersChanged(deps, tenantId);
  return budget;
}
