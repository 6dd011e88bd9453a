import { type Caller, hasScope } from '#core/caller.ts';
import type { GuardrailStage } from '#core/graph-enums.generated.ts';
import { badInput } from '#core/input.ts';
import type { GuardedText } from '#guardrails/guardrail.ts';
import { checkedRules } from '#guardrails/pipeline/checked-rules.ts';
import { Masks } from '#guardrails/pipeline/masks.ts';
import { type GuardrailPlan, inputStages, planPolicies } from '#guardrails/pipeline/policy.ts';
import { runGuardrails, type StageOutcome } from '#guardrails/pipeline/run.ts';
import { resolveModel } from '#inference/admission/allowed-names.ts';
import type { CallOrigin } from '#inference/call-labels.ts';
import { newCompletionId } from '#inference/completion.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { type ShownVerdict, toVerdictRecord } from '#inference/guarding/verdict-records.ts';
import { CallAccount } from '#inference/questions/call-account.ts';
import { guardInput, openQuestions } from '#inference/questions/guard-input.ts';
import type { TestGuardrailsInput } from './generated.ts';
import { parseLabels } from './input/labels.ts';

const charactersMax = 1_000_000;

/** What guardrail rules would do with a text. */
export interface TestedText {
  readonly allowed: boolean;
  readonly text: string;
  readonly verdicts: readonly ShownVerdict[];
}

/** What a text of each stage is within a call or an answer. */
const places: Readonly<Record<GuardrailStage, Pick<GuardedText, 'kind' | 'role' | 'stages'>>> = {
  INPUT: { kind: 'message', role: 'user', stages: ['INPUT'] },
  RETRIEVED: { kind: 'file', role: 'user', stages: ['INPUT', 'RETRIEVED'] },
  TOOL_OUTPUT: { kind: 'tool-result', role: 'tool', stages: ['INPUT', 'TOOL_OUTPUT'] },
  OUTPUT: { kind: 'message', role: 'assistant', stages: ['OUTPUT'] },
  TOOL_INPUT: { kind: 'tool-arguments', role: 'assistant', stages: ['OUTPUT', 'TOOL_INPUT'] },
};

/**
 * Runs rules over a text, by default those that bind the calls of the caller. Nothing of it is stored, and every rule looks, whatever its sample.
 * Rules that ask AI models fail unless the caller has inference:invoke; what they ask is billed to it in a row of its own. Rules that send the
 * text elsewhere receive it as the policies of the mesh let it leave.
 * Throws BAD_USER_INPUT that names what is wrong with a rule, and GUARDRAIL_BLOCKED where the text may not leave.
 */
export async function testGuardrails(
  input: TestGuardrailsInput,
  origin: CallOrigin,
  signal: AbortSignal,
  engine: InferenceEngine,
): Promise<TestedText> {
  const { caller } = origin;
  const stage = input.stage ?? 'INPUT';
  if (input.text.length > charactersMax) {
    badInput(
      'input.text',
      `must not be longer than ${charactersMax} characters; it has ${input.text.length}.`,
    );
  }
  const plan = await choosePlan(input, stage, caller, engine);
  const account = openAccount(input.text, origin, engine);
  const direction = inputStages.includes(stage) ? 'INPUT' : 'OUTPUT';
  const isGuarded = input.rules == null && direction === 'INPUT';
  try {
    const text = isGuarded || !leavesProcess(plan) ? input.text : await guardText(account, signal, engine);
    const texts: readonly GuardedText[] = [{ text, format: 'TEXT', isEditable: true, ...places[stage] }];
    const { tenantId, allowedRegions } = caller;
    const context = {
      ...{ tenantId, allowedRegions, endUserId: null, callTexts: () => texts, signal },
      ...openQuestions(account, engine),
    };
    const outcome = await runGuardrails(plan, texts, {
      ...{ direction, context, masks: new Masks([text]) },
      random: () => 0,
    });
    await account.finish(outcome.verdicts);
    return showOutcome(text, outcome);
  } catch (error) {
    throw await account.fail(error);
  }
}

function showOutcome(text: string, outcome: StageOutcome): TestedText {
  const allowed = outcome.kind === 'PASSED' || outcome.kind === 'REPAIRED';
  const edited = outcome.kind === 'REPAIRED' ? outcome.text : (outcome.edits.get(0) ?? text);
  return {
    allowed,
    text: allowed ? edited : text,
    verdicts: outcome.verdicts.map((verdict) => ({
      ...toVerdictRecord(verdict),
      spans: verdict.findings.map(({ start, end, kind }) => ({ start, end, kind })),
    })),
  };
}

function leavesProcess({ rules }: GuardrailPlan): boolean {
  return rules.some(({ reach }) => reach === 'REMOTE');
}

/** The text as the policies of the mesh, which the caller cannot change, let it leave. */
async function guardText(
  account: CallAccount,
  signal: AbortSignal,
  engine: InferenceEngine,
): Promise<string> {
  const { caller, input } = account.start;
  const party = { tenantId: null, appId: caller.appId };
  const plan = engine.guardrails.planFor({ caller: party, promptId: null, name: '', modelId: '' });
  const guarded = await guardInput([String(input)], plan, account, signal, engine);
  return guarded.values[0] ?? '';
}

/** What the questions of the rules are recorded in, should there be any. */
function openAccount(text: string, origin: CallOrigin, engine: InferenceEngine): CallAccount {
  const { caller } = origin;
  const labels = parseLabels({}, origin);
  const start = {
    id: newCompletionId(engine.now()),
    kind: 'guardrail',
    caller,
    labels,
    input: text,
  } as const;
  return new CallAccount({ ...start, promptId: null, promptVersionId: null }, engine);
}

async function choosePlan(
  { rules, promptId = null, model = null }: TestGuardrailsInput,
  stage: GuardrailStage,
  caller: Caller,
  engine: InferenceEngine,
): Promise<GuardrailPlan> {
  if (rules == null) {
    const modelId = model === null ? '' : await resolveModel(model, caller, engine);
    return engine.guardrails.planFor({ caller, promptId, name: model ?? '', modelId });
  }
  if (promptId !== null) badInput('input.promptId', 'cannot be combined with input.rules.');
  if (model !== null) badInput('input.model', 'cannot be combined with input.rules.');
  const stated = await checkedRules(rules, 'input.rules');
  const looksAt = [...new Set(stated.flatMap(({ stages }) => stages))];
  if (!looksAt.some((one) => places[stage].stages.includes(one))) {
    badInput(
      'input.stage',
      `is ${stage}, where none of the rules looks: they look at ${looksAt.join(', ')}.`,
    );
  }
  const owner = hasScope(caller, 'tenants:admin') ? ({ isOfMesh: true } as const) : {};
  return planPolicies(
    [{ id: null, version: 1, mode: 'ENFORCE', rules: stated, ...owner }],
    engine.ruleServices,
  );
}
