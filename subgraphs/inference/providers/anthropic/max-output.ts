import { getModelCapabilities } from '@ai-sdk/anthropic/internal';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { ProviderCall } from '../provider.ts';

/** For a Claude that the SDK does not know yet: all newer ones answer at least this long. */
const newerClaudeTokens = 32_000;
const otherTokens = 8192;

/** The wire demands max_tokens; for ids it does not know the SDK would cut answers at 4096. */
export function setMaxOutput(options: LanguageModelV4CallOptions, call: ProviderCall): void {
  if (options.maxOutputTokens !== undefined || getModelCapabilities(call.model).isKnownModel) return;
  options.maxOutputTokens = call.model.includes('claude') ? newerClaudeTokens : otherTokens;
}
