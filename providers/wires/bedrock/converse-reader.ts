import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { ProviderCall, ProviderKind, ProviderPart } from '../../provider.ts';
import { cutShort, malformed } from '../../translate/completeness.ts';
import { readFinishReason } from '../../translate/finish-reason.ts';
import { UsageCounter } from '../../translate/usage.ts';
import { type Fields, fields, list, text } from '../shared/fields.ts';
import type { PartFilter } from '../shared/part-filter.ts';
import type { AnswerEnd, AnswerReader, Wire } from '../shared/wire.ts';
import { EventFrames } from './event-frames.ts';

/** Reads Bedrock's Converse: messageStop is the terminal marker, the usage comes after it. */
class ConverseReader implements AnswerReader {
  /** Index of a block on the wire to index of the tool call. */
  readonly #calls = new Map<unknown, number>();
  /** Blocks of reasoning that are not complete, by their index on the wire. */
  readonly #thinking = new Map<unknown, { text: string; signature: string; redacted: string }>();
  readonly #kind: ProviderKind;
  #callCount = 0;
  #stopReason = '';
  readonly #usage = new UsageCounter({ cacheApart: true });
  ended = false;

  constructor(kind: ProviderKind) {
    this.#kind = kind;
  }

  event(event: Fields, into: ProviderPart[]): void {
    if (event.contentBlockDelta) this.#delta(fields(event.contentBlockDelta), into);
    else if (event.contentBlockStart) {
      const { contentBlockIndex, start } = fields(event.contentBlockStart) ?? {};
      const toolUse = fields(fields(start)?.toolUse);
      if (toolUse !== null) this.#call(contentBlockIndex, toolUse, '', into);
    } else if (event.contentBlockStop) {
      this.#close(fields(event.contentBlockStop)?.contentBlockIndex, into);
    } else if (event.messageStop) this.#stopReason = text(fields(event.messageStop)?.stopReason);
    else if (event.metadata) {
      this.#usage.add(fields(event.metadata)?.usage);
      this.ended = this.#stopReason !== '';
    }
  }

  whole(answer: Fields, into: ProviderPart[]): void {
    const message = fields(fields(answer.output)?.message);
    if (message === null) throw malformed();
    for (const [index, each] of list(message.content).entries()) {
      const block = fields(each);
      this.#emitText(index, block, into);
      this.#close(index, into);
      const toolUse = fields(block?.toolUse);
      if (toolUse === null) continue;
      const { input } = toolUse;
      const given = typeof input === 'object' && input !== null ? JSON.stringify(input) : text(input);
      this.#call(index, toolUse, given, into);
    }
    this.#stopReason = text(answer.stopReason) || 'none';
    this.#usage.add(answer.usage);
    this.ended = true;
  }

  end(): AnswerEnd {
    if (this.#stopReason === '') throw cutShort();
    return { reason: readFinishReason(this.#stopReason), usage: this.#usage.counts };
  }

  #delta(event: Fields | null, into: ProviderPart[]): void {
    const delta = fields(event?.delta);
    this.#emitText(event?.contentBlockIndex, delta, into);
    if (delta?.citation) into.push({ type: 'citation', citation: delta.citation });
    const call = this.#calls.get(event?.contentBlockIndex);
    const argumentsDelta = text(fields(delta?.toolUse)?.input);
    if (call !== undefined && argumentsDelta !== '')
      into.push({ type: 'tool-call', index: call, argumentsDelta });
  }

  #call(block: unknown, toolUse: Fields, argumentsDelta: string, into: ProviderPart[]): void {
    const name = text(toolUse.name);
    if (name === '') throw malformed();
    const index = this.#callCount;
    this.#calls.set(block, index);
    into.push({ type: 'tool-call', index, id: text(toolUse.toolUseId), name, argumentsDelta });
    this.#callCount += 1;
  }

  /** Text, also beside its sources, or reasoning, of a block or of its delta. */
  #emitText(index: unknown, block: Fields | null, into: ProviderPart[]): void {
    if (block === null) return;
    const cited = list(fields(block.citationsContent)?.content).map((each) => text(fields(each)?.text));
    const received = text(block.text) || cited.join('');
    if (received !== '') into.push({ type: 'text', text: received });
    for (const citation of list(fields(block.citationsContent)?.citations)) {
      into.push({ type: 'citation', citation });
    }
    const reasoning = fields(block.reasoningContent);
    if (reasoning !== null) this.#think(index, reasoning, into);
  }

  #think(index: unknown, reasoning: Fields, into: ProviderPart[]): void {
    const whole = fields(reasoning.reasoningText);
    const thought = text(reasoning.text) || text(whole?.text);
    if (thought !== '') into.push({ type: 'reasoning', text: thought });
    let block = this.#thinking.get(index);
    if (block === undefined) {
      block = { text: '', signature: '', redacted: '' };
      this.#thinking.set(index, block);
    }
    block.text += thought;
    block.signature += text(reasoning.signature) || text(whole?.signature);
    block.redacted += text(reasoning.redactedContent) || text(fields(reasoning.redactedReasoning)?.data);
  }

  /** What is neither signed nor encrypted is not taken back. */
  #close(index: unknown, into: ProviderPart[]): void {
    const block = this.#thinking.get(index);
    this.#thinking.delete(index);
    if (block === undefined || block.signature + block.redacted === '') return;
    const orNull = (value: string) => (value === '' ? null : value);
    into.push({
      type: 'reasoning-block',
      block: {
        text: orNull(block.text),
        signature: orNull(block.signature),
        redacted: orNull(block.redacted),
        toolCallId: null,
        provider: this.#kind,
      },
    });
  }
}

/** Takes the first object out of a text: some Claudes are instructed in words to answer with JSON, and may add more. */
class FirstObject implements PartFilter {
  #depth = 0;
  #isOver = false;
  #inText = false;
  #isEscaped = false;
  #before = '';

  pass(part: ProviderPart): ProviderPart | null {
    if (part.type !== 'text') return part;
    let kept = '';
    for (const letter of part.text) if (this.#takes(letter)) kept += letter;
    if (this.#depth === 0 && !this.#isOver) this.#before += part.text;
    return kept === '' ? null : { type: 'text', text: kept };
  }

  rest(): string {
    return this.#depth === 0 && !this.#isOver ? this.#before : '';
  }

  reason(reason: LanguageModelV4FinishReason): LanguageModelV4FinishReason {
    return reason;
  }

  #takes(letter: string): boolean {
    if (this.#isOver || (this.#depth === 0 && letter !== '{')) return false;
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#inText) {
      if (letter === '\\') this.#isEscaped = true;
      else if (letter === '"') this.#inText = false;
    } else if (letter === '"') this.#inText = true;
    else if (letter === '{') this.#depth += 1;
    else if (letter === '}') this.#depth -= 1;
    this.#isOver = this.#depth === 0;
    return true;
  }
}

/** Bedrock's Converse API. */
export const converseWire: Wire = {
  reader: (_, kind) => new ConverseReader(kind),
  framing: () => new EventFrames(),
  filter: ({ model, responseSchema }: ProviderCall) =>
    responseSchema !== undefined && /claude|anthropic/.test(model) ? new FirstObject() : null,
};
