import { HeddleError } from '#core/errors.ts';
import type { GuardrailAction, GuardrailStage } from '#core/graph-enums.generated.ts';
import { badInput, checkedId, checkedList, checkedText } from '#core/input.ts';
import { checkedForm } from '../checked-form.ts';
import type { Rule } from '../guardrail.ts';
import { findRule, knownRules } from '../rules.ts';
import { Masks } from './masks.ts';
import { inputStages, outputStages, planPolicies } from './policy.ts';
import type { PolicyRule } from './policy-rule.ts';
import { runGuardrails } from './run.ts';

/** A rule as a client states it. */
export interface StatedRule {
  readonly rule: string;
  readonly stages: readonly GuardrailStage[];
  readonly action: GuardrailAction;
  readonly options?: unknown;
  readonly sample?: number | null | undefined;
  readonly note?: string | null | undefined;
  readonly reroute?: string | null | undefined;
  readonly unlessConsent?: string | null | undefined;
}

const rulesMax = 50;
const noteCharsMax = 1_000;
const nameCharsMax = 256;
/** Of one rule, and of all rules of a policy, as JSON. */
const optionsBytesMax = 65_536;
const policyBytesMax = 262_144;
const problemCharsMax = 300;

/**
 * The rules of a policy, with what they leave out. BAD_USER_INPUT names the field of what is wrong: `input.rules[2].options.words`.
 * Whether what `reroute` names exists is not looked at.
 */
export async function checkedRules(
  stated: readonly StatedRule[],
  field: string,
): Promise<readonly PolicyRule[]> {
  if (stated.length === 0) badInput(field, 'must have at least one rule.');
  if (stated.length > rulesMax) {
    badInput(field, `must not have more than ${rulesMax} rules; it has ${stated.length}.`);
  }
  const rules = stated.map((one, index) => checkedRule(one, `${field}[${index}]`));
  const bytes = rules.reduce((sum, { options }) => sum + countBytes(options), 0);
  if (bytes > policyBytesMax) {
    badInput(
      field,
      `must not have more than ${policyBytesMax} bytes of options; it has ${bytes}. Divide the rules among policies.`,
    );
  }
  await refuseBlockedNotes(rules, field);
  return rules;
}

function checkedRule(stated: StatedRule, field: string): PolicyRule {
  const { action } = stated;
  const rule = findRule(stated.rule);
  if (rule === undefined) {
    const all = knownRules.map(({ name }) => name).join(', ');
    return badInput(`${field}.rule`, `is no rule: ${quote(stated.rule)}. There are: ${all}.`);
  }
  const stages = checkedStages(rule, stated, field);
  const sample = stated.sample ?? 1;
  if (!(sample >= 0 && sample <= 1)) badInput(`${field}.sample`, 'must be 0 to 1.');
  return {
    rule: rule.name,
    stages,
    action,
    options: checkedOptions(rule, stated.options ?? null, `${field}.options`),
    sample,
    note: checkedOwn(stated.note, `${field}.note`, action === 'RETRY', noteCharsMax),
    reroute: checkedReroute(stated, field),
    unlessConsent:
      stated.unlessConsent == null ? null : checkedId(stated.unlessConsent, `${field}.unlessConsent`),
  };
}

function checkedStages(
  rule: Rule,
  { stages: stated, action }: StatedRule,
  field: string,
): readonly GuardrailStage[] {
  const stages = checkedList(stated, `${field}.stages`, 10);
  if (stages.length === 0) badInput(`${field}.stages`, 'must have at least one stage.');
  const foreign = stages.find((stage) => !rule.stages.includes(stage));
  if (foreign !== undefined) {
    badInput(
      `${field}.stages`,
      `has ${foreign}, where the rule ${rule.name} does not look: it looks at ${rule.stages.join(', ')}.`,
    );
  }
  if ((action === 'MASK' || action === 'REDACT') && !rule.hasSpans) {
    badInput(
      `${field}.action`,
      `cannot be ${action}: the rule ${rule.name} finds no places that could be replaced.`,
    );
  }
  const [possible, where] =
    action === 'RETRY'
      ? [outputStages, 'what comes back']
      : action === 'REROUTE'
        ? [inputStages, 'what goes to an AI model']
        : [stages, ''];
  if (!stages.every((stage) => possible.includes(stage))) {
    badInput(`${field}.stages`, `must be stages of ${where} for ${action}: ${possible.join(', ')}.`);
  }
  return stages;
}

function checkedReroute({ reroute, action }: StatedRule, field: string): string | null {
  const name = checkedOwn(reroute, `${field}.reroute`, action === 'REROUTE', nameCharsMax);
  if (action === 'REROUTE' && name === null) badInput(`${field}.reroute`, 'is required for REROUTE.');
  return name;
}

function checkedOwn(
  value: string | null | undefined,
  field: string,
  isPossible: boolean,
  max: number,
): string | null {
  if (value == null) return null;
  if (!isPossible) badInput(field, 'does not belong to this action.');
  return checkedText(value, field, max);
}

/** Prepares the rule once, so that what a call could not use is not stored. */
function checkedOptions(rule: Rule, options: unknown, field: string): unknown {
  const bytes = countBytes(options);
  if (bytes > optionsBytesMax) {
    badInput(field, `must not have more than ${optionsBytesMax} bytes as JSON; it has ${bytes}.`);
  }
  checkedForm(rule.options, options ?? {}, field);
  try {
    rule.prepare(options ?? {}, {});
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    badInput(field, `is not valid: ${error.message.slice(0, problemCharsMax)}`);
  }
  return options;
}

/** A note goes to an AI model as a message: a policy that refuses its own notes would refuse every second attempt. */
async function refuseBlockedNotes(rules: readonly PolicyRule[], field: string): Promise<void> {
  const policy = { id: null, version: 1, mode: 'ENFORCE', rules } as const;
  const plan = planPolicies([policy], {});
  const local = { ...plan, rules: plan.rules.filter(({ reach }) => reach === 'LOCAL') };
  const signal = new AbortController().signal;
  for (const [index, { note }] of rules.entries()) {
    if (note === null) continue;
    const text = { text: note, format: 'TEXT', kind: 'message', role: 'user', isEditable: true } as const;
    const texts = [{ ...text, stages: ['INPUT'] as const }];
    const context = { tenantId: null, allowedRegions: null, endUserId: null, callTexts: () => texts, signal };
    const outcome = await runGuardrails(local, texts, {
      ...{ direction: 'INPUT', context, masks: new Masks([note]) },
      random: () => 0,
    });
    if (outcome.kind !== 'BLOCKED') continue;
    badInput(
      `${field}[${index}].note`,
      `is blocked by the rule ${outcome.by.rule} of this policy: change the note.`,
    );
  }
}

function countBytes(options: unknown): number {
  return options === null ? 0 : Buffer.byteLength(JSON.stringify(options));
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
