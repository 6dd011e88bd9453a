import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { failureOfEvent, toFailure } from '../failure/failure.ts';
import type { ProviderCall, ProviderPart } from '../provider.ts';
import { checkComplete, cutShort } from '../translate/completeness.ts';
import { completeUsage, toFinishReason } from '../translate/usage.ts';
import { checkWarnings } from '../translate/warnings.ts';
import { countsOfSdk } from './sdk-usage.ts';

interface OpenToolCall {
  readonly index: number;
  seen: boolean;
}

export interface PartsOptions {
  readonly call: ProviderCall;
  readonly secret: string | null;
}

/** Turns the stream parts of one call, in order, into ours. */
export class PartTranslator {
  readonly #options: PartsOptions;
  readonly #toolCalls = new Map<string, OpenToolCall>();
  #outputBytes = 0;
  #empty = true;
  /** Set by the part that ends the stream. */
  finished = false;

  constructor(options: PartsOptions) {
    this.#options = options;
  }

  /** Our part for the SDK's, null for those without one; throws what the provider reports as an error. */
  translate(part: LanguageModelV4StreamPart): ProviderPart | null {
    switch (part.type) {
      case 'text-delta':
        return this.#delta('text', part.delta);
      case 'reasoning-delta':
        return this.#delta('reasoning', part.delta);
      case 'tool-input-start':
        return part.providerExecuted === true ? null : this.#openToolCall(part.id, part.toolName, '');
      case 'tool-input-delta':
        return this.#toolCallDelta(part.id, part.delta);
      case 'tool-call':
        if (part.providerExecuted === true) return null;
        return this.#wholeToolCall(part.toolCallId, part.toolName, part.input);
      case 'stream-start':
        checkWarnings(part.warnings);
        return null;
      case 'error':
        throw part.error instanceof Error
          ? toFailure(part.error, undefined, this.#options.secret)
          : failureOfEvent(part.error, this.#options.secret);
      case 'finish':
        return this.#finish(part);
      default:
        return null;
    }
  }

  #delta(type: 'text' | 'reasoning', text: string): ProviderPart | null {
    if (text === '') return null;
    this.#outputBytes += Buffer.byteLength(text);
    this.#empty = false;
    return { type, text };
  }

  #openToolCall(id: string, name: string, argumentsDelta: string): ProviderPart {
    const index = this.#toolCalls.size;
    this.#toolCalls.set(id, { index, seen: argumentsDelta !== '' });
    this.#outputBytes += Buffer.byteLength(argumentsDelta);
    this.#empty = false;
    return { type: 'tool-call', index, id, name, argumentsDelta };
  }

  #toolCallDelta(id: string, argumentsDelta: string): ProviderPart | null {
    const open = this.#toolCalls.get(id);
    if (open === undefined || argumentsDelta === '') return null;
    open.seen = true;
    this.#outputBytes += Buffer.byteLength(argumentsDelta);
    return { type: 'tool-call', index: open.index, argumentsDelta };
  }

  /** Some vendors send a call only whole, some first in pieces and then whole. */
  #wholeToolCall(id: string, name: string, input: string): ProviderPart | null {
    const open = this.#toolCalls.get(id);
    if (open === undefined) return this.#openToolCall(id, name, input);
    return open.seen ? null : this.#toolCallDelta(id, input);
  }

  #finish(part: Extract<LanguageModelV4StreamPart, { type: 'finish' }>): ProviderPart {
    // Some of the SDK's packages end a cut stream with "other", having seen no finish reason on the wire.
    if (part.finishReason.unified === 'other' && part.finishReason.raw === undefined) throw cutShort();
    const reason = toFinishReason(part.finishReason, this.#toolCalls.size > 0);
    const usage = countsOfSdk(part.usage);
    checkComplete(reason, this.#empty, usage);
    this.finished = true;
    return { type: 'finish', reason, usage: completeUsage(usage, this.#options.call, this.#outputBytes) };
  }
}
