import type { Caller } from '#core/caller.ts';
import type { GuardedText, RuleContext } from '#guardrails/guardrail.ts';
import { Masks } from '#guardrails/pipeline/masks.ts';
import type { GuardrailPlan } from '#guardrails/pipeline/policy.ts';
import { type GuardrailVerdict, guardrailBlocked, runGuardrails } from '#guardrails/pipeline/run.ts';
import type { ProviderAnswer } from '#providers/provider.ts';
import type { CompletionRequest } from '../request.ts';
import { mapAnswerTexts } from './answer-texts.ts';
import { mapCallTexts, type VisitText } from './call-texts.ts';

type Call = CompletionRequest['call'];

/** What the guardrails of a call keep from its input for its output. */
export interface GuardedCall {
  readonly plan: GuardrailPlan;
  /** As it goes to the AI model. */
  readonly call: Call;
  readonly masks: Masks;
  readonly context: RuleContext;
  /** Of the input; those of the output follow. */
  readonly verdicts: readonly GuardrailVerdict[];
}

/** All texts of what a walk visits. */
function gather(walk: (visit: VisitText) => void): readonly GuardedText[] {
  const texts: GuardedText[] = [];
  walk((guarded) => {
    texts.push(guarded);
    return guarded.text;
  });
  return texts;
}

/** States the edited texts in the order of the walk. */
function editing(edits: ReadonlyMap<number, string>): VisitText {
  let number = -1;
  return ({ text }) => {
    number += 1;
    return edits.get(number) ?? text;
  };
}

/** Throws GUARDRAIL_BLOCKED where a guardrail refuses one of the values that are to be embedded; otherwise they go as returned. */
export async function guardValues(
  values: readonly string[],
  plan: GuardrailPlan,
  { tenantId }: Pick<Caller, 'tenantId'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!plan.looksAtInput) return values;
  const texts = values.map(
    (text): GuardedText => ({
      text,
      kind: 'value',
      role: null,
      format: 'TEXT',
      stages: ['INPUT'],
      isEditable: true,
    }),
  );
  const context: RuleContext = { tenantId, endUserId: null, callTexts: () => texts, signal };
  const outcome = await runGuardrails(plan, texts, { direction: 'INPUT', context, masks: new Masks(values) });
  if (outcome.kind === 'BLOCKED') throw guardrailBlocked(outcome.by);
  return values.map((value, number) => outcome.edits.get(number) ?? value);
}

/**
 * The call as the guardrails let it go to an AI model. Throws GUARDRAIL_BLOCKED where one refuses. A plan that does not look at
 * input gathers no text.
 */
export async function guardCall(
  call: Call,
  plan: GuardrailPlan,
  caller: Pick<Caller, 'tenantId'>,
  signal: AbortSignal,
): Promise<GuardedCall> {
  const context: RuleContext = {
    tenantId: caller.tenantId,
    endUserId: null,
    callTexts: () => gather((visit) => mapCallTexts(call, visit)),
    signal,
  };
  if (!plan.looksAtInput) return { plan, call, masks: new Masks([]), context, verdicts: [] };
  const texts = context.callTexts();
  const masks = new Masks(texts.map(({ text }) => text));
  const outcome = await runGuardrails(plan, texts, { direction: 'INPUT', context, masks });
  if (outcome.kind === 'BLOCKED') throw guardrailBlocked(outcome.by);
  const edited = outcome.edits.size === 0 ? call : mapCallTexts(call, editing(outcome.edits));
  return { plan, call: edited, masks, context, verdicts: outcome.verdicts };
}

/** The answer as the guardrails let it go to the client, with masked values in their places. Throws GUARDRAIL_BLOCKED where one refuses. */
export async function guardAnswer(
  answer: Partial<ProviderAnswer>,
  { plan, masks, context }: GuardedCall,
): Promise<Partial<ProviderAnswer>> {
  let guarded = answer;
  if (plan.looksAtOutput) {
    const texts = gather((visit) => mapAnswerTexts(answer, visit));
    // What is masked in an answer stays masked.
    const own = masks.besides(texts.map(({ text }) => text));
    const outcome = await runGuardrails(plan, texts, { direction: 'OUTPUT', context, masks: own });
    if (outcome.kind === 'BLOCKED') throw guardrailBlocked(outcome.by);
    if (outcome.edits.size > 0) guarded = mapAnswerTexts(answer, editing(outcome.edits));
  }
  return masks.size === 0
    ? guarded
    : mapAnswerTexts(guarded, ({ text, format }) => masks.restore(text, format));
}
