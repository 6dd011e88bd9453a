import type { PolicyRule } from '#guardrails/pipeline/policy-rule.ts';
import type {
  GuardrailPolicyContent,
  GuardrailRuleRecord,
  PresentGuardrailPolicy,
} from '#mongo/guardrail-policies.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkEndpoints } from './check-endpoints.ts';
import { checkedPlace, type PolicyOwner, requireModel } from './policy-place.ts';
import { sealOptions } from './rule-secrets.ts';

type Place = 'appId' | 'promptId' | 'model';

/** What a client states of a policy, or an earlier version of it. */
export interface StatedContent extends Partial<Pick<GuardrailPolicyContent, Place>> {
  readonly mode: GuardrailPolicyContent['mode'];
  readonly rules: readonly PolicyRule[];
}

/** The content of a policy of checked rules, after a look at what it names. BAD_USER_INPUT or NOT_FOUND where that is not there. */
export async function checkedContent(
  { mode, rules, ...stated }: StatedContent,
  owner: PolicyOwner,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<GuardrailPolicyContent> {
  const { tenantId } = owner;
  const place = await checkedPlace(stated, tenantId, context, deps);
  await checkEndpoints(rules, tenantId, context, deps);
  for (const [index, { reroute }] of rules.entries()) {
    if (reroute === null) continue;
    await requireModel(reroute, `input.rules[${index}].reroute`, tenantId, context, deps);
  }
  return {
    ...place,
    mode,
    rules: await Promise.all(
      rules.map(
        async ({ options, secrets: _, ...rule }): Promise<GuardrailRuleRecord> => ({
          ...rule,
          ...(await sealOptions({ rule: rule.rule, options }, owner, deps)),
        }),
      ),
    ),
  };
}

function toAuditedRule({ optionsJson: _, secrets: __, ...rule }: GuardrailRuleRecord): object {
  return rule;
}

/** What the audit log keeps: the rules without their options, which the versions have. */
export function toAuditedContent(policy: PresentGuardrailPolicy): object {
  const { appId, promptId, model, mode, version, rules } = policy;
  return { appId, promptId, model, mode, version, rules: rules.map(toAuditedRule) };
}
