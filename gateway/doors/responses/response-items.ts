import { type BodyFields, isFields } from '../body-fields.ts';
import { toResponseAnnotation } from '../citations.ts';
import type { ChatReasoningFragment, ResponseCompletionFragment } from '../operations.generated.ts';
import { sealReasoning } from './response-reasoning.ts';
import type { ClientTool, ClientTools } from './tools/client-tools.ts';
import { readVendorItem } from './vendor-items.ts';

/** An item of the output, as clients have it and send it back. */
export type OutputItem = BodyFields & { readonly id: string; readonly type: string };

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** Ids of items name their completion, so that a reference to an item leads to it. */
export const itemIds = {
  message: (completionId: string) => `msg_${completionId}`,
  reasoning: (completionId: string, at: number) => `rs_${completionId}_${at}`,
  call: (completionId: string, at: number, isCustom: boolean) =>
    `${isCustom ? 'ctc' : 'fc'}_${completionId}_${at}`,
  vendor: (completionId: string, at: number) => `vt_${completionId}_${at}`,
};

/** The completion that an item's id names; undefined for the id of another server. */
export function readItemCompletionId(itemId: string): string | undefined {
  return /^(?:msg|rs|fc|ctc|vt)_([0-9a-z]+)(?:_\d+)?$/.exec(itemId)?.[1];
}

export interface MessageParts {
  readonly text: string | null;
  readonly refusal: string | null;
  readonly annotations: readonly object[];
  readonly logprobs: readonly unknown[];
}

export function toTextPart({ text, annotations, logprobs }: MessageParts): object {
  return { type: 'output_text', text: text ?? '', annotations, logprobs };
}

export function toMessageItem(completionId: string, parts: MessageParts, status: ItemStatus): OutputItem {
  const { text, refusal } = parts;
  return {
    id: itemIds.message(completionId),
    type: 'message',
    status,
    role: 'assistant',
    content: [
      ...(text === null ? [] : [toTextPart(parts)]),
      ...(refusal === null ? [] : [{ type: 'refusal', refusal }]),
    ],
  };
}

export function toReasoningItem(id: string, text: string, block?: ChatReasoningFragment): OutputItem {
  const encrypted = block === undefined ? undefined : sealReasoning(block);
  return {
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
  };
}

export interface CallItem extends ClientTool {
  readonly id: string;
  readonly callId: string;
  /** JSON text; of a custom tool, of an object with the input. */
  readonly argumentsText: string;
}

/** The tool that a call of the graph names, as the client knows it. */
export function findClientTool(name: string, tools: ClientTools): ClientTool {
  return tools.get(name) ?? { name, isCustom: false };
}

export function toCallItem(call: CallItem, status: ItemStatus): OutputItem {
  const { id, callId, name, namespace, argumentsText, isCustom } = call;
  const called = { status, call_id: callId, name, ...(namespace === undefined ? {} : { namespace }) };
  return isCustom
    ? { id, type: 'custom_tool_call', ...called, input: readCustomInput(argumentsText) }
    : { id, type: 'function_call', ...called, arguments: argumentsText };
}

/** The text that a custom tool is called with: for the graph it is the one field of its arguments. */
export function readCustomInput(argumentsText: string): string {
  try {
    const given: unknown = JSON.parse(argumentsText);
    return isFields(given) && typeof given.input === 'string' ? given.input : argumentsText;
  } catch (error) {
    if (error instanceof SyntaxError) return argumentsText;
    throw error;
  }
}

/** The items of a whole answer: reasoning, then calls of tools that the vendor ran, the message, and calls of the client's tools. */
export function toOutput(completion: ResponseCompletionFragment, tools: ClientTools): readonly OutputItem[] {
  const { id, status, text, refusal, reasoning, reasoningBlocks, toolCalls, citations, logprobs } =
    completion;
  const ran = completion.providerBlocks.flatMap(
    (block, at) => readVendorItem(block, itemIds.vendor(id, at)) ?? [],
  );
  if (status === 'RUNNING') return [];
  const blocks: { readonly text: string; readonly block?: ChatReasoningFragment }[] = reasoningBlocks.map(
    (block) => ({ text: block.text ?? '', block }),
  );
  if (reasoning !== null && reasoningBlocks.every((block) => block.text === null)) {
    blocks.unshift({ text: reasoning });
  }
  const items = blocks.map(({ text: given, block }, at) =>
    toReasoningItem(itemIds.reasoning(id, at), given, block),
  );
  items.push(...ran);
  const calls = toolCalls.map(({ id: callId, name, argumentsText }, at) => {
    const tool = findClientTool(name, tools);
    return toCallItem(
      { id: itemIds.call(id, at, tool.isCustom), callId, argumentsText, ...tool },
      'completed',
    );
  });
  const isSilent = text === '' && refusal === null;
  if (!isSilent || (status === 'SUCCEEDED' && calls.length === 0)) {
    const parts: MessageParts = {
      text: text === '' && refusal !== null ? null : text,
      refusal,
      annotations: citations.map(toResponseAnnotation),
      logprobs: readLogprobs(logprobs),
    };
    items.push(toMessageItem(id, parts, status === 'SUCCEEDED' ? 'completed' : 'incomplete'));
  }
  return [...items, ...calls];
}

function readLogprobs(value: unknown): readonly unknown[] {
  return isFields(value) && Array.isArray(value.content) ? value.content : [];
}

/** An item with what a client may leave out. */
export function toListedItem(item: BodyFields, place: string): BodyFields {
  const { type = 'message', id = `in_${place}` } = item;
  if (type !== 'message' || typeof item.content !== 'string') return { ...item, type, id };
  const part = item.role === 'assistant' ? { type: 'output_text', annotations: [] } : { type: 'input_text' };
  return { status: 'completed', ...item, type, id, content: [{ ...part, text: item.content }] };
}
