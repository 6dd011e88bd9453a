import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { ProviderCall, ProviderPart } from '../provider.ts';
import { cutShort, malformed } from '../translate/completeness.ts';
import { UsageCounter } from '../translate/usage.ts';
import { type Fields, fields, list, text } from '../wire/fields.ts';
import type { AnswerEnd, AnswerReader, Wire } from '../wire/wire.ts';
import { isWrapper, nestedCalls } from './parallel-calls.ts';

/** Why a response is incomplete. */
const reasons: Readonly<Record<string, LanguageModelV4FinishReason['unified']>> = {
  max_output_tokens: 'length',
  length: 'length',
  content_filter: 'content-filter',
};

const ends = new Set(['response.completed', 'response.incomplete', 'response.failed', 'response.done']);

/**
 * Reads OpenAI's responses: the event that brings the response's end is the terminal marker. An item that was told in
 * deltas is not told again when it is done. Items of tools that the vendor runs are passed over.
 */
class ResponsesReader implements AnswerReader {
  readonly #tools: ProviderCall['tools'];
  /** Output index of an item to index of the tool call; null while its arguments are held back. */
  readonly #calls = new Map<unknown, number | null>();
  /** Output indexes of items of which something was told. */
  readonly #told = new Set<unknown>();
  #callCount = 0;
  #refused = false;
  #response: Fields | null = null;
  readonly #usage = new UsageCounter();
  ended = false;

  constructor(tools: ProviderCall['tools']) {
    this.#tools = tools;
  }

  event(event: Fields, into: ProviderPart[]): void {
    const { type, output_index: index } = event;
    if (type === 'response.output_text.delta') this.#say('text', index, event.delta, into);
    else if (type === 'response.function_call_arguments.delta') {
      this.#arguments(index, text(event.delta), into);
    } else if (type === 'response.reasoning_summary_text.delta' || type === 'response.reasoning_text.delta') {
      this.#say('reasoning', index, event.delta, into);
    } else if (type === 'response.refusal.delta') {
      this.#refused = true;
      this.#say('text', index, event.delta, into);
    } else if (type === 'response.output_item.added') this.#open(index, fields(event.item), into);
    else if (type === 'response.output_item.done') this.#item(index, fields(event.item), into);
    else if (ends.has(text(type))) {
      this.#response = fields(event.response);
      this.#usage.add(this.#response?.usage);
      this.#usage.add(event.usage);
      this.ended = true;
    }
  }

  whole(answer: Fields, into: ProviderPart[]): void {
    if (!Array.isArray(answer.output)) throw malformed();
    for (const [index, item] of answer.output.entries()) this.#item(index, fields(item), into);
    this.#response = answer;
    this.#usage.add(answer.usage);
    this.ended = true;
  }

  end(): AnswerEnd {
    if (!this.ended) throw cutShort();
    if ([...this.#calls.values()].includes(null)) throw malformed();
    const response = this.#response;
    const status = text(response?.status);
    const raw = text(fields(response?.incomplete_details)?.reason) || status;
    const usage = this.#usage.counts;
    if (raw in reasons || status === 'incomplete') {
      return { reason: { unified: reasons[raw] ?? 'other', raw }, usage };
    }
    if (status === 'failed' || status === 'cancelled') return { reason: { unified: 'error', raw }, usage };
    const refused = this.#refused && this.#callCount === 0;
    return { reason: { unified: refused ? 'content-filter' : 'stop', raw }, usage };
  }

  #open(index: unknown, item: Fields | null, into: ProviderPart[]): void {
    if (item?.type !== 'function_call') return;
    const name = text(item.name);
    if (isWrapper(name, this.#tools)) this.#calls.set(index, null);
    else this.#begin(index, text(item.call_id), name, '', into);
  }

  #begin(index: unknown, id: string, name: string, argumentsDelta: string, into: ProviderPart[]): void {
    if (id === '' || name === '') throw malformed();
    this.#calls.set(index, this.#callCount);
    into.push({ type: 'tool-call', index: this.#callCount, id, name, argumentsDelta });
    this.#callCount += 1;
  }

  #arguments(index: unknown, argumentsDelta: string, into: ProviderPart[]): void {
    const call = this.#calls.get(index) ?? null;
    if (call === null || argumentsDelta === '') return;
    this.#told.add(index);
    into.push({ type: 'tool-call', index: call, argumentsDelta });
  }

  /** A whole item: what of it has not been told yet. */
  #item(index: unknown, item: Fields | null, into: ProviderPart[]): void {
    if (item?.type === 'function_call') this.#call(index, item, into);
    if (this.#told.has(index)) return;
    if (item?.type === 'message') {
      for (const content of list(item.content)) {
        const part = fields(content);
        if (part?.type === 'refusal') this.#refused = true;
        this.#say('text', index, part?.type === 'refusal' ? part.refusal : part?.text, into);
      }
    } else if (item?.type === 'reasoning') {
      const summary = list(item.summary);
      for (const thought of summary.length > 0 ? summary : list(item.content)) {
        this.#say('reasoning', index, fields(thought)?.text, into);
      }
    }
  }

  #call(index: unknown, item: Fields, into: ProviderPart[]): void {
    const [id, name, given] = [text(item.call_id), text(item.name), text(item.arguments)];
    const nested = isWrapper(name, this.#tools) ? nestedCalls(given, this.#tools) : null;
    for (const [at, call] of (nested ?? []).entries()) {
      this.#begin(index, `${id}_${at}`, call.name, call.arguments, into);
    }
    if (nested !== null) return;
    if (typeof this.#calls.get(index) !== 'number') this.#begin(index, id, name, given, into);
    else if (!this.#told.has(index)) this.#arguments(index, given, into);
  }

  #say(type: 'text' | 'reasoning', index: unknown, said: unknown, into: ProviderPart[]): void {
    if (typeof said !== 'string' || said === '') return;
    this.#told.add(index);
    into.push({ type, text: said });
  }
}

/** OpenAI's responses API, which xAI speaks as well. */
export const responsesWire: Wire = {
  blank: JSON.stringify({
    id: '',
    object: 'response',
    created_at: 0,
    model: '',
    status: 'completed',
    output: [],
    usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
  }),
  reader: ({ tools }) => new ResponsesReader(tools),
  toolNames: (request) => list(request.tools).map((tool) => text(fields(tool)?.name)),
};
