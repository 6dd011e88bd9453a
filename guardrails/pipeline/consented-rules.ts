import type { GuardrailPlan } from './policy.ts';
import { inputStages, outputStages } from './policy.ts';

/** What of a plan depends on consent, and the plans that were made of it. */
interface ConsentedPlans {
  /** The purposes of `unlessConsent`. */
  readonly purposes: readonly string[];
  readonly plans: Map<string, GuardrailPlan>;
}

/** Plans without rules that are kept of one plan. */
const plansMax = 64;
const known = new WeakMap<GuardrailPlan, ConsentedPlans>();

/** The purposes with which a rule of the plan does not look. Read once per plan. */
export function listPurposes(plan: GuardrailPlan): readonly string[] {
  return describePlan(plan).purposes;
}

/** The plan without the rules that do not look with consent to these purposes; the same object for the same ones. */
export function withoutConsented(plan: GuardrailPlan, consented: ReadonlySet<string>): GuardrailPlan {
  const { purposes, plans } = describePlan(plan);
  const given = purposes.filter((purpose) => consented.has(purpose));
  if (given.length === 0) return plan;
  const key = given.join(' ');
  const kept = plans.get(key);
  if (kept !== undefined) return kept;
  const rules = plan.rules.filter(
    ({ unlessConsent }) => unlessConsent == null || !given.includes(unlessConsent),
  );
  const stages = new Set(rules.flatMap((rule) => rule.stages));
  const made: GuardrailPlan = {
    // An answer that fewer rules have looked at is not one for calls that are bound by all.
    fingerprint: `${plan.fingerprint} consent ${key}`,
    rules,
    looksAtInput: inputStages.some((stage) => stages.has(stage)),
    looksAtOutput: outputStages.some((stage) => stages.has(stage)),
  };
  if (plans.size < plansMax) plans.set(key, made);
  return made;
}

function describePlan(plan: GuardrailPlan): ConsentedPlans {
  let described = known.get(plan);
  if (described === undefined) {
    const purposes = new Set(plan.rules.flatMap(({ unlessConsent }) => unlessConsent ?? []));
    described = { purposes: [...purposes].sort(), plans: new Map() };
    known.set(plan, described);
  }
  return described;
}
