import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { ProviderPart } from '../provider.ts';
import { cutShort, malformed } from '../translate/completeness.ts';
import { UsageCounter } from '../translate/usage.ts';
import { readCount } from '../translate/usage-report.ts';
import { type Fields, fields, list, text } from '../wire/fields.ts';
import type { AnswerEnd, AnswerReader, Wire } from '../wire/wire.ts';

const finishReasons: Readonly<Record<string, LanguageModelV4FinishReason['unified']>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool-calls',
  ERROR: 'error',
  TIMEOUT: 'error',
};

/** Cohere charges the billed units; `tokens` counts its own templates as well and stands in where it bills nothing. */
function chargedCounts(value: unknown): unknown {
  const usage = fields(value);
  const charged = { ...fields(usage?.tokens) };
  for (const [name, tokens] of Object.entries(fields(usage?.billed_units) ?? {})) {
    if (readCount(tokens) !== undefined) charged[name] = tokens;
  }
  return Object.keys(charged).length === 0 ? usage : charged;
}

/** Reads Cohere's chat, version 2: message-end is the terminal marker. Plans and citations are passed over. */
class CohereReader implements AnswerReader {
  #calls = 0;
  /** The latest call has no arguments yet. */
  #bare = false;
  #finishReason = '';
  readonly #usage = new UsageCounter();
  ended = false;

  event(event: Fields, into: ProviderPart[]): void {
    const delta = fields(event.delta);
    const message = fields(delta?.message);
    if (event.type === 'content-delta' || event.type === 'content-start') this.#say(message?.content, into);
    else if (event.type === 'tool-call-start') this.#call(fields(message?.tool_calls), into);
    else if (event.type === 'tool-call-delta') {
      this.#arguments(text(fields(fields(message?.tool_calls)?.function)?.arguments), into);
    } else if (event.type === 'tool-call-end') this.#close(into);
    else if (event.type === 'message-end') {
      this.#usage.add(chargedCounts(event.usage));
      this.#end(delta);
    }
  }

  whole(answer: Fields, into: ProviderPart[]): void {
    const message = fields(answer.message);
    if (message === null) throw malformed();
    for (const content of list(message.content)) this.#say(content, into);
    for (const call of list(message.tool_calls)) {
      this.#call(fields(call), into);
      this.#close(into);
    }
    this.#end(answer);
  }

  end(): AnswerEnd {
    if (!this.ended) throw cutShort();
    const raw = this.#finishReason;
    return { reason: { unified: finishReasons[raw] ?? 'other', raw }, usage: this.#usage.counts };
  }

  #end(said: Fields | null): void {
    this.#finishReason = text(said?.finish_reason);
    this.#usage.add(chargedCounts(said?.usage ?? said?.meta));
    this.ended = true;
  }

  #say(value: unknown, into: ProviderPart[]): void {
    const content = fields(value);
    const thinking = text(content?.thinking);
    if (thinking !== '') into.push({ type: 'reasoning', text: thinking });
    const said = text(content?.text);
    if (said !== '') into.push({ type: 'text', text: said });
  }

  #call(call: Fields | null, into: ProviderPart[]): void {
    const called = fields(call?.function);
    const [id, name] = [text(call?.id), text(called?.name)];
    if (id === '' || name === '') throw malformed();
    // Null stands for no arguments.
    const argumentsDelta = text(called?.arguments).replace(/^null$/, '');
    this.#bare = argumentsDelta === '';
    into.push({ type: 'tool-call', index: this.#calls, id, name, argumentsDelta });
    this.#calls += 1;
  }

  #arguments(argumentsDelta: string, into: ProviderPart[]): void {
    if (this.#calls === 0 || argumentsDelta === '') return;
    this.#bare = false;
    into.push({ type: 'tool-call', index: this.#calls - 1, argumentsDelta });
  }

  #close(into: ProviderPart[]): void {
    if (this.#bare) this.#arguments('{}', into);
  }
}

/** Cohere's chat API, version 2. */
export const cohereWire: Wire = {
  blank: JSON.stringify({
    message: { role: 'assistant', content: [] },
    finish_reason: 'COMPLETE',
    usage: { tokens: { input_tokens: 0, output_tokens: 0 } },
  }),
  reader: () => new CohereReader(),
  toolNames: (request) => list(request.tools).map((tool) => text(fields(fields(tool)?.function)?.name)),
};
