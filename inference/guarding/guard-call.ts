import type { TextSpan } from '#core/text/text-span.ts';
import type { GuardedText } from '#guardrails/guardrail.ts';
import { Masks } from '#guardrails/pipeline/masks.ts';
import type { GuardrailPlan } from '#guardrails/pipeline/policy.ts';
import {
  type GuardrailVerdict,
  guardrailBlocked,
  type RunContext,
  runGuardrails,
} from '#guardrails/pipeline/run.ts';
import type { CompletionRequest, PromptValues } from '../request.ts';
import { gatherImages, mapCallTexts } from './call-texts.ts';
import type { CallParty } from './consents.ts';
import { gatherTexts, replaceTexts } from './text-walks.ts';

type Call = CompletionRequest['call'];
type GuardableRequest = Pick<CompletionRequest, 'call' | 'ofMesh'>;

/** What the guardrails of a call keep from its input for its output. */
export interface GuardedCall {
  readonly plan: GuardrailPlan;
  /** As it goes to the AI model. */
  readonly call: Call;
  readonly masks: Masks;
  readonly context: RunContext;
  /** Of the input; those of the output follow. */
  readonly verdicts: readonly GuardrailVerdict[];
  /** The AI model or alias that is to be called in the place of the requested one; null: that one. */
  readonly reroute: { readonly model: string; readonly by: GuardrailVerdict } | null;
}

/** Values that are to be embedded, as they go to the AI model. */
export interface GuardedValues {
  readonly values: readonly string[];
  readonly verdicts: readonly GuardrailVerdict[];
}

/** Throws GUARDRAIL_BLOCKED where a guardrail refuses one of the values that are to be embedded; otherwise they go as returned. */
export async function guardValues(
  values: readonly string[],
  plan: GuardrailPlan,
  party: CallParty,
  signal: AbortSignal,
): Promise<GuardedValues> {
  if (!plan.looksAtInput) return { values, verdicts: [] };
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
  const context: RunContext = { ...party, callTexts: () => texts, signal };
  const outcome = await runGuardrails(plan, texts, { direction: 'INPUT', context, masks: new Masks(values) });
  if (outcome.kind === 'BLOCKED') throw guardrailBlocked(outcome.by, outcome.verdicts);
  const edited = values.map((value, number) => outcome.edits.get(number) ?? value);
  return { values: edited, verdicts: outcome.verdicts };
}

/**
 * The call as the guardrails let it go to an AI model. Throws GUARDRAIL_BLOCKED where one refuses. A plan that does not look at
 * input gathers no text. Of a run of a prompt of the mesh, guardrails of tenants see the values of its variables alone.
 */
export async function guardCall(
  request: GuardableRequest,
  plan: GuardrailPlan,
  party: CallParty,
  signal: AbortSignal,
): Promise<GuardedCall> {
  const { call } = request;
  const context: RunContext = {
    ...party,
    callTexts: () => gatherCallTexts(request),
    callImages: () => gatherImages(call),
    signal,
  };
  if (!plan.looksAtInput) {
    const sentTexts = () => gatherSentTexts(request);
    return {
      plan,
      call,
      masks: new Masks([]),
      context: { ...context, sentTexts },
      verdicts: [],
      reroute: null,
    };
  }
  const texts = context.callTexts();
  const masks = new Masks(texts.map(({ text }) => text));
  const outcome = await runGuardrails(plan, texts, { direction: 'INPUT', context, masks });
  if (outcome.kind === 'BLOCKED') throw guardrailBlocked(outcome.by, outcome.verdicts);
  const edited = outcome.edits.size === 0 ? call : mapCallTexts(call, replaceTexts(outcome.edits));
  const reroute = outcome.kind === 'REROUTE' ? { model: outcome.model, by: outcome.by } : null;
  const sentTexts = () => gatherSentTexts({ ...request, call: edited });
  return {
    plan,
    call: edited,
    masks,
    context: { ...context, sentTexts },
    verdicts: outcome.verdicts,
    reroute,
  };
}

function gatherCallTexts({ call, ofMesh }: GuardableRequest): readonly GuardedText[] {
  const texts = gatherTexts((visit) => mapCallTexts(call, visit));
  if (ofMesh === undefined) return texts;
  return texts.map((guarded) => ({ ...guarded, tenantSpans: findValues(guarded, ofMesh) }));
}

/** The texts of a call after its guardrails have edited it. Of a run of a prompt of the mesh, those of tenants see none. */
function gatherSentTexts({ call, ofMesh }: GuardableRequest): readonly GuardedText[] {
  const texts = gatherTexts((visit) => mapCallTexts(call, visit));
  return ofMesh === undefined ? texts : texts.map((guarded) => ({ ...guarded, tenantSpans: [] }));
}

/** Where values stand in a text of a prompt, which has a message of each role at most; in what is no message there are none. */
function findValues({ kind, role }: GuardedText, { system, user }: PromptValues): readonly TextSpan[] {
  if (kind !== 'message') return [];
  return role === 'system' ? system : role === 'user' ? user : [];
}

/** The call with what a guardrail notes of an earlier answer as its last message; null: nothing. */
export function withNote(call: Call, note: string | null): Call {
  if (note === null) return call;
  const noted = { role: 'user', parts: [{ type: 'text', text: note }] } as const;
  return { ...call, messages: [...call.messages, noted] };
}
