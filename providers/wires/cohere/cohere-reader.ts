import type { ProviderPart } from '../../provider.ts';
import { cutShort, malformed } from '../../translate/completeness.ts';
import { readFinishReason } from '../../translate/finish-reason.ts';
import { UsageCounter } from '../../translate/usage.ts';
import { readCount } from '../../translate/usage-report.ts';
import { EmittedTexts } from '../shared/emitted-texts.ts';
import { type Fields, fields, list, text } from '../shared/fields.ts';
import type { AnswerEnd, AnswerReader, Wire } from '../shared/wire.ts';

/** Cohere charges the billed units; `tokens` counts its own templates as well and stands in where it bills nothing. */
function chargedCounts(value: unknown): unknown {
  const usage = fields(value);
  const charged = { ...fields(usage?.tokens) };
  for (const [name, tokens] of Object.entries(fields(usage?.billed_units) ?? {})) {
    if (readCount(tokens) !== undefined) charged[name] = tokens;
  }
  return Object.keys(charged).length === 0 ? usage : charged;
}

/** In the form of chat completions, of which it sends the texts and probabilities of tokens in lists. */
function addLogprobs(entries: readonly unknown[], into: ProviderPart[]): void {
  const tokens = entries.flatMap((each): object[] => {
    const { text: received, logprobs } = fields(each) ?? {};
    const values = list(logprobs);
    // A text of several tokens does not show which part of it is which token.
    const token = values.length === 1 ? text(received) : '';
    const bytes = values.length === 1 ? [...Buffer.from(token)] : null;
    return values.map((logprob) => ({ token, logprob, bytes, top_logprobs: [] }));
  });
  if (tokens.length > 0) into.push({ type: 'logprobs', tokens });
}

/** One in a stream, a list in a whole answer. */
function toCitations(value: unknown): readonly unknown[] {
  return fields(value) === null ? list(value) : [value];
}

/** Reads Cohere's chat, version 2: message-end is the terminal marker. Plans are passed over. */
class CohereReader implements AnswerReader {
  #calls = 0;
  /** Index of a call on the wire to index of the tool call. */
  readonly #indexes = new Map<unknown, number>();
  readonly #emitted = new EmittedTexts();
  #finishReason = '';
  readonly #usage = new UsageCounter();
  ended = false;

  event(event: Fields, into: ProviderPart[]): void {
    const delta = fields(event.delta);
    const message = fields(delta?.message);
    if (event.type === 'content-delta' || event.type === 'content-start') {
      this.#emitText(message?.content, into);
      if (event.logprobs) addLogprobs([event.logprobs], into);
    } else if (event.type === 'citation-start') {
      for (const citation of toCitations(message?.citations)) into.push({ type: 'citation', citation });
    } else if (event.type === 'tool-call-start') {
      this.#indexes.set(event.index, this.#calls);
      this.#call(fields(message?.tool_calls), into);
    } else if (event.type === 'tool-call-delta') {
      const call = this.#indexes.get(event.index) ?? this.#calls - 1;
      this.#arguments(call, text(fields(fields(message?.tool_calls)?.function)?.arguments), into);
    } else if (event.type === 'message-end') {
      if (message !== null) this.#sayRest(message, into);
      this.#usage.add(chargedCounts(event.usage));
      this.#end(delta);
    }
  }

  whole(answer: Fields, into: ProviderPart[]): void {
    const message = fields(answer.message);
    if (message === null) throw malformed();
    if (typeof message.content === 'string') this.#emitted.emit('text', message.content, into);
    for (const content of list(message.content)) this.#emitText(content, into);
    for (const call of list(message.tool_calls)) {
      this.#call(fields(call), into);
    }
    for (const citation of toCitations(message.citations)) into.push({ type: 'citation', citation });
    addLogprobs(list(answer.logprobs), into);
    this.#end(answer);
  }

  end(): AnswerEnd {
    if (!this.ended) throw cutShort();
    return { reason: readFinishReason(this.#finishReason), usage: this.#usage.counts };
  }

  #end(received: Fields | null): void {
    this.#finishReason = text(received?.finish_reason);
    this.#usage.add(chargedCounts(received?.usage ?? received?.meta));
    this.ended = true;
  }

  #emitText(value: unknown, into: ProviderPart[]): void {
    const content = fields(value);
    this.#emitted.emit('reasoning', content?.thinking, into);
    this.#emitted.emit('text', content?.text, into);
  }

  /** A whole message at the end of a stream. */
  #sayRest(message: Fields, into: ProviderPart[]): void {
    const join = (field: string) =>
      typeof message.content === 'string' && field === 'text'
        ? message.content
        : list(message.content)
            .map((content) => text(fields(content)?.[field]))
            .join('');
    this.#emitted.emitRest('reasoning', join('thinking'), into);
    this.#emitted.emitRest('text', join('text'), into);
    if (this.#calls === 0) for (const call of list(message.tool_calls)) this.#call(fields(call), into);
  }

  #call(call: Fields | null, into: ProviderPart[]): void {
    const called = fields(call?.function);
    const name = text(called?.name);
    if (name === '') throw malformed();
    const given = called?.arguments;
    const argumentsDelta = fields(given) === null ? text(given) : JSON.stringify(given);
    into.push({ type: 'tool-call', index: this.#calls, id: text(call?.id), name, argumentsDelta });
    this.#calls += 1;
  }

  #arguments(index: number, argumentsDelta: string, into: ProviderPart[]): void {
    if (index < 0 || argumentsDelta === '') return;
    into.push({ type: 'tool-call', index, argumentsDelta });
  }
}

/** Cohere's chat API, version 2. */
export const cohereWire: Wire = {
  reader: () => new CohereReader(),
};
