import type { ProviderAnswer, ProviderCall, ProviderPart, ToolCall } from '../provider.ts';
import { checkComplete, malformed, toolArguments } from '../translate/completeness.ts';
import { failureOfEvent } from '../translate/failure.ts';
import { completeUsage, toFinishReason } from '../translate/usage.ts';
import { EventLines } from './event-lines.ts';
import { type Fields, fields } from './fields.ts';
import type { PartFilter } from './part-filter.ts';
import type { AnswerReader } from './wire.ts';

interface Context {
  readonly call: ProviderCall;
  /** Kept out of every message. */
  readonly secret: string | null;
  readonly filter: PartFilter | null;
}

/** One answer of any wire: out of bytes in pieces, or whole. */
export class AnswerParts {
  readonly #reader: AnswerReader;
  readonly #context: Context;
  #lines = new EventLines();
  #failure: { readonly error: unknown } | null = null;
  #outputBytes = 0;
  #said = false;
  #called = false;

  /** Set by the terminal marker or the end of the body. */
  ended = false;

  constructor(reader: AnswerReader, context: Context) {
    this.#reader = reader;
    this.#context = context;
  }

  /**
   * The parts of the bytes that came, null being the end of the body. What came before an error is told before it:
   * `throwIfFailed` is called when the parts have been passed on.
   */
  read(bytes: Uint8Array | null): readonly ProviderPart[] {
    const parts: ProviderPart[] = [];
    try {
      for (const data of bytes === null ? this.#lines.end() : this.#lines.push(bytes)) {
        if (data === '[DONE]') this.ended = true;
        else this.#reader.event(this.#parse(data), parts);
        this.ended ||= this.#reader.ended;
        if (this.ended) break;
      }
    } catch (error) {
      this.#failure = { error };
    }
    if (bytes === null) this.ended = true;
    return this.#pass(parts);
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** The answer goes on in another body. */
  goOn(): void {
    this.#lines = new EventLines();
    this.ended = false;
  }

  /** A whole answer's body. */
  whole(body: string): readonly ProviderPart[] {
    const parts: ProviderPart[] = [];
    this.#reader.whole(this.#parse(body), parts);
    return this.#pass(parts);
  }

  /** The last parts. Without its terminal marker the answer was cut, whatever else came. */
  finish(): readonly ProviderPart[] {
    const { call, filter } = this.#context;
    const end = this.#reader.end();
    const rest = filter?.rest() ?? '';
    const parts: ProviderPart[] = rest === '' ? [] : [{ type: 'text', text: rest }];
    for (const part of parts) this.#count(part);
    const reason = toFinishReason(filter?.reason(end.reason) ?? end.reason, this.#called);
    checkComplete(reason, !this.#said && !this.#called, end.usage);
    parts.push({ type: 'finish', reason, usage: completeUsage(end.usage, call, this.#outputBytes) });
    return parts;
  }

  #parse(data: string): Fields {
    let parsed: unknown;
    try {
      parsed = JSON.parse(data);
    } catch (cause) {
      throw malformed(cause);
    }
    const event = fields(parsed);
    if (event === null) throw malformed();
    if (tellsError(event)) throw failureOfEvent(event, this.#context.secret);
    return event;
  }

  #pass(parts: readonly ProviderPart[]): readonly ProviderPart[] {
    const { filter } = this.#context;
    const passed =
      filter === null ? parts : parts.map((part) => filter.pass(part)).filter((part) => part !== null);
    for (const part of passed) this.#count(part);
    return passed;
  }

  #count(part: ProviderPart): void {
    if (part.type === 'text' || part.type === 'reasoning') {
      this.#said = true;
      this.#outputBytes += Buffer.byteLength(part.text);
    } else if (part.type === 'tool-call') {
      this.#called = true;
      this.#outputBytes += Buffer.byteLength(part.argumentsDelta);
    }
  }
}

/** Errors look alike on all wires, whatever the event is called. */
function tellsError(event: Fields): boolean {
  if (event.error || event.type === 'error' || event.object === 'error') return true;
  return event.type === 'response.failed' && Boolean(fields(event.response)?.error);
}

/** All parts of an answer as one. */
export function gather(parts: readonly ProviderPart[]): ProviderAnswer {
  let text = '';
  let reasoning = '';
  const calls: { id: string; name: string; text: string }[] = [];
  for (const part of parts) {
    if (part.type === 'text') text += part.text;
    else if (part.type === 'reasoning') reasoning += part.text;
    else if (part.type === 'tool-call') {
      const call = calls[part.index] ?? { id: part.id ?? '', name: part.name ?? '', text: '' };
      call.text += part.argumentsDelta;
      calls[part.index] = call;
    }
  }
  const last = parts.at(-1);
  if (last?.type !== 'finish') throw malformed();
  const toolCalls: ToolCall[] = calls.map(({ id, name, text: given }) => ({
    id,
    name,
    arguments: toolArguments(given),
  }));
  return {
    text,
    reasoning: reasoning === '' ? null : reasoning,
    toolCalls,
    finishReason: last.reason,
    usage: last.usage,
  };
}
