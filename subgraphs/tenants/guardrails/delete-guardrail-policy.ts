import { notFound } from '#core/input.ts';
import { toNodeId } from '#core/node-id.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { toAuditedContent } from './policy-content.ts';
import { requirePolicy } from './policy-place.ts';
import { policiesChanged, withMeshPolicies } from './store-policy.ts';

/** Deletes a policy with its versions and returns its id. Also of an archived tenant. */
export async function deleteGuardrailPolicy(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string> {
  const { _id, tenantId } = await requirePolicy(id, context);
  await context.auditTarget({ tenantId, type: 'GuardrailPolicy', id: _id });
  const remove = async () => {
    const before = await guardrailPolicies(deps.connection).findById(_id, { versions: 0 }).lean();
    if (before === null) return notFound('guardrail policy', id);
    await guardrailPolicies(deps.connection).deleteOne({ _id });
    return before;
  };
  const before = await (tenantId === null
    ? withMeshPolicies(deps, remove)
    : withTenant(tenantId, deps, remove));
  context.audit({ tenantId, type: 'GuardrailPolicy', id: _id, before: toAuditedContent(before) });
  context.loaders.guardrailPolicy.clear(_id);
  await policiesChanged(deps);
  return toNodeId('GuardrailPolicy', _id);
}
