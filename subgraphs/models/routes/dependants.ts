import { type Caller, hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { readOwnerId, toCallName } from '#core/owned-id.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import { modelAliases } from '#mongo/model-aliases.ts';
import { models } from '#mongo/models.ts';
import { findPromptUses } from '#mongo/prompt-uses.ts';
import { routes } from '#mongo/routes.ts';
import type { ModelsContext, ModelsDeps } from '../deps.ts';
import type { Owned } from '../owners/owned.ts';
import { candidateIds } from '../owners/visible.ts';

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
  const owned = { _id: 1, tenantId: 1 } as const;
  const [routeRecords, modelRecords, tenantDependants] = await Promise.all([
    routes(connection).find({ 'targets.modelId': wanted }, owned).sort({ _id: 1 }).lean(),
    models(connection)
      .find({ replacedById: wanted, _id: { $nin: [...ids] } }, owned)
      .sort({ _id: 1 })
      .lean(),
    findTenantDependants(ids, caller, connection),
  ]);
  const isSeen = ({ tenantId }: Owned) => tenantId == null || seesTenant(caller, tenantId);
  const unseen = [...routeRecords, ...modelRecords].filter((record) => !isSeen(record));
  return {
    named: [
      ...routeRecords.filter(isSeen).map(({ _id }) => `the route ${JSON.stringify(_id)}`),
      ...modelRecords.filter(isSeen).map(({ _id }) => `the model ${JSON.stringify(_id)} (replacedBy)`),
      ...tenantDependants.named,
    ],
    unnamed: unseen.length + tenantDependants.unnamed,
  };
}

/**
 * The prompts and the aliases of tenants that call what has one of the ids. Those of other tenants, and prompts of the mesh, are named for operators alone. Where the
 * tenant's own and the mesh's have the same name, no call fails when one of them is gone: the name then means the other.
 */
export async function findTenantDependants(
  ids: readonly string[],
  caller: Caller,
  connection: ModelsDeps['connection'],
): Promise<Dependants> {
  const names = [...new Set(ids.flatMap((id) => [id, toCallName(id)]))];
  const [prompts, aliases] = await Promise.all([
    findPromptUses(connection, names),
    modelAliases(connection)
      .find({ target: { $in: names } }, { tenantId: 1, name: 1, target: 1 })
      .sort({ _id: 1 })
      .lean(),
  ]);
  const uses = [
    ...prompts.map(({ tenantId, name, model }) => ({ tenantId, name, calls: model, what: 'prompt' })),
    ...aliases.map(({ tenantId, name, target }) => ({ tenantId, name, calls: target, what: 'alias' })),
  ];
  const gone = new Set(ids);
  const others = await findExisting(
    uses.flatMap(({ tenantId, calls }) => candidateIds(calls, { tenantId })).filter((id) => !gone.has(id)),
    connection,
  );
  const broken = uses.filter(({ tenantId, calls }) => {
    const meant = candidateIds(calls, { tenantId });
    return (
      meant.some((id) => gone.has(id) && isOwnOrMesh(id, tenantId)) && !meant.some((id) => others.has(id))
    );
  });
  const seen = broken.filter(({ tenantId }) =>
    tenantId === null ? hasScope(caller, 'tenants:admin') : seesTenant(caller, tenantId),
  );
  return {
    named: seen.map(
      ({ what, name, tenantId }) => `the ${what} ${JSON.stringify(name)}${describeOwner(tenantId, caller)}`,
    ),
    unnamed: broken.length - seen.length,
  };
}

function describeOwner(tenantId: string | null, caller: Caller): string {
  if (tenantId === null) return ' of the mesh';
  return tenantId === caller.tenantId ? '' : ` of the tenant ${JSON.stringify(tenantId)}`;
}

function isOwnOrMesh(id: string, tenantId: string | null): boolean {
  const owner = readOwnerId(id);
  return owner === null || owner === tenantId;
}

/** Which of the ids are those of models or routes. */
export async function findExisting(
  ids: readonly string[],
  connection: ModelsDeps['connection'],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const wanted = { _id: { $in: [...new Set(ids)] } };
  const found = await Promise.all([
    models(connection).find(wanted, { _id: 1 }).lean(),
    routes(connection).find(wanted, { _id: 1 }).lean(),
  ]);
  return new Set(found.flat().map(({ _id }) => _id));
}
