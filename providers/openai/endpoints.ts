import type { ConversationRules } from '../translate/conversation.ts';

/** Chat completions refuse longer ids of tool calls. */
export const chatRules: ConversationRules = { toolCallIds: /^[\s\S]{1,40}$/ };

export const responsesRules: ConversationRules = {
  toolCallIds: /^[\s\S]{1,64}$/,
  filesInResults: true,
  resultsAnywhere: true,
};

/** OpenAI's own name of a model behind the prefixes of proxies: `openrouter/openai/gpt-5` is gpt-5. */
export function withoutPrefix(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1).replace(/^openai[.:]/, '');
}

function toBaseName(model: string): string {
  return withoutPrefix(model).replace(/^ft:/, '');
}

/** Is it a reasoning model of OpenAI's, which takes neither max_tokens nor a temperature? */
function isReasoningModel(model: string): boolean {
  const name = toBaseName(model);
  return /^(?:o\d|gpt-(?:[5-9]|\d\d))(?![a-z])/.test(name) && !/^gpt-\d+(?:\.\d+)?-chat/.test(name);
}

/**
 * Which of OpenAI's two APIs a model is called through. Chat completions is the default: it takes stop and seed and its
 * usage and terminal marker are exact. Reasoning models go through responses, because only there do reasoning summaries
 * exist, effort goes together with tools, and the newest ones are served at all.
 */
export function prefersResponses(model: string): boolean {
  return isReasoningModel(model) || /^(?:codex|computer-use)|deep-research|-codex/.test(toBaseName(model));
}

/** Makes a request of chat completions one that OpenAI's reasoning models take, whatever server stands before them. */
export function forReasoningModel(body: Record<string, unknown>): void {
  if (typeof body.model !== 'string' || !isReasoningModel(body.model)) return;
  body.max_completion_tokens ??= body.max_tokens;
  delete body.max_tokens;
  // From gpt-5.1 on, a model that is set not to reason takes them.
  if (body.reasoning_effort === 'none') return;
  delete body.temperature;
  delete body.top_p;
  delete body.presence_penalty;
  delete body.frequency_penalty;
  delete body.logprobs;
  delete body.top_logprobs;
}
