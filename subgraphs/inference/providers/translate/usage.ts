import type { LanguageModelV4FinishReason, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { FinishReason, ProviderCall, ProviderUsage } from '../provider.ts';

export const noUsage: ProviderUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};

/** The provider's count; null where it gave none. */
export function toUsage(usage: LanguageModelV4Usage): ProviderUsage | null {
  const { inputTokens, outputTokens } = usage;
  if (inputTokens.total === undefined && outputTokens.total === undefined) return null;
  return {
    inputTokens: inputTokens.total ?? 0,
    outputTokens: outputTokens.total ?? 0,
    cachedInputTokens: inputTokens.cacheRead ?? 0,
    cacheWriteTokens: inputTokens.cacheWrite ?? 0,
    reasoningTokens: outputTokens.reasoning ?? 0,
  };
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
