import { expectError } from '#core/expect-error.ts';
import type { FinishReason } from '#core/graph-enums.generated.ts';
import { parseJson } from '#core/json/exact-json.ts';
import { type BodyFields, isFields, readOwnFields } from '../../body-fields.ts';
import { toMessagesCitation } from '../../citations.ts';
import type {
  MessagesCompleteMutation,
  MessagesReasoningFragment,
  MessagesUsageFragment,
} from '../../operations.generated.ts';
import { wrapSignature } from '../reasoning-signature.ts';
import { messagesFormat } from './own-blocks.ts';

type Completed = MessagesCompleteMutation['complete'];

/** Why an answer ended, in Anthropic's fields. */
interface Stop {
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
}

/** How a completion ended that did not fail; `isRefusal`: with words of its own for a refusal. */
export function toStop(
  {
    finishReason,
    finishDetail,
    stopSequence,
  }: Pick<Completed, 'finishReason' | 'finishDetail' | 'stopSequence'>,
  isRefusal: boolean,
): Stop {
  if (isRefusal) return { stop_reason: 'refusal', stop_sequence: null };
  const isStopped = stopSequence !== null && finishReason === 'STOP';
  return {
    stop_reason: isStopped ? 'stop_sequence' : (finishDetail ?? toStopReason(finishReason)),
    stop_sequence: isStopped ? stopSequence : null,
  };
}

function toStopReason(reason: FinishReason): string {
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

/** Calls of tools that Anthropic ran, by the names of their counts in a usage. */
export interface ServerToolUse {
  readonly web_search_requests: number;
  readonly web_fetch_requests: number;
}

/** The calls with a block of an answer counted. */
export function countServerTool(counted: ServerToolUse | null, block: BodyFields): ServerToolUse | null {
  if (block.type !== 'server_tool_use') return counted;
  const { web_search_requests, web_fetch_requests } = counted ?? {
    web_search_requests: 0,
    web_fetch_requests: 0,
  };
  return {
    web_search_requests: web_search_requests + (block.name === 'web_search' ? 1 : 0),
    web_fetch_requests: web_fetch_requests + (block.name === 'web_fetch' ? 1 : 0),
  };
}

function countServerTools({ providerBlocks }: Pick<Completed, 'providerBlocks'>): ServerToolUse | null {
  return providerBlocks.reduce<ServerToolUse | null>(
    (counted, { format, content }) =>
      format === messagesFormat && isFields(content) ? countServerTool(counted, content) : counted,
    null,
  );
}

/**
 * Every field that clients look for in a usage, with the counts that are known. Input that is read from or written into the cache is
 * counted apart.
 */
export function toMessagesUsage(
  usage: MessagesUsageFragment,
  serverTools: ServerToolUse | null,
  serviceTier: string | null,
): object {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, cacheWrite1hTokens } = usage;
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWriteTokens - cacheWrite1hTokens,
      ephemeral_1h_input_tokens: cacheWrite1hTokens,
    },
    output_tokens: outputTokens,
    server_tool_use: serverTools,
    service_tier: toServiceTier(serviceTier),
    inference_geo: null,
  };
}

const serviceTiers: ReadonlySet<string | null> = new Set(['standard', 'priority', 'batch']);

/** Anthropic's words for the tier that a provider states; null for one that Anthropic does not have. */
function toServiceTier(stated: string | null): string | null {
  if (stated === 'default') return 'standard';
  return serviceTiers.has(stated) ? stated : null;
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
    usage: toMessagesUsage(usage, null, null),
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

/** The answer of messages, with its blocks in the order of the provider. */
export function toMessage(completion: Completed): object {
  const { id, reasoning, reasoningBlocks, refusal, model } = completion;
  const isUnsigned = reasoningBlocks.length === 0 && reasoning !== null;
  return {
    ...toEmptyMessage(id, model.id, completion.usage),
    content: [
      ...(isUnsigned ? [{ type: 'thinking', thinking: reasoning, signature: '' }] : []),
      ...toBlocks(completion),
    ],
    ...toStop(completion, refusal !== null),
    usage: toMessagesUsage(completion.usage, countServerTools(completion), completion.serviceTier),
  };
}

/** Citations stand at the end of the text, and a refusal after it. */
function toBlocks(completion: Completed): readonly object[] {
  const { text, citations, refusal, reasoningBlocks, providerBlocks, toolCalls } = completion;
  // Blocks of other formats are left out, and part no text.
  const outline = completion.outline
    .filter(
      ({ kind, index }) => kind !== 'PROVIDER_BLOCK' || providerBlocks[index]?.format === messagesFormat,
    )
    .filter(({ kind }, at, all) => kind !== 'TEXT' || all[at - 1]?.kind !== 'TEXT');
  const lastText = outline.findLastIndex(({ kind }) => kind === 'TEXT');
  const refused = refusal === null ? [] : [toTextBlock(refusal, [])];
  const toItemBlocks = ({ kind, index }: Completed['outline'][number], at: number): readonly object[] => {
    switch (kind) {
      case 'TEXT': {
        const end = outline.slice(at + 1).find((item) => item.kind === 'TEXT')?.index ?? text.length;
        const [isLast, piece] = [at === lastText, text.slice(index, end)];
        // A guardrail may have shortened the text: Anthropic takes no block of an empty one.
        const shown = piece === '' ? [] : [toTextBlock(piece, isLast ? citations : [])];
        return isLast ? [...shown, ...refused] : shown;
      }
      case 'REASONING':
        return reasoningBlocks.slice(index, index + 1).map(toReasoningBlock);
      case 'PROVIDER_BLOCK':
        return providerBlocks
          .slice(index, index + 1)
          .flatMap(({ content }) => (isFields(content) ? [content] : []));
      case 'TOOL_CALL':
        return toolCalls.slice(index, index + 1).map((call) => ({
          ...toCallBlock(call, call.name),
          input: toToolInput(call.argumentsText),
        }));
    }
  };
  const blocks = outline.flatMap(toItemBlocks);
  return lastText >= 0 ? blocks : [...blocks, ...refused];
}

/** A call without its input, with what Anthropic alone has of it. */
export function toCallBlock(
  { id, providerOptions }: { readonly id: string; readonly providerOptions: unknown },
  name: string,
) {
  return { ...readOwnFields(providerOptions, messagesFormat), type: 'tool_use', id, name, input: {} };
}

function toTextBlock(text: string, citations: readonly unknown[]): object {
  return { type: 'text', text, citations: citations.length === 0 ? null : citations.map(toMessagesCitation) };
}
