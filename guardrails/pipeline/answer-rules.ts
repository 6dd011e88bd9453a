import type { GuardrailPlan, PlannedRule } from './policy.ts';
import { outputStages } from './policy.ts';

/** How the rules of a plan look at an answer that comes in parts. */
export interface AnswerRules {
  /** Rules that look while it grows and may act on it; null: a rule has to see the whole answer before any of it is shown. */
  readonly growing: readonly PlannedRule[] | null;
  /** Rules that change nothing: they look at the whole answer once it has been shown. */
  readonly observing: GuardrailPlan;
}

const actsOnPieces: ReadonlySet<string> = new Set(['BLOCK', 'MASK', 'REDACT']);
const known = new WeakMap<GuardrailPlan, AnswerRules>();

/** Made once per plan. */
export function splitAnswerRules(plan: GuardrailPlan): AnswerRules {
  let output = known.get(plan);
  if (output === undefined) {
    const rules = plan.rules.filter(({ stages }) => stages.some((stage) => outputStages.includes(stage)));
    const acting = rules.filter((rule) => !isObserving(rule));
    output = {
      growing: acting.every(canLookAtPieces) ? acting : null,
      observing: restrictPlan(plan, rules.filter(isObserving)),
    };
    known.set(plan, output);
  }
  return output;
}

/** The plan with these of its rules alone. */
export function restrictPlan(plan: GuardrailPlan, rules: readonly PlannedRule[]): GuardrailPlan {
  return { ...plan, rules, looksAtInput: false, looksAtOutput: rules.length > 0 };
}

function isObserving({ action, isShadow }: PlannedRule): boolean {
  return isShadow || action === 'WARN' || action === 'LOG';
}

function canLookAtPieces({ reach, action, prepared }: PlannedRule): boolean {
  return reach === 'LOCAL' && actsOnPieces.has(action) && prepared.holdFrom !== undefined;
}
