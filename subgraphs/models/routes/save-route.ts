import { badInput, checkedList } from '#core/input.ts';
import { models } from '#mongo/models.ts';
import { type RouteRecord, type RouteTargetRecord, routes } from '#mongo/routes.ts';
import { checkedRegion } from '../../runtime/checked-input.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { RouteInput } from '../generated.ts';
import { checkedInt, checkedSlug } from '../inputs.ts';
import { weightMax } from '../providers/credentials.ts';
import { checkRoom, withCatalog } from '../with-catalog.ts';

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
  const targets = parseTargets(input);
  const maxAttempts = checkedInt(input.maxAttempts ?? 3, 'input.maxAttempts', 1, attemptsMax);
  const collection = routes(deps.connection);
  await context.auditTarget({ tenantId: null, type: 'Route', id: alias });
  const { before, after } = await withCatalog(deps, async () => {
    const { think } = await checkModels(targets, deps);
    const timeouts = parseTimeouts(input, think);
    const route = { strategy: input.strategy, targets, timeouts, maxAttempts, updatedAt: now };
    const before = await collection.findById(alias).lean();
    await checkRoom(deps, 'routes', collection.countDocuments({ _id: { $ne: alias } }).exec());
    const after = await collection
      .findOneAndUpdate(
        { _id: alias },
        { $set: route, $setOnInsert: { createdAt: now } },
        { returnDocument: 'after', upsert: true },
      )
      .lean();
    return { before, after };
  });
  context.audit({ tenantId: null, type: 'Route', id: alias, before: before ?? undefined, after });
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

/** Refuses targets that cannot answer. `think`: one of them may reason before it writes. */
async function checkModels(
  targets: readonly RouteTargetRecord[],
  deps: ModelsDeps,
): Promise<{ readonly think: boolean }> {
  const wanted = [...new Set(targets.map(({ modelId }) => modelId))];
  const found = await models(deps.connection)
    .find({ _id: { $in: wanted } }, { lifecycle: 1, capabilities: 1 })
    .lean();
  const lifecycles = new Map(found.map(({ _id, lifecycle }) => [_id, lifecycle]));
  const missing = wanted.filter((id) => !lifecycles.has(id));
  if (missing.length > 0) {
    badInput(
      'input.targets',
      `names models that do not exist: ${missing.map((id) => JSON.stringify(id.slice(0, 200))).join(', ')}.`,
    );
  }
  const retired = wanted.filter((id) => lifecycles.get(id) === 'RETIRED');
  if (retired.length > 0) badInput('input.targets', `names models that are retired: ${retired.join(', ')}.`);
  return { think: found.some(({ capabilities }) => capabilities.includes('REASONING')) };
}
