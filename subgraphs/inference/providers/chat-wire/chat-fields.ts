import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import { fields, list, text } from '../wire/fields.ts';

const finishReasons: Readonly<Record<string, LanguageModelV4FinishReason['unified']>> = {
  stop: 'stop',
  length: 'length',
  model_length: 'length',
  content_filter: 'content-filter',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  error: 'error',
  insufficient_system_resource: 'error',
};

/** A refusal ends with `stop` on the wire: the refusal is the reason. */
export function finishReasonOf(raw: string, refused: boolean): LanguageModelV4FinishReason {
  const unified = finishReasons[raw] ?? 'other';
  return { unified: refused && unified === 'stop' ? 'content-filter' : unified, raw };
}

interface Content {
  readonly text: string;
  readonly reasoning: string;
}

/** `content` is a text, or a list of text and thinking parts. */
export function contentOf(value: unknown): Content {
  if (typeof value === 'string') return { text: value, reasoning: '' };
  let said = '';
  let thought = '';
  for (const item of list(value)) {
    const part = fields(item);
    if (part?.type === 'text') said += text(part.text);
    if (part?.type === 'thinking')
      for (const piece of list(part.thinking)) thought += text(fields(piece)?.text);
  }
  return { text: said, reasoning: thought };
}
