import { expectError } from '#core/expect-error.ts';
import type { FinishReason } from '#core/graph-enums.generated.ts';
import { parseJson } from '#core/json/exact-json.ts';
import { isFields } from '../../body-fields.ts';
import { toMessagesCitation } from '../../citations.ts';
import type {
  MessagesCompleteMutation,
  MessagesReasoningFragment,
  MessagesUsageFragment,
} from '../../operations.generated.ts';
import { wrapSignature } from '../reasoning-signature.ts';

type Completed = MessagesCompleteMutation['complete'];

/** The stop_reason of a completion that did not fail. */
export function toStopReason(reason: FinishReason): string {
  switch (reason) {
    case 'LENGTH':
      return 'max_tokens';
    case 'TOOL_CALLS':
      return 'tool_use';
    case 'CONTENT_FILTER':
      return 'refusal';
    case 'STOP':
    case 'OTHER':
    case 'ERROR':
    case 'CANCELLED':
      return 'end_turn';
  }
}

/** Every field that clients look for in a usage, with the counts that are known. Cached input is counted apart. */
export function toMessagesUsage(usage: MessagesUsageFragment | undefined): object {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0 } = usage ?? {};
  return {
    input_tokens: inputTokens - cachedInputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens,
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
  };
}

/** A message without content, as a stream begins with it. */
export function toEmptyMessage(id: string, model: string, usage: MessagesUsageFragment) {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: toMessagesUsage(usage),
  };
}

function toReasoningBlock(block: MessagesReasoningFragment): object {
  const { text, signature, redacted } = block;
  if (redacted !== null) return { type: 'redacted_thinking', data: wrapSignature(block, redacted) };
  return {
    type: 'thinking',
    thinking: text ?? '',
    signature: signature === null ? '' : wrapSignature(block, signature),
  };
}

/** The input of a tool is an object; arguments that are no JSON of one stay what the AI model wrote, in a field. */
function toToolInput(text: string): unknown {
  if (text.trim() === '') return {};
  const parsed = parseOrKeep(text);
  return isFields(parsed) && !JSON.isRawJSON(parsed) ? parsed : { arguments: parsed };
}

function parseOrKeep(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    expectError(error, SyntaxError);
    return text;
  }
}

/** The answer of messages. */
export function toMessage(completion: Completed): object {
  const { id, text, reasoning, reasoningBlocks, refusal, citations, toolCalls, model } = completion;
  const isUnsigned = reasoningBlocks.length === 0 && reasoning !== null;
  return {
    ...toEmptyMessage(id, model.id, completion.usage),
    content: [
      ...(isUnsigned ? [{ type: 'thinking', thinking: reasoning, signature: '' }] : []),
      ...reasoningBlocks.map(toReasoningBlock),
      ...(text === '' ? [] : [toTextBlock(text, citations)]),
      ...(refusal === null ? [] : [toTextBlock(refusal, [])]),
      ...toolCalls.map(({ id: callId, name, argumentsText }) => ({
        type: 'tool_use',
        id: callId,
        name,
        input: toToolInput(argumentsText),
      })),
    ],
    stop_reason: refusal === null ? toStopReason(completion.finishReason) : 'refusal',
  };
}

function toTextBlock(text: string, citations: readonly unknown[]): object {
  return { type: 'text', text, citations: citations.length === 0 ? null : citations.map(toMessagesCitation) };
}
