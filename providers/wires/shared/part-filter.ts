import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { ProviderPart } from '../../provider.ts';

/** Stands between a reader and the caller of one answer. */
export interface PartFilter {
  /** The part as it is passed on; null: not at all. */
  pass(part: ProviderPart): ProviderPart | null;
  /** A text that was held back and turned out to be the answer; empty for none. */
  rest(): string;
  reason(reason: LanguageModelV4FinishReason): LanguageModelV4FinishReason;
}

/**
 * Where a model cannot keep to a schema and call tools, it is offered one more tool, whose arguments are the answer.
 * They become the text. Text beside it is talk, unless the model called no tool at all: then it is the answer after all.
 */
export class AnswerTool implements PartFilter {
  readonly #name: string;
  readonly #answers = new Set<number>();
  readonly #calls = new Map<number, number>();
  #held = '';

  constructor(name: string) {
    this.#name = name;
  }

  pass(part: ProviderPart): ProviderPart | null {
    if (part.type === 'text') {
      this.#held += part.text;
      return null;
    }
    if (part.type !== 'tool-call') return part;
    if (part.name === this.#name) this.#answers.add(part.index);
    if (this.#answers.has(part.index)) {
      return part.argumentsDelta === '' ? null : { type: 'text', text: part.argumentsDelta };
    }
    const index = this.#calls.get(part.index) ?? this.#calls.size;
    this.#calls.set(part.index, index);
    return { ...part, index };
  }

  rest(): string {
    return this.#answers.size + this.#calls.size === 0 ? this.#held : '';
  }

  reason(reason: LanguageModelV4FinishReason): LanguageModelV4FinishReason {
    const answered = this.#answers.size > 0 && this.#calls.size === 0;
    return answered && reason.unified === 'tool-calls' ? { ...reason, unified: 'stop' } : reason;
  }
}

/** For models that repeat a tool call after they have returned the requested answer: the answer counts. */
export class TextBeforeCalls implements PartFilter {
  #hasText = false;

  pass(part: ProviderPart): ProviderPart | null {
    this.#hasText ||= part.type === 'text';
    return this.#hasText && part.type === 'tool-call' ? null : part;
  }

  rest(): string {
    return '';
  }

  reason(reason: LanguageModelV4FinishReason): LanguageModelV4FinishReason {
    return this.#hasText && reason.unified === 'tool-calls' ? { ...reason, unified: 'stop' } : reason;
  }
}
