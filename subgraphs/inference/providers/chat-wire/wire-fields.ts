import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { ProviderUsage } from '../provider.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Lenient reading of what vendors send: what is not of the expected type counts as absent. */
export function fields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** `usage` of chat completions; null where there is none. */
export function usageOf(value: unknown): ProviderUsage | null {
  const usage = fields(value);
  if (usage === null) return null;
  const input = fields(usage.prompt_tokens_details);
  const output = fields(usage.completion_tokens_details);
  return {
    inputTokens: count(usage.prompt_tokens),
    outputTokens: count(usage.completion_tokens),
    cachedInputTokens: count(input?.cached_tokens ?? usage.prompt_cache_hit_tokens),
    cacheWriteTokens: count(input?.cache_write_tokens),
    reasoningTokens: count(output?.reasoning_tokens),
  };
}

/** A refusal ends with `stop` on the wire: the refusal is the reason. */
export function finishReasonOf(raw: string, refused: boolean): LanguageModelV4FinishReason {
  if (raw === 'stop') return { unified: refused ? 'content-filter' : 'stop', raw };
  if (raw === 'length') return { unified: 'length', raw };
  if (raw === 'content_filter') return { unified: 'content-filter', raw };
  if (raw === 'tool_calls' || raw === 'function_call') return { unified: 'tool-calls', raw };
  return { unified: raw === 'error' ? 'error' : 'other', raw };
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
