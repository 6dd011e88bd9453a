import type {
  Finding,
  GuardedText,
  GuardrailAction,
  GuardrailStage,
  RuleResult,
} from '#guardrails/guardrail.ts';
import type { GuardrailPlan, PlannedRule } from '#guardrails/pipeline/policy.ts';

const everyStage: readonly GuardrailStage[] = ['INPUT', 'RETRIEVED', 'TOOL_OUTPUT', 'OUTPUT', 'TOOL_INPUT'];

/** A rule of a policy that finds what a pattern matches, as `kind`. Without further fields it looks at whole answers. */
export function wordRule(
  pattern: RegExp,
  action: GuardrailAction,
  { kind = 'WORD', ...more }: Partial<PlannedRule> & { readonly kind?: string } = {},
): PlannedRule {
  const check = (texts: readonly GuardedText[]): RuleResult => {
    const findings = texts.flatMap(({ text }, number): Finding[] =>
      [...text.matchAll(new RegExp(pattern, 'g'))].map((match) => ({
        text: number,
        start: match.index,
        end: match.index + match[0].length,
        kind,
      })),
    );
    return findings.length === 0 ? { fired: false } : { fired: true, reason: 'it has a word', findings };
  };
  return {
    rule: `word ${pattern.source}`,
    stages: everyStage,
    action,
    options: {},
    sample: 1,
    note: null,
    reroute: null,
    unlessConsent: null,
    policyId: 'p',
    version: 1,
    isShadow: false,
    reach: 'LOCAL',
    prepared: { check },
    ...more,
  };
}

/** The same, which also looks at a text that grows: an address, a number or a word may go on where the text ends. */
export function growingRule(
  pattern: RegExp,
  action: GuardrailAction,
  more: Partial<PlannedRule> & { readonly kind?: string } = {},
): PlannedRule {
  const rule = wordRule(pattern, action, more);
  const holdFrom = (text: string) => text.length - (/[\w@.+-]*$/.exec(text)?.[0].length ?? 0);
  return { ...rule, prepared: { ...rule.prepared, holdFrom } };
}

/** Addresses of e-mail. */
export const emails = /[\w.+-]+@[\w-]+\.[\w.]*\w/;

/** A plan of these rules. */
export function buildPlan(...rules: readonly PlannedRule[]): GuardrailPlan {
  const stages = new Set(rules.flatMap((rule) => rule.stages));
  return {
    fingerprint: rules.map(({ rule, action }) => `${rule} ${action}`).join(),
    rules,
    looksAtInput: ['INPUT', 'RETRIEVED', 'TOOL_OUTPUT'].some((stage) => stages.has(stage as GuardrailStage)),
    looksAtOutput: stages.has('OUTPUT') || stages.has('TOOL_INPUT'),
  };
}
