import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { ProviderCall, SentReasoning } from '../../provider.ts';
import { type Effort, readEffort, readToolChoice } from '../../translate/call-parts.ts';
import { claudeModel } from './models.ts';

/** For a Claude that is newer than this release: all newer ones answer at least this long. */
const newerClaudeTokens = 32_000;
const otherTokens = 8192;
/** The wire's least thinking budget, and what must be left for the answer. */
const thinkingTokensMin = 1024;

const thinkingShare: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 0.1,
  low: 0.2,
  medium: 0.4,
  high: 0.6,
  xhigh: 0.75,
  max: 0.9,
};

/** How long an answer may be, and how long its thinking. */
export interface OutputPlan {
  /** Without the thinking budget; undefined: the model's own limit. */
  readonly answerTokensMax: number | undefined;
  /** Undefined: no thinking is requested. */
  readonly effort: Effort | undefined;
  /** Tokens of thinking, beside those of the answer; it takes the place of an effort. */
  readonly budgetTokens?: number;
}

/** Is the model's last output a call of a tool without its signed thinking, or the beginning of the answer? */
function isInToolLoop({ messages }: ProviderCall): boolean {
  if (messages.at(-1)?.role === 'assistant') return true;
  const talk = messages.filter(({ role }) => role !== 'system');
  let at = talk.findLastIndex(({ role }) => role === 'assistant');
  for (let turn = talk[at]; turn?.role === 'assistant'; turn = talk[--at]) {
    if (turn.toolCalls.length > 0) return !turn.reasoning?.some(isSigned);
  }
  return false;
}

function isSigned({ signature, redacted }: SentReasoning): boolean {
  return signature !== null || redacted !== null;
}

/** No Claude thinks before a call that it is forced to make. */
function forcesTool(call: ProviderCall): boolean {
  const type = readToolChoice(call)?.type;
  return type === 'required' || type === 'tool';
}

/**
 * Keeps the whole output of a Claude, thinking included, within the caller's maxOutputTokens, by which its cost was
 * reserved: the wire adds the thinking budget on top. Newer Claudes count their (adaptive) thinking in by themselves.
 * Within a tool loop these Claudes think only when their earlier, signed thinking is sent back with it.
 */
function budgetThinking(call: ProviderCall, effort: Effort | undefined): OutputPlan {
  const { maxOutputTokens } = call;
  const share = effort === undefined ? 0 : thinkingShare[effort];
  if (share === 0) return { answerTokensMax: maxOutputTokens, effort };
  if (isInToolLoop(call) || forcesTool(call)) return { answerTokensMax: maxOutputTokens, effort: undefined };
  if (maxOutputTokens === undefined) return { answerTokensMax: undefined, effort };
  const budgetTokens = Math.max(thinkingTokensMin, Math.floor(maxOutputTokens * share));
  if (budgetTokens + thinkingTokensMin > maxOutputTokens) {
    return { answerTokensMax: maxOutputTokens, effort: undefined };
  }
  return { answerTokensMax: maxOutputTokens - budgetTokens, effort: undefined, budgetTokens };
}

/**
 * What a Claude may answer at most. The wire demands a limit, and for ids that are not known it would have to be a guess
 * of 4096. Thinking takes its part of it; where there is no room for both, the answer goes before the thinking.
 */
export function planOutput(call: ProviderCall): OutputPlan {
  const { isKnown, thinking } = claudeModel(call.model);
  const effort = readEffort(call);
  const plan =
    thinking === 'budget' ? budgetThinking(call, effort) : { answerTokensMax: call.maxOutputTokens, effort };
  if (plan.answerTokensMax !== undefined || isKnown) return plan;
  return { ...plan, answerTokensMax: call.model.includes('claude') ? newerClaudeTokens : otherTokens };
}

/** The plan of a call in the words of the AI SDK. */
export function boundOutput(options: LanguageModelV4CallOptions, call: ProviderCall): void {
  const { answerTokensMax, effort, budgetTokens } = planOutput(call);
  if (answerTokensMax !== undefined) options.maxOutputTokens = answerTokensMax;
  if (effort === undefined) delete options.reasoning;
  if (budgetTokens === undefined) return;
  options.providerOptions = {
    ...options.providerOptions,
    anthropic: { thinking: { type: 'enabled', budgetTokens } },
    bedrock: { reasoningConfig: { type: 'enabled', budgetTokens } },
  };
}
