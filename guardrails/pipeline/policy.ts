import { HeddleError } from '#core/errors.ts';
import { defaultPolicyRules } from '../default-policy.ts';
import type { GuardrailMode, GuardrailStage, PreparedRule, Rule, RuleServices } from '../guardrail.ts';
import { findRule, knownRules } from '../rules.ts';
import type { ClosedOptions, PolicyRule } from './policy-rule.ts';

/** One version of a policy. */
export interface Policy {
  /** Null: it is not stored. */
  readonly id: string | null;
  readonly version: number;
  readonly mode: GuardrailMode;
  readonly rules: readonly PolicyRule[];
  /** The operators of the mesh have stated it: names in it are those of the mesh. Absent: a tenant has. */
  readonly isOfMesh?: true;
  /** How narrow its scope is: of rules that divert a call, that of the lowest level does. Absent: 0, the widest. */
  readonly level?: number;
  /** When the version was saved: one that is deleted and made again begins with the first version. Absent: it is not stored. */
  readonly savedAtMs?: number;
}

/** A rule of a policy that is ready to look. */
export interface PlannedRule extends PolicyRule {
  readonly policyId: string | null;
  readonly version: number;
  readonly isShadow: boolean;
  readonly isOfMesh?: true;
  readonly level?: number;
  readonly reach: Rule['reach'];
  readonly prepared: PreparedRule;
}

/** The rules of all policies that bind a call. */
export interface GuardrailPlan {
  /** Differs where any rule differs: part of the keys of caches. */
  readonly fingerprint: string;
  readonly rules: readonly PlannedRule[];
  /** Whether a rule looks at what goes to the AI model, and at what comes back. */
  readonly looksAtInput: boolean;
  readonly looksAtOutput: boolean;
}

/** Binds nothing. */
export const emptyPlan: GuardrailPlan = Object.freeze({
  fingerprint: '',
  rules: [],
  looksAtInput: false,
  looksAtOutput: false,
});

/** The stages of what goes to an AI model. */
export const inputStages: readonly GuardrailStage[] = ['INPUT', 'RETRIEVED', 'TOOL_OUTPUT'];
/** The stages of what comes back. */
export const outputStages: readonly GuardrailStage[] = ['OUTPUT', 'TOOL_INPUT'];

const plannedByRule = new WeakMap<RuleServices, WeakMap<PolicyRule, PreparedRule>>();

/**
 * The plan of some policies, those of the mesh first. LOCAL rules come before REMOTE ones, and within each the rules stand as
 * in `rules`. A rule is prepared once per object and services. One that cannot be prepared (of a newer version) cannot look: where it protects,
 * it blocks.
 */
export function planPolicies(policies: readonly Policy[], services: RuleServices): GuardrailPlan {
  const planned = policies
    .filter(({ mode }) => mode !== 'OFF')
    .flatMap(({ id, version, mode, rules, isOfMesh, level = 0 }) =>
      rules.map((rule): PlannedRule => {
        const known = findRule(rule.rule);
        const owner = isOfMesh === true ? { isOfMesh } : {};
        const identity = { policyId: id, version, isShadow: mode === 'SHADOW', level, ...owner };
        const ofOwner = isOfMesh === true ? services : (services.ofTenants ?? services);
        const prepared = known === undefined ? unprepared : prepare(known, rule, ofOwner);
        return { ...rule, ...identity, reach: known?.reach ?? 'LOCAL', prepared };
      }),
    )
    .sort((a, b) => readOrder(a) - readOrder(b));
  if (planned.length === 0) return emptyPlan;
  const stages = new Set(planned.flatMap((rule) => rule.stages));
  return {
    fingerprint: policies
      .map(
        ({ id, version, mode, rules, savedAtMs = 0 }) =>
          `${id ?? JSON.stringify(rules)}@${savedAtMs}.${version}${mode}`,
      )
      .join(' '),
    rules: planned,
    looksAtInput: inputStages.some((stage) => stages.has(stage)),
    looksAtOutput: outputStages.some((stage) => stages.has(stage)),
  };
}

const unprepared: PreparedRule = {
  check() {
    throw new HeddleError('INTERNAL', 'The rule, or its options, are not known to this version.');
  },
};

function readOrder({ rule, reach }: PlannedRule): number {
  return (reach === 'LOCAL' ? 0 : knownRules.length) + knownRules.findIndex(({ name }) => name === rule);
}

function prepare(rule: Rule, stated: PolicyRule, services: RuleServices): PreparedRule {
  let ofServices = plannedByRule.get(services);
  if (ofServices === undefined) {
    ofServices = new WeakMap();
    plannedByRule.set(services, ofServices);
  }
  let prepared = ofServices.get(stated);
  if (prepared === undefined) {
    try {
      const { secrets } = stated;
      const options = stated.options ?? {};
      if (secrets !== undefined) prepared = prepareOpened(rule, options, secrets, services);
      else {
        prepared = rule.prepare(options, services);
        prepared = services.threads?.wrap(rule, options, prepared) ?? prepared;
      }
    } catch {
      // Any error: what cannot be prepared fails when it is to look.
      prepared = unprepared;
    }
    ofServices.set(stated, prepared);
  }
  return prepared;
}

/** A rule that is prepared when it first looks, with its secrets opened. What cannot be opened now is tried again by the next look. */
function prepareOpened(
  rule: Rule,
  options: unknown,
  secrets: ClosedOptions,
  services: RuleServices,
): PreparedRule {
  let opening: Promise<PreparedRule> | undefined;
  const open = async () => rule.prepare({ ...Object(options), ...(await secrets.open()) }, services);
  return {
    ...(rule.isRemembered === undefined ? {} : { rememberBy: () => secrets.id }),
    async check(texts, context) {
      opening ??= open();
      const opened = opening;
      // Any error: it is that of this look, and of all that wait for the same.
      opened.catch(() => {
        if (opening === opened) opening = undefined;
      });
      return (await opened).check(texts, context);
    },
  };
}

function knownRule(name: string): Rule {
  const known = findRule(name);
  if (known !== undefined) return known;
  const all = ['default', ...knownRules.map((rule) => rule.name)].join(', ');
  throw new HeddleError('BAD_USER_INPUT', `There is no guardrail ${name}; there are: ${all}.`);
}

/** The plan of the policies of both: the first, where the other has no more. */
export function joinPlans(first: GuardrailPlan, other: GuardrailPlan): GuardrailPlan {
  const ids = new Set(first.rules.map(({ policyId }) => policyId));
  const added = other.rules.filter(({ policyId }) => !ids.has(policyId));
  if (added.length === 0) return first;
  return {
    fingerprint: `${first.fingerprint} ${other.fingerprint}`,
    // The order of the rules within each stays as it is.
    rules: [...first.rules, ...added].sort(
      (a, b) => Number(a.reach === 'REMOTE') - Number(b.reach === 'REMOTE'),
    ),
    looksAtInput: first.looksAtInput || other.looksAtInput,
    looksAtOutput: first.looksAtOutput || other.looksAtOutput,
  };
}

/**
 * The policy of the mesh that HEDDLE_GUARDRAILS states: its comma-separated rules with their default options refuse at every
 * stage; `default` stands for the rules of the default policy. Null: it names none. Throws BAD_USER_INPUT naming those that do not
 * exist, or that require options.
 */
export function parseMeshPolicy(names: string): Policy | null {
  const wanted = names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (wanted.length === 0) return null;
  const rules = wanted.flatMap((name) => (name === 'default' ? defaultPolicyRules : [blockEverywhere(name)]));
  return { id: null, version: 1, mode: 'ENFORCE', rules, isOfMesh: true };
}

function blockEverywhere(name: string): PolicyRule {
  const { stages, options } = knownRule(name);
  if (!options.safeParse({}).success) {
    throw new HeddleError(
      'BAD_USER_INPUT',
      `HEDDLE_GUARDRAILS cannot name the guardrail ${name}: it has no default options; state it in a policy.`,
    );
  }
  return {
    rule: name,
    stages,
    action: 'BLOCK',
    options: {},
    sample: 1,
    note: null,
    reroute: null,
    unlessConsent: null,
  };
}
