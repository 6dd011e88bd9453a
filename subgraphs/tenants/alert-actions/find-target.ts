import { type Caller, hasScope } from '#core/caller.ts';
import type { AlertActionRecord } from '#mongo/alert-actions.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { apps } from '#mongo/apps.ts';
import { budgets } from '#mongo/budgets.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import { routes } from '#mongo/routes.ts';
import type { TenantsDeps } from '../deps.ts';

/** What an action acts on, and the tenant that it belongs to; null: the mesh. */
interface Target {
  readonly target: string;
  readonly tenantId: string | null;
}

/** The target, or why there is none. */
export type FoundTarget = Target | { readonly refusal: string };

type Deps = Pick<TenantsDeps, 'connection'>;
type Saver = Pick<Caller, 'tenantId' | 'scopes'>;

const gone = { refusal: 'What it would act on is not there any more.' };
const foreign = { refusal: 'What it would act on does not belong to the owner of the alert.' };

/** What the action acts on, of the owner of the alert alone; alerts of the mesh act on keys and limits of every tenant. */
export async function findTarget(action: AlertActionRecord, saver: Saver, deps: Deps): Promise<FoundTarget> {
  const found = await finders[action.action](action, saver, deps);
  if ('refusal' in found) return found;
  const isOfModels = action.action === 'OPEN_CIRCUIT' || action.action === 'MOVE_ROUTE';
  const isOwn = found.tenantId === action.tenantId || (action.tenantId === null && !isOfModels);
  return isOwn ? found : foreign;
}

type Find = (action: AlertActionRecord, saver: Saver, deps: Deps) => Promise<FoundTarget>;

const findKey = ({ keys }: AlertActionRecord, { connection }: Deps): Promise<ApiKeyRecord | null> =>
  apiKeys(connection)
    .findById(keys.key ?? '')
    .lean()
    .exec();

const suspendKey: Find = async (action, saver, deps) => {
  const key = await findKey(action, deps);
  if (key === null) return gone;
  if (key.scopes.includes('tenants:admin')) {
    if (!hasScope(saver, 'tenants:admin')) return foreign;
    if (action.savedBy.keyLineId === null || action.savedBy.keyLineId === key.lineId) {
      return {
        refusal:
          'The key of an operator is suspended by alerts of another operator’s key alone, so that one stays.',
      };
    }
  }
  return { target: `key:${key.lineId}`, tenantId: key.tenantId };
};

/** The most specific of what the series names. */
const lowerLimit: Find = async (action, _saver, deps) => {
  const { connection } = deps;
  const { key, app, tenant, budget } = action.keys;
  if (key != null) {
    const found = await findKey(action, deps);
    return found === null ? gone : { target: `key:${found.lineId}`, tenantId: found.tenantId };
  }
  if (app != null) {
    const found = await apps(connection).findById(app).lean();
    return found === null ? gone : { target: `app:${app}`, tenantId: found.tenantId };
  }
  if (budget != null) {
    const found = await budgets(connection).findById(budget).lean();
    if (found === null) return gone;
    const { keyLineId, appId, teamId, tenantId } = found;
    if (keyLineId != null) return { target: `key:${keyLineId}`, tenantId };
    if (appId !== null) return { target: `app:${appId}`, tenantId };
    return { target: teamId == null ? `tenant:${tenantId}` : `team:${teamId}`, tenantId };
  }
  const tenantId = tenant ?? action.tenantId;
  return tenantId === null ? gone : { target: `tenant:${tenantId}`, tenantId };
};

const openCircuit: Find = async ({ keys }, _saver, { connection }) => {
  const [model] = keys.model == null ? [] : await findNodeRecords(connection, 'Model', [keys.model]);
  return model === undefined ? gone : { target: `model:${model.id}`, tenantId: model.tenantId };
};

const moveRoute: Find = async ({ routeId, modelId }, _saver, { connection }) => {
  const route = await routes(connection)
    .findById(routeId ?? '')
    .lean();
  if (route === null) return gone;
  if (!route.targets.some((one) => one.modelId === modelId)) {
    return { refusal: 'The AI model is not a target of the route any more.' };
  }
  return { target: `route:${route._id}`, tenantId: route.tenantId ?? null };
};

const finders = {
  LOWER_LIMIT: lowerLimit,
  SUSPEND_KEY: suspendKey,
  OPEN_CIRCUIT: openCircuit,
  MOVE_ROUTE: moveRoute,
} as const satisfies Readonly<Record<AlertActionRecord['action'], Find>>;
