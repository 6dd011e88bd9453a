import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { ProviderUsage } from '../provider.ts';
import { count, fields, list, text } from '../wire/fields.ts';

/**
 * `usage` of chat completions; null where there is none. Vendors put cached tokens in different places.
 * @param reasoningApart the vendor does not count reasoning in completion_tokens
 */
export function usageOf(value: unknown, reasoningApart: boolean): ProviderUsage | null {
  const usage = fields(value);
  if (usage === null) return null;
  const input = fields(usage.prompt_tokens_details) ?? fields(usage.prompt_token_details);
  const output = fields(usage.completion_tokens_details);
  const cached = usage.num_cached_tokens ?? input?.cached_tokens ?? usage.prompt_cache_hit_tokens;
  const reasoningTokens = count(output?.reasoning_tokens ?? usage.reasoning_tokens);
  return {
    inputTokens: count(usage.prompt_tokens),
    outputTokens: count(usage.completion_tokens) + (reasoningApart ? reasoningTokens : 0),
    cachedInputTokens: count(cached),
    cacheWriteTokens: count(input?.cache_write_tokens),
    reasoningTokens,
  };
}

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
