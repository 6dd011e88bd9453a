import { listToolSecrets, redactValues } from '#core/secrets/tool-secrets.ts';
import type { OwnFields, ProviderCall, ProviderKind, ProviderPart } from '../../provider.ts';
import { cutShort, malformed } from '../../translate/completeness.ts';
import { readFinishReason } from '../../translate/finish-reason.ts';
import { UsageCounter } from '../../translate/usage.ts';
import { EmittedTexts } from '../shared/emitted-texts.ts';
import { type Fields, fields, list, readFurther, text } from '../shared/fields.ts';
import { MadeBy } from '../shared/made-by.ts';
import type { AnswerEnd, AnswerReader, Wire } from '../shared/wire.ts';
import {
  addCitations,
  addLogprobs,
  isOwnItem,
  isRefusal,
  readItemId,
  refusalOfItem,
  textOfItem,
} from './output-item.ts';
import { responsesName } from './own-items.ts';
import { joinParagraphs, Paragraphs } from './paragraphs.ts';
import { isWrapper, nestedCalls } from './parallel-calls.ts';

type TextKind = 'text' | 'reasoning' | 'refusal';

/** Events that repeat the text of a part, or are the only ones with it. */
const doneTexts: ReadonlyMap<string, TextKind> = new Map([
  ['response.output_text.done', 'text'],
  ['response.refusal.done', 'refusal'],
  ['response.reasoning_text.done', 'reasoning'],
  ['response.reasoning_summary_text.done', 'reasoning'],
]);
const nothingBetween = { ofItem: '', before: '' };
/** Fields of a call that parts have fields for, and those that are of one answer alone. */
const callFields: ReadonlySet<string> = new Set([
  ...['type', 'id', 'status', 'call_id', 'name', 'namespace', 'arguments'],
]);
const ends = new Set(['response.completed', 'response.incomplete', 'response.failed', 'response.done']);

/** Events that have an item, or all of them, as a whole. */
const wholes: ReadonlySet<string> = new Set(['response.output_item.done', ...ends]);

/**
 * Reads OpenAI's responses: the event that brings the response's end is the terminal marker. What was emitted in deltas is not
 * emitted again when its item is done, nor at the end. The vendor's own items, such as the calls of tools that it ran, are blocks.
 */
class ResponsesReader implements AnswerReader {
  readonly #tools: ProviderCall['tools'];
  /** Key of a call to index of the tool call; null while its arguments are held back. */
  readonly #calls = new Map<unknown, number | null>();
  /** The keys of calls, by the ids of their items and their own. */
  readonly #keyById = new Map<string, unknown>();
  /** The id of the first call at an output index. */
  readonly #owners = new Map<unknown, string>();
  /** Output indexes that servers assign to several calls; undefined stands for an absent one. */
  readonly #shared = new Set<unknown>([undefined]);
  /** The key of the latest call at an output index. */
  readonly #latest = new Map<unknown, unknown>();
  /** Keys of calls that held others. */
  readonly #nested = new Set<unknown>();
  /** What was emitted of the arguments of a call, by its key. */
  readonly #emittedArguments = new Map<unknown, string>();
  /** The further fields that were emitted of a call, as JSON, by its key. */
  readonly #emittedFurther = new Map<unknown, string>();
  /** What was emitted of an item's text, by its output index. */
  readonly #emitted = new Map<unknown, string>();
  readonly #all = new EmittedTexts();
  readonly #paragraphs = new Paragraphs();
  #callCount = 0;
  #refused = false;
  #response: Fields | null = null;
  readonly #usage = new UsageCounter();
  readonly #kind: ProviderKind;
  /** Output indexes of items with emitted sources. */
  readonly #cited = new Set<unknown>();
  /** Encrypted reasoning that was emitted. */
  readonly #sealed = new Set<string>();
  /** The vendor's own items that were emitted. */
  readonly #passed = new Set<string>();
  /** The output indexes of those that have begun. */
  readonly #passing = new Set<unknown>();
  /** The output indexes of messages whose phase was emitted. */
  readonly #phased = new Set<unknown>();
  /** Credentials that the vendor may repeat. */
  readonly #secrets: readonly string[];
  #refusal = '';
  ended = false;

  constructor({ tools, providerTools }: ProviderCall, kind: ProviderKind) {
    this.#tools = tools;
    this.#kind = kind;
    this.#secrets = listToolSecrets(providerTools?.[responsesName] ?? []);
  }

  event(event: Fields, into: ProviderPart[]): void {
    const { type, output_index: index } = event;
    if (this.#passing.has(index) && !wholes.has(text(type))) this.#pass(event, into);
    else if (type === 'response.output_text.delta') {
      this.#emitText('text', index, event.delta, into);
      if (event.logprobs) addLogprobs(event.logprobs, into);
    } else if (type === 'response.output_text.annotation.added') {
      this.#cited.add(index);
      if (event.annotation) into.push({ type: 'citation', citation: event.annotation });
    } else if (type === 'response.function_call_arguments.delta') {
      this.#arguments(this.#keyOfEvent(event), text(event.delta), into);
    } else if (type === 'response.reasoning_summary_text.delta' || type === 'response.reasoning_text.delta') {
      this.#emitText('reasoning', index, event.delta, into, event.summary_index ?? event.content_index);
    } else if (type === 'response.refusal.delta') {
      this.#refused = true;
      this.#emitText('refusal', index, event.delta, into);
    } else if (type === 'response.function_call_arguments.done') {
      this.#argumentsRest(this.#keyOfEvent(event), text(event.arguments), into);
    } else if (doneTexts.has(text(type))) this.#done(event, into);
    else if (type === 'response.output_item.added') this.#open(event, into);
    else if (type === 'response.output_item.done') this.#item(index, fields(event.item), into);
    else if (ends.has(text(type))) this.#end(event, into);
  }

  whole(answer: Fields, into: ProviderPart[]): void {
    if (!Array.isArray(answer.output)) throw malformed();
    for (const [index, each] of answer.output.entries()) {
      const item = fields(each);
      this.#item(index, item, into);
      for (const part of list(item?.content)) addLogprobs(fields(part)?.logprobs, into);
    }
    this.#response = answer;
    this.#usage.add(answer.usage);
    this.ended = true;
  }

  end(): AnswerEnd {
    if (!this.ended) throw cutShort();
    if ([...this.#calls.values()].includes(null)) throw malformed();
    const made = new MadeBy();
    made.add(this.#response ?? {});
    return { ...this.#readEnd(), made: made.details };
  }

  #readEnd(): AnswerEnd {
    const response = this.#response;
    const status = text(response?.status);
    const raw = text(fields(response?.incomplete_details)?.reason) || status;
    const usage = this.#usage.counts;
    const reason = readFinishReason(raw);
    if (status === 'incomplete' && (raw === status || reason.unified === 'stop')) {
      return { reason: { unified: 'other', raw }, usage };
    }
    // A response without a status has ended all the same.
    if (raw !== '' && reason.unified !== 'stop') return { reason, usage };
    const refused = this.#refused && this.#callCount === 0;
    return { reason: { unified: refused ? 'content-filter' : 'stop', raw }, usage };
  }

  /** Some servers send the answer, or the end of it, in the last event alone. */
  #end(event: Fields, into: ProviderPart[]): void {
    this.#response = fields(event.response);
    this.#usage.add(this.#response?.usage);
    this.#usage.add(event.usage);
    const items = list(this.#response?.output).map(fields);
    const texts = (type: string) => items.map((item) => (item?.type === type ? textOfItem(item) : ''));
    this.#refused ||= items.some(isRefusal);
    this.#all.emitRest('reasoning', joinParagraphs(texts('reasoning')), into);
    this.#all.emitRest('text', texts('message').join('') || text(this.#response?.output_text), into);
    for (const item of items) if (item !== null) this.#finishItem(item, into);
    for (const item of items) {
      if (item === null) continue;
      if (isOwnItem(item)) this.#ownItem(item, into);
      else if (item.type === 'function_call') this.#callRest(item, into);
    }
    this.ended = true;
  }

  #ownItem(item: Fields, into: ProviderPart[]): void {
    const id = text(item.id) || JSON.stringify(item);
    if (this.#passed.has(id)) return;
    this.#passed.add(id);
    into.push({ type: 'provider-block', format: responsesName, block: redactValues(item, this.#secrets) });
  }

  /** Progress of one of the vendor's own items. */
  #pass({ sequence_number: _, ...event }: Fields, into: ProviderPart[]): void {
    const change = redactValues(event, this.#secrets);
    into.push({ type: 'provider-block-change', format: responsesName, change });
  }

  /** The phase of a message stands before its text. */
  #phase(index: unknown, { type, phase }: Fields, into: ProviderPart[]): void {
    if (type !== 'message' || text(phase) === '' || this.#phased.has(index)) return;
    this.#phased.add(index);
    into.push({ type: 'provider-block', format: responsesName, block: { type: 'message', phase } });
  }

  #callRest(item: Fields, into: ProviderPart[]): void {
    const id = readItemId(item);
    const known = this.#keyById.get(id);
    if (known !== undefined) this.#call(known, item, into);
    else if (id !== '' || this.#callCount === 0) this.#call(item, item, into);
  }

  #open(event: Fields, into: ProviderPart[]): void {
    const { output_index: index } = event;
    const item = fields(event.item);
    if (item === null) return;
    this.#phase(index, item, into);
    if (isOwnItem(item)) {
      if (typeof index === 'number') this.#passing.add(index);
      this.#pass(event, into);
      return;
    }
    if (item.type !== 'function_call') return;
    const name = text(item.name);
    const key = this.#chooseKey(index, item);
    if (isWrapper(name, this.#tools)) this.#calls.set(key, null);
    else this.#begin(key, readItemId(item), name, '', into, item);
  }

  /** A call is known by its output index or, where that is missing or not its own, by its id. */
  #chooseKey(index: unknown, item: Fields): unknown {
    const id = readItemId(item);
    const owner = this.#owners.get(index);
    let key = index;
    if (id !== '' && (index === undefined || (owner !== undefined && owner !== '' && owner !== id))) {
      this.#shared.add(index);
      key = this.#keyById.get(id) ?? item;
    } else this.#owners.set(index, id);
    for (const each of [id, text(item.id)]) if (each !== '') this.#keyById.set(each, key);
    this.#latest.set(index, key);
    return key;
  }

  #keyOfEvent({ output_index: index, item_id: id }: Fields): unknown {
    return this.#shared.has(index) ? (this.#keyById.get(text(id)) ?? this.#latest.get(index)) : index;
  }

  #begin(
    key: unknown,
    id: string,
    name: string,
    argumentsDelta: string,
    into: ProviderPart[],
    item: Fields = {},
  ): void {
    if (name === '') throw malformed();
    this.#calls.set(key, this.#callCount);
    const named = { index: this.#callCount, id, name, argumentsDelta };
    into.push({ type: 'tool-call', ...named, ...this.#further(key, item) });
    this.#callCount += 1;
  }

  /** What of the further fields of a call has not been emitted. */
  #further(key: unknown, item: Fields): { readonly own?: OwnFields } {
    const further = readFurther(item, callFields, responsesName);
    const json = JSON.stringify(further);
    if (further.own === undefined || this.#emittedFurther.get(key) === json) return {};
    this.#emittedFurther.set(key, json);
    return further;
  }

  #arguments(key: unknown, argumentsDelta: string, into: ProviderPart[]): void {
    const call = this.#calls.get(key) ?? null;
    if (call === null || argumentsDelta === '') return;
    this.#emittedArguments.set(key, (this.#emittedArguments.get(key) ?? '') + argumentsDelta);
    into.push({ type: 'tool-call', index: call, argumentsDelta });
  }

  #argumentsRest(key: unknown, given: string, into: ProviderPart[]): void {
    const emitted = this.#emittedArguments.get(key) ?? '';
    if (given.startsWith(emitted)) this.#arguments(key, given.slice(emitted.length), into);
  }

  /** The first part of an item: what of it has not been emitted yet. Further parts come with the item. */
  #done(event: Fields, into: ProviderPart[]): void {
    const { type, output_index: index, content_index: content, summary_index: summary } = event;
    if ((content ?? summary ?? 0) !== 0) return;
    if (type === 'response.refusal.done') this.#refused = true;
    if (type === 'response.refusal.done') {
      const refusal = text(event.refusal);
      if (refusal.startsWith(this.#refusal))
        this.#emitText('refusal', index, refusal.slice(this.#refusal.length), into);
      return;
    }
    const whole = text(event.text);
    const emitted = this.#emitted.get(index) ?? '';
    if (whole.startsWith(emitted))
      this.#emitText(doneTexts.get(text(type)) ?? 'text', index, whole.slice(emitted.length), into);
  }

  /** A whole item: what of it has not been emitted yet. */
  #item(index: unknown, item: Fields | null, into: ProviderPart[]): void {
    if (item === null) return;
    if (isOwnItem(item)) this.#ownItem(item, into);
    else if (item.type === 'function_call') this.#call(this.#chooseKey(index, item), item, into);
    if (item.type !== 'message' && item.type !== 'reasoning') return;
    this.#phase(index, item, into);
    if (isRefusal(item)) this.#refused = true;
    if (!this.#cited.has(index)) {
      this.#cited.add(index);
      addCitations(item, into);
    }
    this.#sayItem(index, item, into);
    this.#finishItem(item, into);
  }

  #sayItem(index: unknown, item: Fields, into: ProviderPart[]): void {
    const emitted = this.#emitted.get(index) ?? '';
    const whole = textOfItem(item);
    if (!whole.startsWith(emitted)) return;
    this.#emitText(item.type === 'message' ? 'text' : 'reasoning', index, whole.slice(emitted.length), into);
  }

  #call(key: unknown, item: Fields, into: ProviderPart[]): void {
    const [id, name] = [readItemId(item), text(item.name)];
    const given = fields(item.arguments) === null ? text(item.arguments) : JSON.stringify(item.arguments);
    if (this.#nested.has(key)) return;
    const nested = isWrapper(name, this.#tools) ? nestedCalls(given, this.#tools) : null;
    for (const [at, call] of (nested ?? []).entries()) {
      this.#begin(key, `${id}_${at}`, call.name, call.arguments, into);
    }
    if (nested !== null) this.#nested.add(key);
    if (nested !== null) return;
    const call = this.#calls.get(key);
    if (typeof call !== 'number') {
      this.#emittedArguments.set(key, given);
      this.#begin(key, id, name, given, into, item);
      return;
    }
    this.#argumentsRest(key, given, into);
    const { own } = this.#further(key, item);
    if (own !== undefined) into.push({ type: 'tool-call', index: call, argumentsDelta: '', own });
  }

  /** What an item has that comes only with the whole of it. */
  #finishItem(item: Fields, into: ProviderPart[]): void {
    const refusal = refusalOfItem(item);
    if (refusal.length > this.#refusal.length && refusal.startsWith(this.#refusal)) {
      this.#refuse(refusal.slice(this.#refusal.length), into);
    }
    const redacted = item.type === 'reasoning' ? text(item.encrypted_content) : '';
    if (redacted === '' || this.#sealed.has(redacted)) return;
    this.#sealed.add(redacted);
    const [summary, id] = [textOfItem(item), text(item.id)];
    into.push({
      type: 'reasoning-block',
      block: {
        text: summary === '' ? null : summary,
        signature: id === '' ? null : id,
        redacted,
        toolCallId: null,
        provider: this.#kind,
      },
    });
  }

  #refuse(received: string, into: ProviderPart[]): void {
    this.#refusal += received;
    into.push({ type: 'refusal', text: received });
  }

  /** `part`: the place in the item, of which reasoning has several. */
  #emitText(type: TextKind, index: unknown, received: unknown, into: ProviderPart[], part?: unknown): void {
    if (typeof received !== 'string' || received === '') return;
    if (type === 'refusal') {
      this.#refuse(received, into);
      return;
    }
    const isThought = type === 'reasoning';
    const { ofItem, before } = isThought ? this.#paragraphs.next({ index, part }, received) : nothingBetween;
    this.#emitted.set(index, (this.#emitted.get(index) ?? '') + ofItem + received);
    this.#all.emit(type, before + ofItem + received, into);
  }
}

/** OpenAI's responses API, which xAI speaks as well. */
export const responsesWire: Wire = {
  reader: (call, kind) => new ResponsesReader(call, kind),
};
