import { type Caller, hasScope, meetsScopes } from './caller.ts';
import type { AlertAction } from './graph-enums.generated.ts';

/** What an alert does beside publishing its event. */
export type ActingAlertAction = Exclude<AlertAction, 'NOTIFY'>;

const ofKeys = [['keys:write'], ['tenants:write']] as const;
const ofLimits = [['tenants:write']] as const;
const ofModels = [['models:write'], ['providers:write']] as const;
const ofMeshModels = [['models:write']] as const;

/** The scopes that the change requires of who makes it by hand, of what a tenant owns and of what the mesh owns. */
const scopes = {
  LOWER_LIMIT: { tenant: ofLimits, mesh: ofLimits },
  SUSPEND_KEY: { tenant: ofKeys, mesh: ofKeys },
  OPEN_CIRCUIT: { tenant: ofModels, mesh: ofMeshModels },
  MOVE_ROUTE: { tenant: ofModels, mesh: ofMeshModels },
} as const satisfies Readonly<Record<ActingAlertAction, unknown>>;

/** May the caller act so by an alert of this tenant (null: of the mesh), and undo it? */
export function mayAct(
  action: ActingAlertAction,
  caller: Pick<Caller, 'scopes' | 'tenantId'>,
  tenantId: string | null,
): boolean {
  const isOperator = hasScope(caller, 'tenants:admin');
  if (!isOperator && (tenantId === null || caller.tenantId !== tenantId)) return false;
  return meetsScopes(caller, scopes[action][tenantId === null ? 'mesh' : 'tenant']);
}

/** The scopes for a refusal's words. */
export function describeActionScopes(action: ActingAlertAction, tenantId: string | null): string {
  const sets = scopes[action][tenantId === null ? 'mesh' : 'tenant']
    .map((set) => set.join(' and '))
    .join(' or ');
  return tenantId === null ? `tenants:admin, and ${sets}` : sets;
}
