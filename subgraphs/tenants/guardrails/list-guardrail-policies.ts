import { hasScope } from '#core/caller.ts';
import { badInput } from '#core/input.ts';
import {
  type GuardrailVersionRecord,
  guardrailPolicies,
  type PresentGuardrailPolicy,
} from '#mongo/guardrail-policies.ts';
import type { TenantsDeps } from '../deps.ts';
import type { GuardrailPolicyVersionsArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { versionsMax } from './store-policy.ts';

type Deps = Pick<TenantsDeps, 'connection'>;

/** The policies of a tenant that the caller may see, by name; for operators that name none, those of the mesh and of their tenant. */
export async function listGuardrailPolicies(
  wanted: string | null | undefined,
  { caller }: TenantsContext,
  { connection }: Deps,
): Promise<PresentGuardrailPolicy[]> {
  const isOperator = hasScope(caller, 'tenants:admin');
  const own = caller.tenantId === null ? [] : [caller.tenantId];
  const allowed = wanted == null ? own : isOperator ? [wanted] : own.filter((id) => id === wanted);
  const owners = wanted == null && isOperator ? [null, ...own] : allowed;
  return guardrailPolicies(connection)
    .find({ tenantId: { $in: owners } }, { versions: 0 })
    .sort({ tenantId: 1, _id: 1 })
    .lean();
}

/** Versions of a policy, newest first. */
export async function listPolicyVersions(
  { _id }: PresentGuardrailPolicy,
  { first, before }: GuardrailPolicyVersionsArgs,
  { connection }: Deps,
): Promise<readonly GuardrailVersionRecord[]> {
  const size = first ?? versionsMax;
  if (size < 0 || size > versionsMax)
    badInput('first', `must lie between 0 and ${versionsMax}; it is ${size}.`);
  const found = await guardrailPolicies(connection).findById(_id, { versions: 1 }).lean();
  const versions = found?.versions ?? [];
  return versions.filter(({ version }) => before == null || version < before).slice(0, size);
}
