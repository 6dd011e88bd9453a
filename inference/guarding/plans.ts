import type { Catalog } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { toCallName } from '#core/owned-id.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { RuleServices } from '#guardrails/guardrail.ts';
import {
  emptyPlan,
  type GuardrailPlan,
  type Policy,
  parseMeshPolicy,
  planPolicies,
} from '#guardrails/pipeline/policy.ts';
import type { PolicyRule } from '#guardrails/pipeline/policy-rule.ts';
import { readEndpoint } from '#guardrails/rules.ts';
import type { GuardrailRuleRecord, PresentGuardrailPolicy } from '#mongo/guardrail-policies.ts';
import { openRuleSecrets } from '#mongo/guardrail-secrets.ts';

/** What of a call decides which policies apply to it. */
export interface PolicyTarget {
  readonly caller: Pick<Caller, 'tenantId' | 'appId'>;
  readonly promptId: string | null;
  /** The AI model or route as the caller named it, and the id that the name stands for. */
  readonly name: string;
  readonly modelId: string;
}

/** Which guardrails bind a call. */
export interface GuardrailPlans {
  /** Without waiting; the same object for equal calls until the catalog changes. */
  planFor(target: PolicyTarget): GuardrailPlan;
}

/** What plans are made with. */
export interface PlanServices {
  readonly services?: RuleServices;
  /** Open the options of rules that are secret; absent: rules that have some fail. */
  readonly secrets?: Pick<OwnerBoxes, 'open'>;
}

/** Plans that are kept until the catalog changes, by what of calls decides on them. */
const plansMax = 1_000;

/**
 * The plans of the policies in the catalog: those of the mesh, HEDDLE_GUARDRAILS first, then those of the tenant, of the app, of the prompt, of the
 * AI model or route. None removes a rule of another.
 * @param names of the rules of HEDDLE_GUARDRAILS. Throws BAD_USER_INPUT naming those that do not exist.
 */
export function createGuardrailPlans(
  names: string,
  catalog: Pick<Catalog, 'snapshot'>,
  { services = {}, secrets }: PlanServices = {},
): GuardrailPlans {
  const fromEnvironment = parseMeshPolicy(names);
  const first = fromEnvironment === null ? [] : [fromEnvironment];
  const ofEnvironment = fromEnvironment === null ? emptyPlan : planPolicies(first, services);
  const plans = new Map<string, GuardrailPlan>();
  let planned = catalog.snapshot();

  return {
    planFor(target) {
      const snapshot = catalog.snapshot();
      const { tenantId, appId } = target.caller;
      const ofMesh = snapshot.guardrails.get(null) ?? [];
      const ofTenant = tenantId === null ? [] : (snapshot.guardrails.get(tenantId) ?? []);
      if (ofMesh.length === 0 && ofTenant.length === 0) return ofEnvironment;
      if (snapshot !== planned) plans.clear();
      planned = snapshot;
      const key = JSON.stringify([tenantId, appId, target.promptId, target.name, target.modelId]);
      const known = plans.get(key);
      if (known !== undefined) return known;
      const applying = selectPolicies(target, ofMesh, ofTenant, snapshot);
      const plan = planPolicies([...first, ...applying.map((policy) => toPolicy(policy, secrets))], services);
      const [oldest] = plans.keys();
      if (plans.size >= plansMax && oldest !== undefined) plans.delete(oldest);
      plans.set(key, plan);
      return plan;
    },
  };
}

function selectPolicies(
  { caller, promptId, name, modelId }: PolicyTarget,
  ofMesh: readonly PresentGuardrailPolicy[],
  ofTenant: readonly PresentGuardrailPolicy[],
  { routes }: Pick<ReturnType<Catalog['snapshot']>, 'routes'>,
): readonly PresentGuardrailPolicy[] {
  const targets = routes.get(modelId)?.targets ?? [];
  const ids = [modelId, ...targets.map(({ model }) => model.id)];
  // The mesh names what it owns by its id; a tenant names what its callers call.
  const isNamed = (policy: PresentGuardrailPolicy) =>
    policy.model === null ||
    ids.includes(policy.model) ||
    (policy.tenantId !== null && (policy.model === name || ids.map(toCallName).includes(policy.model)));
  return [...ofMesh, ...ofTenant]
    .filter((policy) => policy.appId === null || policy.appId === caller.appId)
    .filter((policy) => policy.promptId === null || policy.promptId === promptId)
    .filter(isNamed)
    .sort((a, b) => rankScope(a) - rankScope(b));
}

/** From the widest to the narrowest. */
function rankScope({ tenantId, appId, promptId, model }: PresentGuardrailPolicy): number {
  const narrow = appId !== null ? 1 : promptId !== null ? 2 : model !== null ? 3 : 0;
  return narrow + (tenantId === null ? 0 : 4);
}

const policies = new WeakMap<PresentGuardrailPolicy, Policy>();

/** The policy as a plan takes it. Made once per record of the catalog, so that its rules are prepared once. */
function toPolicy(record: PresentGuardrailPolicy, secrets: PlanServices['secrets']): Policy {
  const known = policies.get(record);
  if (known !== undefined) return known;
  const { _id: id, version, mode } = record;
  const rules = record.rules.map((rule) => toRule(id, rule, secrets));
  const owner = record.tenantId === null ? ({ isOfMesh: true } as const) : {};
  const place = { level: rankScope(record), savedAtMs: record.updatedAt.getTime() };
  const policy: Policy = { id, version, mode, rules, ...place, ...owner };
  policies.set(record, policy);
  return policy;
}

function toRule(
  policyId: string,
  { optionsJson, secrets: sealed, ...rule }: GuardrailRuleRecord,
  boxes: PlanServices['secrets'],
): PolicyRule {
  const options: unknown = optionsJson === null ? null : JSON.parse(optionsJson);
  const stated = { ...rule, unlessConsent: rule.unlessConsent ?? null, options };
  if (sealed == null) return stated;
  const open = async () => {
    if (boxes === undefined) throw new Error('Secrets of guardrail rules cannot be opened here.');
    const url = readEndpoint(rule.rule, options)?.url ?? null;
    const opened = await openRuleSecrets(sealed.sealed, { policyId, rule: rule.rule, url }, boxes);
    if (opened === undefined) throw new Error('The secrets of a guardrail rule open with no key at hand.');
    return opened;
  };
  return { ...stated, secrets: { id: sealed.sealed, open } };
}
