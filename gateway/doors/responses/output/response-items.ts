import { type BodyFields, isFields } from '../../body-fields.ts';
import type { ChatReasoningFragment } from '../../operations.generated.ts';
import { sealReasoning } from '../response-reasoning.ts';
import type { ClientTool, ClientTools } from '../tools/client-tools.ts';

/** An item of the output, as clients have it and send it back. */
export type OutputItem = BodyFields & { readonly id: string; readonly type: string };

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** Ids of items name their completion, so that a reference to an item leads to it. */
export const itemIds = {
  message: (completionId: string, at: number) => `msg_${completionId}${at === 0 ? '' : `_${at}`}`,
  reasoning: (completionId: string, at: number) => `rs_${completionId}_${at}`,
  call: (completionId: string, at: number, isCustom: boolean) =>
    `${isCustom ? 'ctc' : 'fc'}_${completionId}_${at}`,
  vendor: (completionId: string, at: number) => `vt_${completionId}_${at}`,
};

/** The completion that an item's id names; undefined for the id of another server, whose ids have another length. */
export function readItemCompletionId(itemId: string): string | undefined {
  return /^(?:msg|rs|fc|ctc|vt)_([0-9a-z]{9}[0-9a-f]{20})(?:_\d+)?$/.exec(itemId)?.[1];
}

/** Whether an ID was made here, for an item of an answer or of an input. */
export function isOwnItemId(id: unknown): boolean {
  return typeof id === 'string' && (readItemCompletionId(id) !== undefined || /^in_/.test(id));
}

/** What a message has beside its parts. */
export interface MessageHead {
  readonly id: string;
  /** Which part of the work it belongs to, in the words of the vendor; absent: the vendor states none. */
  readonly phase?: string;
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

export function toMessageItem(
  { id, phase }: MessageHead,
  parts: MessageParts,
  status: ItemStatus,
): OutputItem {
  const { text, refusal } = parts;
  return {
    id,
    type: 'message',
    status,
    role: 'assistant',
    ...(phase === undefined ? {} : { phase }),
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
  /** What the vendor has of it beside that. */
  readonly further: BodyFields;
}

/** The tool that a call of the graph names, as the client knows it. */
export function findClientTool(name: string, tools: ClientTools): ClientTool {
  return tools.get(name) ?? { name, isCustom: false };
}

export function toCallItem(call: CallItem, status: ItemStatus): OutputItem {
  const { id, callId, name, namespace, argumentsText, isCustom, further } = call;
  const called = { status, call_id: callId, name, ...(namespace === undefined ? {} : { namespace }) };
  return isCustom
    ? { ...further, id, type: 'custom_tool_call', ...called, input: readCustomInput(argumentsText) }
    : { ...further, id, type: 'function_call', ...called, arguments: argumentsText };
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

/** An item with what a client may leave out. */
export function toListedItem(item: BodyFields, place: string): BodyFields {
  const { type = 'message', id = `in_${place}` } = item;
  if (type !== 'message' || typeof item.content !== 'string') return { ...item, type, id };
  const part = item.role === 'assistant' ? { type: 'output_text', annotations: [] } : { type: 'input_text' };
  return { status: 'completed', ...item, type, id, content: [{ ...part, text: item.content }] };
}
