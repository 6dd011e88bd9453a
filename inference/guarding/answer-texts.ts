import type { GuardrailStage } from '#guardrails/guardrail.ts';
import type { AlternativeAnswer, AnswerExtras, ProviderAnswer } from '#providers/provider.ts';
import { mapJson, mapToolCall, type VisitText, visitText } from './call-texts.ts';

const fromModel: readonly GuardrailStage[] = ['OUTPUT'];
const toTool: readonly GuardrailStage[] = ['OUTPUT', 'TOOL_INPUT'];

/**
 * The answer with each of its texts as `visit` states it. Visited is everything that reaches the client, in the order of
 * two walks over equal answers. Where a text is changed, log probabilities are left out: they repeat the answer.
 */
export function mapAnswerTexts(answer: Partial<ProviderAnswer>, visit: VisitText): Partial<ProviderAnswer> {
  let isChanged = false;
  const watch: VisitText = (guarded) => {
    const text = visit(guarded);
    isChanged ||= text !== guarded.text;
    return text;
  };
  const { text, reasoning, toolCalls, extras } = answer;
  const mapped = {
    ...answer,
    ...(text === undefined ? {} : { text: visitText(text, 'message', 'assistant', fromModel, watch) }),
    ...(reasoning == null
      ? {}
      : { reasoning: visitText(reasoning, 'reasoning', 'assistant', fromModel, watch) }),
    ...(toolCalls === undefined
      ? {}
      : { toolCalls: toolCalls.map((toolCall) => mapToolCall(toolCall, toTool, watch)) }),
    ...(extras === undefined ? {} : { extras: mapExtras(extras, watch) }),
  };
  return isChanged ? withoutLogprobs(mapped) : mapped;
}

function mapExtras(extras: AnswerExtras, visit: VisitText): AnswerExtras {
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
      : { alternatives: alternatives.map((other) => mapAlternative(other, visit)) }),
  };
}

function mapAlternative(other: AlternativeAnswer, visit: VisitText): AlternativeAnswer {
  const { text, reasoning, refusal, toolCalls } = other;
  return {
    ...other,
    text: visitText(text, 'message', 'assistant', fromModel, visit),
    reasoning: reasoning === null ? null : visitText(reasoning, 'reasoning', 'assistant', fromModel, visit),
    refusal: refusal === null ? null : visitText(refusal, 'refusal', 'assistant', fromModel, visit),
    toolCalls: toolCalls.map((toolCall) => mapToolCall(toolCall, toTool, visit)),
  };
}

function withoutLogprobs(answer: Partial<ProviderAnswer>): Partial<ProviderAnswer> {
  const { extras } = answer;
  if (extras === undefined) return answer;
  const { logprobs: _, alternatives, ...rest } = extras;
  const others = alternatives?.map((other) => ({ ...other, logprobs: null }));
  return { ...answer, extras: { ...rest, ...(others === undefined ? {} : { alternatives: others }) } };
}
