import type { LanguageModelV4FinishReason, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { FinishReason, ProviderCall, ProviderUsage } from '../provider.ts';
import { count } from '../wire/fields.ts';

export const noUsage: ProviderUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};

/** More than any call takes. */
const tokensMax = 1_000_000_000;

/** A count that no call can have is a mistake of the provider's: it gave none. */
export function believed(usage: ProviderUsage | null): ProviderUsage | null {
  if (usage === null) return null;
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = usage;
  const most = Math.max(inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens);
  return most <= tokensMax ? usage : null;
}

/** The provider's count; null where it gave none. */
export function toUsage(usage: LanguageModelV4Usage): ProviderUsage | null {
  const { inputTokens, outputTokens } = usage;
  if (inputTokens.total === undefined && outputTokens.total === undefined) return null;
  return believed({
    inputTokens: count(inputTokens.total),
    outputTokens: count(outputTokens.total),
    cachedInputTokens: count(inputTokens.cacheRead),
    cacheWriteTokens: count(inputTokens.cacheWrite),
    reasoningTokens: count(outputTokens.reasoning),
  });
}

/** ceil(UTF-8 bytes / 4) of what went out and came back, for a provider that answered without a count. */
export function estimateUsage(call: ProviderCall, outputBytes: number): ProviderUsage {
  let inputBytes = 0;
  for (const message of call.messages) {
    if (message.role === 'user') {
      for (const part of message.parts) if (part.type === 'text') inputBytes += Buffer.byteLength(part.text);
    } else inputBytes += Buffer.byteLength(message.role === 'assistant' ? message.text : message.content);
  }
  return {
    ...noUsage,
    inputTokens: Math.ceil(inputBytes / 4),
    outputTokens: Math.ceil(outputBytes / 4),
    estimated: true,
  };
}

const reasons: Readonly<Record<LanguageModelV4FinishReason['unified'], FinishReason>> = {
  stop: 'STOP',
  length: 'LENGTH',
  'content-filter': 'CONTENT_FILTER',
  'tool-calls': 'TOOL_CALLS',
  error: 'ERROR',
  interrupted: 'ERROR',
  other: 'OTHER',
};

/** An answer that calls tools ends with TOOL_CALLS, also where its vendor says stop (a forced choice) or something new. */
export function toFinishReason(reason: LanguageModelV4FinishReason, calledTools: boolean): FinishReason {
  const { unified } = reason;
  return calledTools && (unified === 'stop' || unified === 'other') ? 'TOOL_CALLS' : reasons[unified];
}
