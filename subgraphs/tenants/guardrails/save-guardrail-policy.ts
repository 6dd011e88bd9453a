import { checkedRules } from '#guardrails/pipeline/checked-rules.ts';
import type { PresentGuardrailPolicy } from '#mongo/guardrail-policies.ts';
import type { TenantsDeps } from '../deps.ts';
import type { GuardrailPolicyInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedContent } from './policy-content.ts';
import { findPolicyOwner } from './policy-place.ts';
import { withStoredSecrets } from './rule-secrets.ts';
import { storePolicy } from './store-policy.ts';

/** Saves a policy, or the next version of the policy with this id. BAD_USER_INPUT names the field of what is wrong. */
export async function saveGuardrailPolicy(
  input: GuardrailPolicyInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<PresentGuardrailPolicy> {
  const owner = await findPolicyOwner(input.id, input.tenantId, context);
  const stored = await context.loaders.guardrailPolicy.clear(owner._id).load(owner._id);
  const stated = await withStoredSecrets(input.rules, stored, 'input.rules', deps);
  const rules = await checkedRules(stated, 'input.rules');
  const { appId = null, promptId = null, model = null, mode } = input;
  const content = { appId, promptId, model, mode: mode ?? 'ENFORCE', rules };
  const checked = await checkedContent(content, owner, context, deps);
  return storePolicy(owner, checked, null, context, deps);
}
