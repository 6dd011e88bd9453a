import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import { CapturedRequest } from '../../sdk/captured-request.ts';
import { type Fields, fields, list } from '../../wires/shared/fields.ts';

/** By the ids of their calls: arguments in the history that are no object. */
function textsIn(prompt: LanguageModelV4Prompt): ReadonlyMap<unknown, string> {
  const texts = new Map<unknown, string>();
  for (const message of prompt) {
    if (message.role !== 'assistant') continue;
    for (const part of message.content) {
      if (part.type !== 'tool-call' || fields(part.input) !== null) continue;
      texts.set(part.toolCallId, typeof part.input === 'string' ? part.input : JSON.stringify(part.input));
    }
  }
  return texts;
}

/**
 * Sends arguments that a model wrote as it wrote them, JSON or not: of what is no object, the SDKs make a text in a text,
 * or no arguments at all. Chat completions have them in `tool_calls`, responses in `input`.
 */
export function restoreArgumentTexts(
  request: CapturedRequest,
  prompt: LanguageModelV4Prompt,
): CapturedRequest {
  const texts = textsIn(prompt);
  if (texts.size === 0 || typeof request.init.body !== 'string') return request;
  const restore = (id: unknown, holder: Fields | null): void => {
    const text = texts.get(id);
    if (text !== undefined && holder !== null && 'arguments' in holder)
      Object.assign(holder, { arguments: text });
  };
  const body = JSON.parse(request.init.body);
  for (const message of list(body.messages)) {
    for (const each of list(fields(message)?.tool_calls)) {
      const toolCall = fields(each);
      restore(toolCall?.id, fields(toolCall?.function));
    }
  }
  for (const item of list(body.input)) restore(fields(item)?.call_id, fields(item));
  return new CapturedRequest(request.url, { ...request.init, body: JSON.stringify(body) });
}
