import { badInput, checkedList } from '#core/input.ts';
import { toOwnedId } from '#core/owned-id.ts';
import { models } from '#mongo/models.ts';
import { type RouteRecord, type RouteTargetRecord, routes } from '#mongo/routes.ts';
import { checkedRegion } from '../../runtime/checked-input.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { RouteInput } from '../generated.ts';
import { checkedInt, checkedSlug } from '../inputs.ts';
import { chooseOwner } from '../owners/owner.ts';
import { candidateIds, seesProvider } from '../owners/visible.ts';
import { weightMax } from '../providers/credentials.ts';
import { checkOwnedRoom, withCatalog } from '../with-catalog.ts';

type TimeoutName = keyof RouteRecord['timeouts'];

const targetsMax = 50;
const attemptsMax = 10;

/** In milliseconds: the default, and the maximum. */
const timeoutBounds: Readonly<Record<TimeoutName, { readonly byDefault: number; readonly max: number }>> = {
  connectMs: { byDefault: 10_000, max: 60_000 },
  firstTokenMs: { byDefault: 10_000, max: 600_000 },
  interTokenMs: { byDefault: 30_000, max: 600_000 },
  totalMs: { byDefault: 600_000, max: 3_600_000 },
};

/** Where a target may think before it writes. */
const thinkingFirstTokenMs = 60_000;

/** Makes a route or replaces the whole of it. BAD_USER_INPUT names a target that does not exist. */
export async function saveRoute(
  input: RouteInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<RouteRecord> {
  const now = readNow(deps);
  const alias = checkedSlug(input.alias, 'input.alias');
  const wanted = parseTargets(input);
  const maxAttempts = checkedInt(input.maxAttempts ?? 3, 'input.maxAttempts', 1, attemptsMax);
  const collection = routes(deps.connection);
  const tenantId = await chooseOwner(input.tenantId, context, deps);
  const _id = toOwnedId(tenantId, alias);
  await context.auditTarget({ tenantId, type: 'Route', id: _id });
  const { before, after } = await withCatalog(deps, async () => {
    const { think, targets } = await findTargets(wanted, tenantId, context, deps);
    const timeouts = parseTimeouts(input, think);
    const requiresApproval = input.requiresApproval ?? false;
    const route = {
      strategy: input.strategy,
      targets,
      timeouts,
      maxAttempts,
      requiresApproval,
      updatedAt: now,
    };
    const before = await collection.findById(_id).lean();
    if (before === null) await checkOwnedRoom(deps, 'routes', collection, tenantId);
    const owner = tenantId === null ? {} : { tenantId };
    const after = await collection
      .findOneAndUpdate(
        { _id },
        { $set: route, $setOnInsert: { ...owner, createdAt: now } },
        { returnDocument: 'after', upsert: true },
      )
      .lean();
    return { before, after };
  });
  context.audit({ tenantId, type: 'Route', id: _id, before: before ?? undefined, after });
  await catalogChanged(deps, 'routes');
  return after;
}

function parseTargets({ targets, strategy }: RouteInput): RouteTargetRecord[] {
  if (targets.length === 0 || targets.length > targetsMax) {
    badInput('input.targets', `must name 1 to ${targetsMax} models.`);
  }
  const records = targets.map(({ model, weight, regions }, index) => ({
    modelId: model,
    weight: checkedInt(weight ?? 1, `input.targets[${index}].weight`, 0, weightMax),
    regions: parseRegions(regions, `input.targets[${index}].regions`),
  }));
  if (strategy === 'WEIGHTED' && records.every(({ weight }) => weight === 0)) {
    badInput('input.targets', 'needs a weight above 0 for the strategy WEIGHTED.');
  }
  return records;
}

/** Null: for all callers. An empty list would be for none. */
function parseRegions(regions: readonly string[] | null | undefined, field: string): string[] | null {
  if (regions == null) return null;
  if (regions.length === 0) badInput(field, 'must not be empty; left out it means all callers.');
  return checkedList(regions, field, 20).map((region) => checkedRegion(region, field));
}

function parseTimeouts({ timeouts }: RouteInput, think: boolean): RouteRecord['timeouts'] {
  const timeout = (name: TimeoutName) => {
    const { byDefault, max } = timeoutBounds[name];
    return checkedInt(timeouts?.[name] ?? byDefault, `input.timeouts.${name}`, 1, max);
  };
  return {
    connectMs: timeout('connectMs'),
    firstTokenMs: think && timeouts?.firstTokenMs == null ? thinkingFirstTokenMs : timeout('firstTokenMs'),
    interTokenMs: timeout('interTokenMs'),
    totalMs: timeout('totalMs'),
  };
}

/**
 * The targets by their ids, for the owner of the route: of the mesh's own, and for a tenant of its own before the mesh's that are offered to it.
 * Refuses those that cannot answer. `think`: one of them may reason before it writes.
 */
async function findTargets(
  wanted: readonly RouteTargetRecord[],
  owner: string | null,
  { caller, loaders }: ModelsContext,
  deps: ModelsDeps,
): Promise<{ readonly think: boolean; readonly targets: readonly RouteTargetRecord[] }> {
  const viewer = owner === caller.tenantId ? caller : { ...caller, tenantId: owner };
  const candidates = new Map(
    wanted.map(({ modelId }) => [modelId, candidateIds(modelId, { tenantId: owner })]),
  );
  const found = await models(deps.connection)
    .find(
      { _id: { $in: [...candidates.values()].flat() } },
      { lifecycle: 1, capabilities: 1, providerId: 1, tenantId: 1 },
    )
    .lean();
  const owners = await loaders.provider.loadMany([...new Set(found.map(({ providerId }) => providerId))]);
  const offered = new Set(
    owners.flatMap((one) =>
      one === null || one instanceof Error || !seesProvider(one, viewer) ? [] : [one._id],
    ),
  );
  const isUsable = (model: (typeof found)[number]) =>
    offered.has(model.providerId) && (model.tenantId == null || model.tenantId === owner);
  const usable = new Map(found.filter(isUsable).map((model) => [model._id, model]));
  const chosen = new Map(
    [...candidates].map(([name, ids]) => [
      name,
      ids.map((id) => usable.get(id)).find((one) => one !== undefined),
    ]),
  );
  const missing = [...chosen].filter(([, model]) => model === undefined).map(([name]) => name);
  if (missing.length > 0) {
    badInput(
      'input.targets',
      `names models that do not exist: ${missing.map((id) => JSON.stringify(id.slice(0, 200))).join(', ')}.`,
    );
  }
  const all = [...chosen.values()].filter((model) => model !== undefined);
  const retired = all.filter(({ lifecycle }) => lifecycle === 'RETIRED').map(({ _id }) => _id);
  if (retired.length > 0) badInput('input.targets', `names models that are retired: ${retired.join(', ')}.`);
  return {
    think: all.some(({ capabilities }) => capabilities.includes('REASONING')),
    targets: wanted.map((target) => ({
      ...target,
      modelId: chosen.get(target.modelId)?._id ?? target.modelId,
    })),
  };
}
