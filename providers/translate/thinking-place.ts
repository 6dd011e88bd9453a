import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { ProviderCall } from '../provider.ts';

/** They refuse a call of a tool in the history without the thinking that led to it, which is not kept. */
const demandsThinking = /\bkimi-(?:k2[.-]?(?:\d|thinking)|for-coding)|\bdeepseek-(?:reasoner|v[4-9])/i;

/** Puts a space, the least that they take, in the place of that thinking. */
export function holdThinkingPlace({ prompt }: LanguageModelV4CallOptions, { model }: ProviderCall): void {
  if (!demandsThinking.test(model)) return;
  for (const message of prompt) {
    if (message.role !== 'assistant' || !message.content.some(({ type }) => type === 'tool-call')) continue;
    message.content.unshift({ type: 'reasoning', text: ' ' });
  }
}
