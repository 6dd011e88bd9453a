import type { GuardrailStage } from '#guardrails/guardrail.ts';
import { unescapeJson } from '#guardrails/pipeline/json-text.ts';
import type { AlternativeAnswer, AnswerExtras, ProviderAnswer, ToolCall } from '#providers/provider.ts';
import { mapJson, mapToolCall, type VisitText, visitText } from './call-texts.ts';

/** Stages of what comes back. */
export const fromModel: readonly GuardrailStage[] = ['OUTPUT'];
/** Stages of the arguments of tools. */
export const toTool: readonly GuardrailStage[] = ['OUTPUT', 'TOOL_INPUT'];

/**
 * The answer with each of its texts as `visit` states it. Visited is everything that reaches the client, in the order of
 * two walks over equal answers. Where a text is changed, log probabilities are left out: they repeat the answer.
 *
 * @param isStructured the text is to be JSON
 */
export function mapAnswerTexts(
  answer: Partial<ProviderAnswer>,
  visit: VisitText,
  isStructured = false,
): Partial<ProviderAnswer> {
  let isChanged = false;
  const watch: VisitText = (guarded) => {
    const text = visit(guarded);
    isChanged ||= text !== guarded.text;
    return text;
  };
  const { text, reasoning, toolCalls, extras } = answer;
  const mapped = {
    ...answer,
    ...(text === undefined ? {} : { text: visitMessage(text, isStructured, watch) }),
    ...(reasoning == null
      ? {}
      : { reasoning: visitText(reasoning, 'reasoning', 'assistant', fromModel, watch) }),
    ...(toolCalls === undefined
      ? {}
      : { toolCalls: toolCalls.map((toolCall) => mapAnswerCall(toolCall, watch)) }),
    ...(extras === undefined ? {} : { extras: mapExtras(extras, watch, isStructured) }),
  };
  return isChanged ? withoutLogprobs(mapped) : mapped;
}

function mapExtras(extras: AnswerExtras, visit: VisitText, isStructured: boolean): AnswerExtras {
  const { reasoningBlocks, refusal, audio, citations, providerBlocks, alternatives } = extras;
  return {
    ...extras,
    ...(reasoningBlocks === undefined
      ? {}
      : {
          reasoningBlocks: reasoningBlocks.map((block) =>
            block.text === null
              ? block
              : { ...block, text: visitText(block.text, 'reasoning', 'assistant', fromModel, visit) },
          ),
        }),
    ...(refusal === undefined
      ? {}
      : { refusal: visitText(refusal, 'refusal', 'assistant', fromModel, visit) }),
    ...(audio?.transcript == null
      ? {}
      : {
          audio: {
            ...audio,
            transcript: visitText(audio.transcript, 'transcript', 'assistant', fromModel, visit),
          },
        }),
    ...(citations === undefined
      ? {}
      : {
          citations: citations.map((citation) =>
            mapJson(citation, 'citation', 'assistant', fromModel, visit),
          ),
        }),
    ...(providerBlocks === undefined
      ? {}
      : {
          providerBlocks: providerBlocks.map((placed) => ({
            ...placed,
            block: mapJson(placed.block, 'provider-block', 'assistant', fromModel, visit),
          })),
        }),
    ...(alternatives === undefined
      ? {}
      : { alternatives: alternatives.map((other) => mapAlternative(other, visit, isStructured)) }),
  };
}

function mapAlternative(
  other: AlternativeAnswer,
  visit: VisitText,
  isStructured: boolean,
): AlternativeAnswer {
  const { text, reasoning, refusal, toolCalls } = other;
  return {
    ...other,
    text: visitMessage(text, isStructured, visit),
    reasoning: reasoning === null ? null : visitText(reasoning, 'reasoning', 'assistant', fromModel, visit),
    refusal: refusal === null ? null : visitText(refusal, 'refusal', 'assistant', fromModel, visit),
    toolCalls: toolCalls.map((toolCall) => mapAnswerCall(toolCall, visit)),
  };
}

/** Of an answer the further fields of a call can be changed, as blocks of the provider can. */
function mapAnswerCall({ own, ...call }: ToolCall, visit: VisitText): ToolCall {
  const mapped = mapToolCall(call, toTool, visit);
  return own === undefined
    ? mapped
    : { ...mapped, own: mapJson(own, 'provider-block', 'assistant', toTool, visit) };
}

/** Of JSON, needless escape sequences are resolved, which would hide from a rule what they stand for. */
function visitMessage(text: string, isStructured: boolean, visit: VisitText): string {
  if (!isStructured || !looksLikeJson(text)) return visitText(text, 'message', 'assistant', fromModel, visit);
  const unescaped = unescapeJson(text).text;
  const place = { kind: 'message', role: 'assistant', format: 'JSON', stages: fromModel } as const;
  const visited = visit({ ...place, text: unescaped, isEditable: true });
  return visited === unescaped ? text : visited;
}

/** Whether a text that is to be JSON begins like it, perhaps within a code fence. */
export function looksLikeJson(text: string): boolean {
  return /^\s*[[{"`~]/.test(text);
}

function withoutLogprobs(answer: Partial<ProviderAnswer>): Partial<ProviderAnswer> {
  const { extras } = answer;
  if (extras === undefined) return answer;
  const { logprobs: _, alternatives, ...rest } = extras;
  const others = alternatives?.map((other) => ({ ...other, logprobs: null }));
  return { ...answer, extras: { ...rest, ...(others === undefined ? {} : { alternatives: others }) } };
}
