import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import { modelAliases } from '#mongo/model-aliases.ts';
import { models } from '#mongo/models.ts';
import { findPromptUses } from '#mongo/prompt-uses.ts';
import { routes } from '#mongo/routes.ts';
import type { ModelsContext, ModelsDeps } from '../deps.ts';

const namedMax = 10;

/** What calls models or a route by name: those that the caller may see are named, the others counted. */
interface Dependants {
  readonly named: readonly string[];
  readonly unnamed: number;
}

/** CONFLICT, which names what would call something that is gone. `what`: the thing to delete. */
export function requireUnused(what: string, { named, unnamed }: Dependants): void {
  const count = named.length + unnamed;
  if (count === 0) return;
  const shown = named.slice(0, namedMax);
  const rest = count - shown.length;
  const list = [...shown, ...(rest === 0 ? [] : [`${rest} more`])].join(', ');
  throw new HeddleError(
    'CONFLICT',
    `The ${what} is in use by ${count === 1 ? '1 other thing' : `${count} others`}: ${list}. Change ${count === 1 ? 'it' : 'them'} first.`,
  );
}

/** What depends on the models, other than the models themselves: routes, deprecated models that name a replacement, prompts, aliases of tenants. */
export async function findModelDependants(
  ids: readonly string[],
  { caller }: Pick<ModelsContext, 'caller'>,
  { connection }: ModelsDeps,
): Promise<Dependants> {
  const wanted = { $in: [...ids] };
  const [routeRecords, modelRecords, tenantDependants] = await Promise.all([
    routes(connection).find({ 'targets.modelId': wanted }, { _id: 1 }).sort({ _id: 1 }).lean(),
    models(connection)
      .find({ replacedById: wanted, _id: { $nin: [...ids] } }, { _id: 1 })
      .sort({ _id: 1 })
      .lean(),
    findTenantDependants(ids, caller, connection),
  ]);
  return {
    named: [
      ...routeRecords.map(({ _id }) => `the route ${JSON.stringify(_id)}`),
      ...modelRecords.map(({ _id }) => `the model ${JSON.stringify(_id)} (replacedBy)`),
      ...tenantDependants.named,
    ],
    unnamed: tenantDependants.unnamed,
  };
}

/** The prompts and aliases of tenants that call one of the names. Those of other tenants are named for operators alone. */
export async function findTenantDependants(
  names: readonly string[],
  caller: Caller,
  connection: ModelsDeps['connection'],
): Promise<Dependants> {
  const [prompts, aliases] = await Promise.all([
    findPromptUses(connection, names),
    modelAliases(connection)
      .find({ target: { $in: [...names] } }, { tenantId: 1, name: 1 })
      .sort({ _id: 1 })
      .lean(),
  ]);
  const uses = [
    ...prompts.map((use) => ({ ...use, what: 'prompt' })),
    ...aliases.map((use) => ({ ...use, what: 'alias' })),
  ];
  const seen = uses.filter(({ tenantId }) => seesTenant(caller, tenantId));
  return {
    named: seen.map(
      ({ what, name, tenantId }) =>
        `the ${what} ${JSON.stringify(name)}${tenantId === caller.tenantId ? '' : ` of the tenant ${JSON.stringify(tenantId)}`}`,
    ),
    unnamed: uses.length - seen.length,
  };
}
