import type { ProviderKind, ProviderPart, ReasoningBlock } from '../../provider.ts';
import { cutShort, malformed, toolArguments } from '../../translate/completeness.ts';
import { readFinishReason } from '../../translate/finish-reason.ts';
import { UsageCounter, usageSoFar } from '../../translate/usage.ts';
import { EmittedTexts } from '../shared/emitted-texts.ts';
import { type Fields, fields, list, readFurther, text } from '../shared/fields.ts';
import { MadeBy } from '../shared/made-by.ts';
import type { AnswerEnd, AnswerReader, Wire } from '../shared/wire.ts';

/** Fields of a call that parts have fields for. */
const callFields: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input']);

/** Reads Anthropic's messages: message_stop is the terminal marker. Blocks that are no part of others are passed on as they are. */
class MessagesReader implements AnswerReader {
  readonly #kind: ProviderKind;
  /** Blocks of thinking that are not complete, by their index on the wire. */
  readonly #thinking = new Map<unknown, { text: string; signature: string }>();
  /** Blocks of other types that are not complete, with the JSON of their input, by their index on the wire. */
  readonly #others = new Map<unknown, { block: Fields; input: string }>();
  /** Index of a block on the wire to index of the tool call. */
  readonly #calls = new Map<unknown, number>();
  #callCount = 0;
  /** Arguments that stand in the start of a block, by its index on the wire: some servers send them in deltas as well. */
  readonly #startArguments = new Map<unknown, string>();
  readonly #emitted = new EmittedTexts();
  #message: Fields | null = null;
  readonly #usage = new UsageCounter({ cacheApart: true });
  readonly #made = new MadeBy();
  #stopReason = '';
  #stopSequence = '';
  ended = false;

  constructor(kind: ProviderKind) {
    this.#kind = kind;
  }

  event(event: Fields, into: ProviderPart[]): void {
    if (event.type === 'content_block_delta') this.#delta(event, into);
    else if (event.type === 'content_block_start') this.#open(event.index, fields(event.content_block), into);
    else if (event.type === 'content_block_stop') this.#close(event.index, into);
    else if (event.type === 'message_start') this.#start(event, into);
    else if (event.type === 'message_delta') {
      const delta = fields(event.delta);
      this.#usage.add(event.usage);
      this.#usage.add(delta?.usage);
      this.#made.add(fields(event.usage) ?? {});
      this.#stopReason = text(delta?.stop_reason) || this.#stopReason;
      this.#stopSequence = text(delta?.stop_sequence) || this.#stopSequence;
    } else if (event.type === 'message_stop') {
      for (const index of [...this.#startArguments.keys(), ...this.#thinking.keys(), ...this.#others.keys()])
        this.#close(index, into);
      this.#sayRest(into);
      this.#usage.add(event.usage);
      this.ended = true;
    }
  }

  whole(answer: Fields, into: ProviderPart[]): void {
    if (!Array.isArray(answer.content)) throw malformed();
    this.#usage.add(answer.usage);
    this.#made.add(fields(answer.usage) ?? {});
    this.#stopReason = text(answer.stop_reason);
    this.#stopSequence = text(answer.stop_sequence);
    for (const [index, block] of answer.content.entries()) {
      this.#block(index, fields(block), into);
      this.#closeThinking(index, into);
      this.#closeOther(index, into);
    }
    this.ended = true;
  }

  end(): AnswerEnd {
    if (!this.ended) throw cutShort();
    const stopped = this.#stopSequence === '' ? {} : { stopSequence: this.#stopSequence };
    const [reason, usage] = [readFinishReason(this.#stopReason), this.#usage.counts];
    return { reason, usage, ...stopped, made: this.#made.details };
  }

  /** Reports the whole input before the first token: what an aborted stream is billed by. */
  #start(event: Fields, into: ProviderPart[]): void {
    const message = fields(event.message);
    if (this.#message !== null && this.#message.id !== message?.id) throw malformed();
    this.#message = message;
    this.#usage.addStart(message?.usage);
    this.#made.add(fields(message?.usage) ?? {});
    this.#usage.addStart(event.usage);
    const { counts } = this.#usage;
    if (counts !== null) into.push({ type: 'usage', usage: usageSoFar(counts) });
  }

  #open(index: unknown, block: Fields | null, into: ProviderPart[]): void {
    const given = block?.type === 'tool_use' ? readCallArguments(block) : '';
    if (given === '') this.#block(index, block, into);
    else {
      this.#block(index, { ...block, input: {} }, into);
      this.#startArguments.set(index, given);
    }
  }

  #close(index: unknown, into: ProviderPart[]): void {
    this.#arguments(index, this.#startArguments.get(index) ?? '', into);
    if (this.#thinking.size > 0) this.#closeThinking(index, into);
    if (this.#others.size > 0) this.#closeOther(index, into);
  }

  #closeThinking(index: unknown, into: ProviderPart[]): void {
    const block = this.#thinking.get(index);
    if (block === undefined) return;
    this.#thinking.delete(index);
    const { text: thought, signature } = block;
    // What is not signed is not taken back.
    if (signature === '') return;
    this.#push({ text: thought, signature, redacted: null }, into);
  }

  #closeOther(index: unknown, into: ProviderPart[]): void {
    const other = this.#others.get(index);
    if (other === undefined) return;
    this.#others.delete(index);
    const { block, input } = other;
    const whole = input === '' ? block : { ...block, input: toolArguments(input) };
    into.push({ type: 'provider-block', format: 'messages', block: whole });
  }

  #push(block: Omit<ReasoningBlock, 'provider' | 'toolCallId'>, into: ProviderPart[]): void {
    into.push({ type: 'reasoning-block', block: { ...block, toolCallId: null, provider: this.#kind } });
  }

  #block(index: unknown, block: Fields | null, into: ProviderPart[]): void {
    if (block?.type === 'text') {
      this.#emitted.emit('text', block.text, into);
      for (const citation of list(block.citations)) into.push({ type: 'citation', citation });
    } else if (block?.type === 'thinking') {
      this.#thinking.set(index, { text: text(block.thinking), signature: text(block.signature) });
      this.#emitted.emit('reasoning', block.thinking, into);
    } else if (block?.type === 'redacted_thinking') {
      const redacted = text(block.data);
      if (redacted !== '') this.#push({ text: null, signature: null, redacted }, into);
    } else if (block?.type === 'tool_use') {
      const call = this.#callCount;
      this.#calls.set(index, call);
      this.#callCount += 1;
      const argumentsDelta = readCallArguments(block);
      const name = text(block.name);
      if (name === '') throw malformed();
      const named = { index: call, id: text(block.id), name, argumentsDelta };
      into.push({ type: 'tool-call', ...named, ...readFurther(block, callFields, 'messages') });
    } else if (block !== null && text(block.type) !== '') this.#others.set(index, { block, input: '' });
  }

  #delta({ index, delta }: Fields, into: ProviderPart[]): void {
    const received = fields(delta);
    if (received?.type === 'text_delta') this.#emitted.emit('text', received.text, into);
    else if (received?.type === 'thinking_delta') {
      const block = this.#thinking.get(index);
      if (block !== undefined) block.text += text(received.thinking);
      this.#emitted.emit('reasoning', received.thinking, into);
    } else if (received?.type === 'signature_delta') {
      const block = this.#thinking.get(index);
      if (block !== undefined) block.signature += text(received.signature);
    } else if (received?.type === 'citations_delta') {
      if (received.citation) into.push({ type: 'citation', citation: received.citation });
    } else if (received?.type === 'input_json_delta')
      this.#arguments(index, text(received.partial_json), into);
  }

  #arguments(index: unknown, argumentsDelta: string, into: ProviderPart[]): void {
    const other = this.#others.get(index);
    if (other !== undefined) other.input += argumentsDelta;
    const call = this.#calls.get(index);
    if (call === undefined || argumentsDelta === '') return;
    this.#startArguments.delete(index);
    into.push({ type: 'tool-call', index: call, argumentsDelta });
  }

  /** Some proxies put the answer into the message that begins the stream. */
  #sayRest(into: ProviderPart[]): void {
    const blocks = list(this.#message?.content).map(fields);
    const join = (type: string, field: string) =>
      blocks.map((block) => (block?.type === type ? text(block[field]) : '')).join('');
    this.#emitted.emitRest('reasoning', join('thinking', 'thinking'), into);
    this.#emitted.emitRest('text', join('text', 'text'), into);
    if (this.#callCount > 0) return;
    for (const [index, block] of blocks.entries()) {
      if (block?.type === 'tool_use') this.#block(index, block, into);
    }
  }
}

/** The arguments of a whole call; empty where they are none. */
function readCallArguments(block: Fields): string {
  const input = fields(block.input);
  return input !== null && Object.keys(input).length > 0 ? JSON.stringify(input) : text(block.input);
}

/** Anthropic's messages API, at Anthropic itself and at Vertex. */
export const messagesWire: Wire = {
  reader: (_, kind) => new MessagesReader(kind),
};
