import type { PolicyRule } from '#guardrails/pipeline/policy-rule.ts';
import type {
  GuardrailPolicyContent,
  GuardrailRuleRecord,
  PresentGuardrailPolicy,
} from '#mongo/guardrail-policies.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedPlace, type PolicyOwner, requireModel } from './policy-place.ts';

type Place = 'appId' | 'promptId' | 'model';

/** What a client states of a policy, or an earlier version of it. */
export interface StatedContent extends Partial<Pick<GuardrailPolicyContent, Place>> {
  readonly mode: GuardrailPolicyContent['mode'];
  readonly rules: readonly PolicyRule[];
}

/** The content of a policy of checked rules, after a look at what it names. BAD_USER_INPUT or NOT_FOUND where that is not there. */
export async function checkedContent(
  { mode, rules, ...stated }: StatedContent,
  { tenantId }: PolicyOwner,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<GuardrailPolicyContent> {
  const place = await checkedPlace(stated, tenantId, context, deps);
  for (const [index, { reroute }] of rules.entries()) {
    if (reroute === null) continue;
    await requireModel(reroute, `input.rules[${index}].reroute`, tenantId, context, deps);
  }
  return {
    ...place,
    mode,
    rules: rules.map(
      ({ options, ...rule }): GuardrailRuleRecord => ({
        ...rule,
        optionsJson: options === null ? null : JSON.stringify(options),
      }),
    ),
  };
}

/** The options of a rule as they were saved; null: none. */
export function readOptions({ optionsJson }: Pick<GuardrailRuleRecord, 'optionsJson'>): unknown {
  return optionsJson === null ? null : JSON.parse(optionsJson);
}

/** What the audit log keeps: the rules without their options, which the versions have. */
export function toAuditedContent(policy: PresentGuardrailPolicy): object {
  const { appId, promptId, model, mode, version, rules } = policy;
  return { appId, promptId, model, mode, version, rules: rules.map(({ optionsJson: _, ...rule }) => rule) };
}
