import { HeddleError } from '#core/errors.ts';
import { checkedRules } from '#guardrails/pipeline/checked-rules.ts';
import { guardrailPolicies, type PresentGuardrailPolicy } from '#mongo/guardrail-policies.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedContent } from './policy-content.ts';
import { requirePolicy } from './policy-place.ts';
import { readOptions, withStoredSecrets } from './rule-secrets.ts';
import { storePolicy } from './store-policy.ts';

/**
 * Makes the content of an earlier version the newest one. It is checked again: what it names may be gone. NOT_FOUND for a version that is
 * not kept.
 */
export async function rollbackGuardrailPolicy(
  { id, version }: { readonly id: string; readonly version: number },
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<PresentGuardrailPolicy> {
  const policy = await requirePolicy(id, context);
  const stored = await guardrailPolicies(deps.connection).findById(policy._id, { versions: 1 }).lean();
  const found = stored?.versions.find((one) => one.version === version);
  if (found === undefined) {
    throw new HeddleError(
      'NOT_FOUND',
      `The guardrail policy ${JSON.stringify(id)} has no version ${version}: its versions are in GuardrailPolicy.versions.`,
    );
  }
  const { appId, promptId, model, mode } = found;
  const shown = found.rules.map((rule) => ({ ...rule, options: readOptions(rule) }));
  const stated = await withStoredSecrets(shown, { _id: policy._id, rules: found.rules }, 'rules', deps);
  const rules = await checkedRules(stated, 'rules');
  const content = await checkedContent({ appId, promptId, model, mode, rules }, policy, context, deps);
  return storePolicy(policy, content, version, context, deps);
}
