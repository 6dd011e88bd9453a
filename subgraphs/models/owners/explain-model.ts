import { isListed } from '#core/name-patterns.ts';
import { toNodeId } from '#core/node-id.ts';
import { isOfferedTo } from '#core/offers.ts';
import { toCallName } from '#core/owned-id.ts';
import { modelAliases, toAliasId } from '#mongo/model-aliases.ts';
import type { RouteRecord } from '#mongo/routes.ts';
import type { ModelsContext, ModelsDeps } from '../deps.ts';
import type { ModelCandidate, ModelExplanation } from '../generated.ts';
import { checkedModelName } from '../inputs.ts';
import { candidateIds, readProviderId, seesProvider, seesRoute } from './visible.ts';

interface Found {
  readonly id: string;
  readonly tenantId: string | null;
  readonly isOffered: boolean;
}

/** What a name means in calls of the caller, first of all, and what else has the name: in the order of precedence, as far as the caller may see it. */
export async function explainModel(
  name: string,
  context: ModelsContext,
  { connection }: ModelsDeps,
): Promise<ModelExplanation> {
  checkedModelName(name, 'name');
  const { caller } = context;
  const alias =
    caller.tenantId === null
      ? null
      : await modelAliases(connection).findById(toAliasId(caller.tenantId, name)).lean();
  const target = alias !== null && isListed(caller, toCallName(alias.target)) ? alias.target : null;
  const called = await findAll(target ?? name, context);
  const behind = target === null ? [] : await findAll(name, context);
  const chosen = called.find(({ isOffered }) => isOffered);
  const explain = (found: Found, isNamed: boolean): ModelCandidate => ({
    id: found.id,
    tenantId: found.tenantId,
    chosen: found === chosen,
    reason: explainChoice(found, chosen, isNamed),
  });
  return {
    name,
    aliasOf: target,
    resolvedId: chosen?.id ?? null,
    candidates: [
      ...called.map((found) => explain(found, true)),
      ...behind
        .filter(({ id }) => !called.some((other) => other.id === id))
        .map((found) => explain(found, false)),
    ],
  };
}

function explainChoice(found: Found, chosen: Found | undefined, isNamed: boolean): string {
  if (!found.isOffered) return 'It is not offered to your tenant.';
  if (!isNamed) return 'The alias of your tenant comes before it.';
  if (found !== chosen) return 'What your tenant owns comes before it.';
  return found.tenantId === null ? 'The mesh offers it to your tenant.' : 'Your tenant owns it.';
}

/** What has the name, the tenant's own first. */
async function findAll(name: string, context: ModelsContext): Promise<readonly Found[]> {
  const found = await Promise.all(candidateIds(name, context.caller).map((id) => findOne(id, context)));
  return found.filter((one) => one !== null);
}

async function findOne(id: string, { caller, loaders }: ModelsContext): Promise<Found | null> {
  if (!isListed(caller, toCallName(id))) return null;
  const isOffered = async (providerId: string) => {
    const provider = await loaders.provider.load(providerId);
    if (provider === null) return false;
    const { tenantId = null, offeredTo = null } = provider;
    return tenantId === null
      ? offeredTo === null || isOfferedTo(offeredTo, caller)
      : tenantId === caller.tenantId;
  };
  const model = await loaders.model.load(id);
  if (model !== null) {
    const provider = await loaders.provider.load(model.providerId);
    if (provider === null || !seesProvider(provider, caller)) return null;
    return { id, tenantId: model.tenantId ?? null, isOffered: await isOffered(model.providerId) };
  }
  const route: RouteRecord | null = await loaders.route.load(id);
  if (route === null || !(await seesRoute(route, caller, loaders))) return null;
  const { tenantId = null, targets } = route;
  const offers =
    tenantId === null && targets.length > 0
      ? await Promise.all(targets.map((target) => isOffered(readProviderId(target))))
      : [tenantId === null || tenantId === caller.tenantId];
  return { id: toNodeId('Route', id), tenantId, isOffered: offers.includes(true) };
}
