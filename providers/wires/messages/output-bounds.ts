import { getModelCapabilities } from '@ai-sdk/anthropic/internal';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { ProviderCall } from '../../provider.ts';

/** For a Claude that the SDK does not know yet: all newer ones answer at least this long. */
const newerClaudeTokens = 32_000;
const otherTokens = 8192;
/** The wire's least thinking budget, and what must be left for the answer. */
const thinkingTokensMin = 1024;

type Reasoning = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const thinkingShare: Readonly<Record<Reasoning, number>> = {
  'provider-default': 0,
  none: 0,
  minimal: 0.1,
  low: 0.2,
  medium: 0.4,
  high: 0.6,
  xhigh: 0.75,
  max: 0.9,
};

/** Is the last that the model said a call of a tool, or the beginning of the answer? What else followed changes nothing. */
function isInToolLoop({ messages }: ProviderCall): boolean {
  if (messages.at(-1)?.role === 'assistant') return true;
  const talk = messages.filter(({ role }) => role !== 'system');
  let at = talk.findLastIndex(({ role }) => role === 'assistant');
  for (let turn = talk[at]; turn?.role === 'assistant'; turn = talk[--at]) {
    if (turn.toolCalls.length > 0) return true;
  }
  return false;
}

/** No Claude thinks before a call that it is forced to make. */
function forcesTool({ toolChoice }: LanguageModelV4CallOptions): boolean {
  return toolChoice?.type === 'required' || toolChoice?.type === 'tool';
}

/**
 * Keeps the whole output of a Claude, thinking included, within the caller's maxOutputTokens, by which its cost was
 * reserved: the SDK adds the thinking budget on top. Newer Claudes count their (adaptive) thinking in by themselves.
 * Within a tool loop these Claudes think only when their earlier, signed thinking is sent back with it; it is not kept.
 */
function budgetThinking(options: LanguageModelV4CallOptions, call: ProviderCall): void {
  const { maxOutputTokens, reasoning } = options;
  const share = reasoning === undefined ? 0 : thinkingShare[reasoning];
  if (share === 0) return;
  if (isInToolLoop(call) || forcesTool(options)) delete options.reasoning;
  else if (maxOutputTokens !== undefined) {
    delete options.reasoning;
    const budgetTokens = Math.max(thinkingTokensMin, Math.floor(maxOutputTokens * share));
    if (budgetTokens + thinkingTokensMin > maxOutputTokens) return;
    options.maxOutputTokens = maxOutputTokens - budgetTokens;
    options.providerOptions = {
      ...options.providerOptions,
      anthropic: { thinking: { type: 'enabled', budgetTokens } },
      bedrock: { reasoningConfig: { type: 'enabled', budgetTokens } },
    };
  }
}

/**
 * Sets what a Claude may answer at most. The wire demands max_tokens, and for ids that it does not know the SDK would cut
 * answers at 4096. Thinking takes its part of it; where there is no room for both, the answer goes before the thinking.
 */
export function boundOutput(options: LanguageModelV4CallOptions, call: ProviderCall): void {
  const { isKnownModel, supportsAdaptiveThinking } = getModelCapabilities(call.model);
  if (!supportsAdaptiveThinking) budgetThinking(options, call);
  if (options.maxOutputTokens !== undefined || isKnownModel) return;
  options.maxOutputTokens = call.model.includes('claude') ? newerClaudeTokens : otherTokens;
}
