import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { badInput, notFound } from '#core/input.ts';
import { checkedLimit } from '#core/limit-amount.ts';
import type { AlertRecord } from '#mongo/alerts.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import { routes } from '#mongo/routes.ts';
import type { AlertInput } from '../../generated.ts';

/** What of an alert its action is made of. */
export type ActionContent = Required<
  Pick<AlertRecord, 'action' | 'actionLimit' | 'actionRouteId' | 'actionModelId'>
>;
type Measured = Pick<AlertRecord, 'condition' | 'by' | 'appId' | 'keyId' | 'modelId'>;

const ofBudgets: ReadonlySet<AlertRecord['condition']> = new Set(['BUDGET_SHARE', 'BURN_RATE', 'FORECAST']);

/** The action of an input. BAD_USER_INPUT where the alert measures nothing that it could be about, or a field of another action is stated. */
export function checkedAction(
  { action = 'NOTIFY', actionLimit, actionRouteId, actionModelId }: AlertInput,
  measured: Measured,
): ActionContent {
  const chosen = action ?? 'NOTIFY';
  const limit = checkedFor(chosen, 'LOWER_LIMIT', actionLimit, 'input.actionLimit');
  const content = {
    action: chosen,
    actionLimit: limit === null ? null : checkedLimit(limit, 'input.actionLimit'),
    actionRouteId: checkedFor(chosen, 'MOVE_ROUTE', actionRouteId, 'input.actionRouteId'),
    actionModelId: checkedFor(chosen, 'MOVE_ROUTE', actionModelId, 'input.actionModelId'),
  };
  if (chosen === 'SUSPEND_KEY' && !measuresKeys(measured)) {
    badInput('input.action', 'SUSPEND_KEY requires the condition SECURITY, keyId, or KEY in by.');
  }
  if (chosen === 'OPEN_CIRCUIT' && measured.modelId === null && !measured.by.includes('MODEL')) {
    badInput('input.action', 'OPEN_CIRCUIT requires modelId, or MODEL in by.');
  }
  return content;
}

function checkedFor<T>(
  action: AlertRecord['action'],
  wanted: AlertRecord['action'],
  value: T | null | undefined,
  field: string,
): T | null {
  if (action === wanted) return value ?? badInput(field, `is required with the action ${wanted}.`);
  if (value != null) badInput(field, `is valid with the action ${wanted} alone.`);
  return null;
}

function measuresKeys({ condition, keyId, by }: Measured): boolean {
  return condition === 'SECURITY' || keyId !== null || by.includes('KEY');
}

/**
 * Refuses an action on what the owner of the alert does not own: FORBIDDEN for an AI model or a route of the mesh, NOT_FOUND for one of another tenant. An alert of the mesh
 * lowers limits of what it measures apart by alone.
 */
export async function checkActionTarget(
  { action, actionRouteId, actionModelId }: ActionContent,
  measured: Measured,
  tenantId: string | null,
  connection: Connection,
): Promise<void> {
  if (action === 'LOWER_LIMIT' && tenantId === null && !namesTenants(measured)) {
    badInput(
      'input.action',
      'LOWER_LIMIT of an alert of the mesh requires appId, keyId, or TENANT, APP or KEY in by.',
    );
  }
  if (action === 'OPEN_CIRCUIT' && measured.modelId !== null) {
    await requireOwn('Model', 'AI model', measured.modelId, tenantId, connection);
  }
  if (actionRouteId === null) return;
  await requireOwn('Route', 'route', actionRouteId, tenantId, connection);
  const route = await routes(connection).findById(actionRouteId).lean();
  if (route?.targets.some(({ modelId }) => modelId === actionModelId) !== true) {
    badInput('input.actionModelId', 'must be a target of the route.');
  }
}

function namesTenants({ condition, by, appId, keyId }: Measured): boolean {
  return (
    measuresKeys({ condition, by, appId, keyId, modelId: null }) ||
    appId !== null ||
    ofBudgets.has(condition) ||
    by.includes('TENANT') ||
    by.includes('APP')
  );
}

async function requireOwn(
  type: 'Model' | 'Route',
  what: string,
  id: string,
  tenantId: string | null,
  connection: Connection,
): Promise<void> {
  const [found] = await findNodeRecords(connection, type, [id]);
  if (found?.tenantId === tenantId) return;
  if (found?.tenantId !== null) return notFound(what, id);
  throw new HeddleError(
    'FORBIDDEN',
    `The ${what} ${JSON.stringify(id)} belongs to the mesh: an alert of a tenant acts on what the tenant owns.`,
  );
}
