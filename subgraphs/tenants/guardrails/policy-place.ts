import { hasScope } from '#core/caller.ts';
import { badInput, checkedId, checkedText, notFound } from '#core/input.ts';
import { toStoredId } from '#core/node-id.ts';
import { isOfferedTo } from '#core/offers.ts';
import { readOwnerId, toOwnedId } from '#core/owned-id.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import type { GuardrailPolicyContent, PresentGuardrailPolicy } from '#mongo/guardrail-policies.ts';
import { modelAliases, toAliasId } from '#mongo/model-aliases.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { visible } from '../tenants/visible.ts';

/** Not the name of a saved policy: a second one of the name would be taken for that of HEDDLE_GUARDRAILS, or for what replaces it. */
const builtInName = 'default';

/** The owner of a policy, and the id that it is stored under. */
export type PolicyOwner = Pick<PresentGuardrailPolicy, '_id' | 'tenantId'>;

/** The policy to change, read afresh; NOT_FOUND when there is none or the caller may not see it. A name is one of the caller's own tenant, with tenants:admin of the mesh. */
export async function requirePolicy(
  idOrName: string,
  { caller, loaders }: TenantsContext,
): Promise<PresentGuardrailPolicy> {
  const id = toStoredId('GuardrailPolicy', idOrName);
  const isWhole = readOwnerId(id) !== null || hasScope(caller, 'tenants:admin');
  const storedId = isWhole ? id : toOwnedId(caller.tenantId, id);
  const found = await loaders.guardrailPolicy.clear(storedId).load(storedId);
  return found ?? notFound('guardrail policy', idOrName);
}

/**
 * The owner of a policy that is to be saved. A name is one of the tenant, which is the caller's own where none is named; with tenants:admin it is
 * then one of the mesh. NOT_FOUND for the id of a policy that is not there, and for a tenant that the caller may not see.
 */
export async function findPolicyOwner(
  idOrName: string,
  wanted: string | null | undefined,
  context: TenantsContext,
): Promise<PolicyOwner> {
  if (readOwnerId(toStoredId('GuardrailPolicy', idOrName)) !== null) {
    const { _id, tenantId } = await requirePolicy(idOrName, context);
    if (wanted == null || wanted === tenantId) return { _id, tenantId };
    return badInput('input.tenantId', 'is not the tenant of this policy, and a policy does not move.');
  }
  const name = checkedId(toStoredId('GuardrailPolicy', idOrName), 'input.id');
  if (name === builtInName) {
    badInput(
      'input.id',
      'must not be "default", the name of the policy of HEDDLE_GUARDRAILS, which saved policies add to: choose another.',
    );
  }
  if (wanted == null && hasScope(context.caller, 'tenants:admin')) return { _id: name, tenantId: null };
  const { _id: tenantId } = await visible('tenant', wanted ?? ownTenantId(context.caller), context);
  return { _id: toOwnedId(tenantId, name), tenantId };
}

type Place = Pick<GuardrailPolicyContent, 'appId' | 'promptId' | 'model'>;

/** The calls of its owner that a policy applies to. BAD_USER_INPUT or NOT_FOUND where the owner has nothing of the kind. */
export async function checkedPlace(
  stated: { readonly [Field in keyof Place]?: Place[Field] | undefined },
  tenantId: string | null,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<Place> {
  const { appId = null, promptId = null, model = null } = stated;
  if ([appId, promptId, model].filter((one) => one !== null).length > 1) {
    badInput('input', 'must not have more than one of appId, promptId and model.');
  }
  if (tenantId === null && appId !== null) {
    badInput('input.tenantId', 'is required with appId: apps belong to tenants.');
  }
  if (appId !== null) {
    const app = await visible('app', appId, context);
    if (app.tenantId !== tenantId) notFound('app', appId);
    return { appId: app._id, promptId, model };
  }
  if (promptId !== null) await requirePrompt(promptId, tenantId, context, deps);
  if (model !== null) await requireModel(model, 'input.model', tenantId, context, deps);
  return { appId, promptId, model };
}

/** NOT_FOUND unless the tenant owns the prompt or may run it, one of the mesh that is offered to it; null: unless the mesh owns it. */
async function requirePrompt(
  promptId: string,
  tenantId: string | null,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<void> {
  const [prompt] = await findNodeRecords(deps.connection, 'Prompt', [promptId]);
  if (prompt === undefined || (prompt.tenantId !== null && prompt.tenantId !== tenantId))
    return notFound('prompt', promptId);
  if (prompt.tenantId === tenantId) return;
  const viewer = await readViewer(tenantId, context);
  const isOffered = prompt.offers === null || prompt.offers.some((offer) => isOfferedTo(offer, viewer));
  if (!isOffered || prompt.archivedAt !== null) notFound('prompt', promptId);
}

async function readViewer(tenantId: string | null, { loaders }: TenantsContext) {
  const tenant = tenantId === null ? null : await loaders.tenant.load(tenantId);
  return { tenantId, ...(tenant?.planId == null ? {} : { planId: tenant.planId }) };
}

/** BAD_USER_INPUT unless the tenant may call an AI model, a route or an alias of the name; null: unless the mesh has it. */
export async function requireModel(
  name: string,
  field: string,
  tenantId: string | null,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<void> {
  checkedText(name, field, 300);
  const type = name.includes('/') ? 'Model' : 'Route';
  const ids = tenantId === null ? [name] : [name, toOwnedId(tenantId, name)];
  const [viewer, found] = await Promise.all([
    readViewer(tenantId, context),
    findNodeRecords(deps.connection, type, ids),
  ]);
  const isKnown = found.some((one) =>
    one.tenantId === null
      ? tenantId === null || one.offers === null || one.offers.some((offer) => isOfferedTo(offer, viewer))
      : one.tenantId === tenantId,
  );
  if (isKnown) return;
  const aliased = tenantId === null ? null : { _id: toAliasId(tenantId, name) };
  if (aliased !== null && (await modelAliases(deps.connection).exists(aliased)) !== null) return;
  badInput(field, `is no AI model or route that can be called here: ${JSON.stringify(name.slice(0, 100))}.`);
}
