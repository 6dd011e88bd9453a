import { randomUUID } from 'node:crypto';
import { expectError } from '#core/expect-error.ts';
import { parseJson } from '#core/json/exact-json.ts';
import { AnswerBuilder } from '../../answer-builder.ts';
import { failureOfEvent } from '../../failure/failure.ts';
import { readVendorError } from '../../failure/vendor-message.ts';
import type { FinishDetails, ProviderAnswer, ProviderCall, ProviderPart, ToolCall } from '../../provider.ts';
import { checkComplete, malformed, toolArguments } from '../../translate/completeness.ts';
import { detailedReasons } from '../../translate/finish-reason.ts';
import { completeUsage, toFinishReason } from '../../translate/usage.ts';
import { type EventData, type EventFraming, EventLines } from './event-lines.ts';
import { type Fields, fields, saysAnything } from './fields.ts';
import type { PartFilter } from './part-filter.ts';
import type { AnswerEnd, AnswerReader } from './wire.ts';

interface Context {
  readonly call: ProviderCall;
  /** Kept out of every message. */
  readonly secret: string | null;
  readonly filter: PartFilter | null;
  /** Server-sent events where absent. */
  readonly framing?: () => EventFraming;
}

type ToolCallPart = ProviderPart & { readonly type: 'tool-call' };

/** A whole answer in the place of a stream is kept until its end. */
const wholeBytesMax = 64 * 1024 * 1024;

/** What is read after [DONE], for the usage. */
const lateBytesMax = 64 * 1024;

/** White space, and the bytes of a byte order mark. */
const passedOver: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/** One answer of any wire: out of bytes in pieces, or whole. Servers that answer one way when the other was requested are read. */
export class AnswerParts {
  readonly #reader: AnswerReader;
  readonly #context: Context;
  #framing: EventFraming;
  /** The bytes of an answer that came whole though a stream was requested. */
  #whole: Uint8Array[] | null = null;
  #wholeBytes = 0;
  #begun = false;
  #failure: { readonly error: unknown } | null = null;
  #outputBytes = 0;
  #hasText = false;
  #called = false;
  /** Of the calls of tools, those of earlier answers among them: some servers number the calls of each answer anew. */
  readonly #ids: Set<string>;
  /** Ids of calls that are passed on under another one. */
  readonly #renamed = new Map<string, string>();
  /** Tool calls that have no arguments yet. */
  readonly #bare = new Set<number>();

  /** [DONE] has come: of what follows only the usage counts. */
  #isDone = false;
  #lateBytes = 0;

  /** Set by the terminal marker or the end of the body. */
  ended = false;

  constructor(reader: AnswerReader, context: Context) {
    this.#reader = reader;
    this.#context = context;
    this.#ids = listCallIds(context.call);
    this.#framing = this.#newFraming();
  }

  /**
   * The parts of the bytes that came, null being the end of the body. What came before an error is emitted before it:
   * `throwIfFailed` is called when the parts have been passed on.
   */
  read(bytes: Uint8Array | null): readonly ProviderPart[] {
    const parts: ProviderPart[] = [];
    try {
      if (!this.#begun && bytes !== null) this.#begin(bytes);
      if (this.#whole === null) {
        this.#takeAll(bytes === null ? this.#framing.end() : this.#framing.push(bytes), parts);
      } else if (bytes === null) this.#takeWhole(Buffer.concat(this.#whole).toString('utf8'), parts);
      else this.#keepWhole(this.#whole, bytes);
    } catch (error) {
      this.#failure = { error };
    }
    if (bytes === null) this.ended = true;
    return this.#pass(parts);
  }

  /** The answer is whole, but for a usage that may follow: `readLate` takes what comes next. */
  get awaitsUsage(): boolean {
    return this.#isDone && !this.ended;
  }

  /** Looks for the usage in bytes that come after [DONE], null being the end of the body. What else they hold is passed over. */
  readLate(bytes: Uint8Array | null): void {
    this.#lateBytes += bytes?.byteLength ?? 0;
    const isOver = bytes === null || this.#lateBytes > lateBytesMax;
    try {
      this.#takeAll(isOver ? this.#framing.end() : this.#framing.push(bytes), []);
    } catch {
      // Any error: the answer is whole already, and what cannot be read behind it bills nothing.
      this.ended = true;
    }
    this.ended ||= isOver;
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** The answer continues in another body. */
  goOn(): void {
    this.#framing = this.#newFraming();
    this.#whole = null;
    this.#wholeBytes = 0;
    this.#begun = false;
    this.#isDone = false;
    this.ended = false;
  }

  /** The body of an answer that was requested whole. */
  whole(body: string): readonly ProviderPart[] {
    const parts: ProviderPart[] = [];
    if (/^\ufeff?\s*(?:data|event|id|retry)?:/.test(body)) this.#takeLines(body, parts);
    else this.#takeWhole(body, parts);
    return this.#pass(parts);
  }

  /** The last parts. Without its terminal marker the answer was cut, whatever else came. */
  finish(): readonly ProviderPart[] {
    const { call, filter, secret } = this.#context;
    const parts: ProviderPart[] = [];
    const end = this.#reader.end(parts);
    if (end.error !== undefined) throw failureOfEvent(end.error, secret);
    const rest = filter?.rest() ?? '';
    if (rest !== '') parts.push({ type: 'text', text: rest });
    for (const index of this.#bare) parts.push({ type: 'tool-call', index, argumentsDelta: '{}' });
    for (const part of parts) this.#count(part);
    const reason = toFinishReason(filter?.reason(end.reason) ?? end.reason, this.#called);
    checkComplete(reason, !this.#hasText && !this.#called, end.usage);
    // A client that gets the reason TOOL_CALLS waits for one.
    const stated = reason === 'TOOL_CALLS' && !this.#called ? 'STOP' : reason;
    const usage = completeUsage(end.usage, call, this.#outputBytes);
    parts.push({ type: 'finish', reason: stated, usage, ...readFinishDetails(end) });
    return parts;
  }

  #newFraming(): EventFraming {
    return this.#context.framing?.() ?? new EventLines();
  }

  /** The first byte that is no white space, nor of a byte order mark, distinguishes JSON from events. */
  #begin(bytes: Uint8Array): void {
    const byte = bytes.find((each) => !passedOver.has(each));
    if (byte === undefined) return;
    this.#begun = true;
    if (byte === 0x7b || byte === 0x5b) this.#whole = [];
  }

  #keepWhole(kept: Uint8Array[], bytes: Uint8Array): void {
    this.#wholeBytes += bytes.byteLength;
    if (this.#wholeBytes > wholeBytesMax) throw malformed();
    kept.push(bytes);
  }

  #takeAll(events: readonly EventData[], into: ProviderPart[]): void {
    for (const event of events) {
      if (this.#isDone) this.#takeLate(event);
      else this.#take(event, into);
      if (this.ended) return;
    }
    if (this.#isDone) this.ended = this.#reader.lacksUsage !== true;
  }

  #takeLate(data: EventData): void {
    const event = typeof data === 'string' ? fields(jsonOrText(data)) : null;
    if (event !== null) this.#reader.lateEvent?.(event);
  }

  #take(data: EventData, into: ProviderPart[]): void {
    if (typeof data !== 'string') throw failureOfEvent(jsonOrText(data.data), this.#context.secret);
    if (data.length < 16) {
      const word = data.trim();
      if (word === '' || word === 'null') return;
      if (/^"?\[done\]"?$/i.test(word)) {
        this.#isDone = true;
        this.ended = this.#reader.lateEvent === undefined;
        return;
      }
    }
    this.#reader.event(this.#parse(data), into);
    this.ended ||= this.#reader.ended;
  }

  #takeLines(text: string, into: ProviderPart[]): void {
    const lines = new EventLines();
    this.#takeAll(lines.pushText(text), into);
    if (!this.ended) this.#takeAll(lines.end(), into);
    this.ended = true;
  }

  #takeWhole(text: string, into: ProviderPart[]): void {
    this.ended = true;
    let parsed: unknown;
    try {
      parsed = parseJson(text.replace(/^\ufeff/, ''));
    } catch (cause) {
      // An error may stand before or after events.
      if (text.includes('{"error"')) this.#takeLines(text, into);
      throw malformed(cause);
    }
    // Gemini's stream without alt=sse is a list of its events.
    if (Array.isArray(parsed)) {
      for (const event of parsed) this.#reader.event(this.#checked(event), into);
      return;
    }
    const answer = this.#checked(parsed);
    try {
      this.#reader.whole(answer, into);
    } catch (error) {
      const { message, words } = readVendorError(answer);
      throw message === '' && words === '' ? error : failureOfEvent(answer, this.#context.secret);
    }
  }

  #parse(data: string): Fields {
    let parsed: unknown;
    try {
      // Only arguments that come as values have digits to lose.
      parsed = data.includes('tool') || data.includes('unction') ? parseJson(data) : JSON.parse(data);
    } catch (cause) {
      throw this.#errorAtEnd(data) ?? malformed(cause);
    }
    return this.#checked(parsed);
  }

  /** A proxy's error in the middle of an event that was cut: its last line. */
  #errorAtEnd(data: string): unknown {
    const last = jsonOrText(data.slice(data.lastIndexOf('\n') + 1));
    const event = fields(last);
    return event !== null && tellsError(event) ? failureOfEvent(event, this.#context.secret) : null;
  }

  #checked(parsed: unknown): Fields {
    const event = fields(parsed);
    if (event === null) throw malformed();
    if (tellsError(event)) throw failureOfEvent(event, this.#context.secret);
    return event;
  }

  /** The parts as they are passed on; `parts` is changed. */
  #pass(parts: ProviderPart[]): readonly ProviderPart[] {
    const { filter } = this.#context;
    const passed =
      filter === null
        ? parts
        : parts
            .map((part) => (isOfAlternative(part) ? part : filter.pass(part)))
            .filter((part) => part !== null);
    for (let at = 0; at < passed.length; at++) {
      let part = passed[at] as ProviderPart;
      if (part.type === 'tool-call' && part.id !== undefined && !isOfAlternative(part)) {
        part = this.#identified(part);
        passed[at] = part;
      } else if (part.type === 'reasoning-block' && this.#renamed.size > 0) {
        // A signature follows its call.
        const toolCallId = this.#renamed.get(part.block.toolCallId ?? '') ?? part.block.toolCallId;
        part = { ...part, block: { ...part.block, toolCallId } };
        passed[at] = part;
      }
      this.#count(part);
    }
    return passed;
  }

  /** The first part of a call: with an id of its own; arguments that are none wait for the end of the answer. */
  #identified(part: ToolCallPart): ToolCallPart {
    const given = part.id ?? '';
    let id = given === '' ? randomUUID() : given;
    for (let next = 2; this.#ids.has(id); next++) id = `${given}_${next}`;
    this.#ids.add(id);
    if (id !== given) this.#renamed.set(given, id);
    this.#bare.add(part.index);
    const argumentsDelta = /^\s*(?:null|\{\s*\})?\s*$/.test(part.argumentsDelta) ? '' : part.argumentsDelta;
    return { ...part, id, argumentsDelta };
  }

  #count(part: ProviderPart): void {
    if (isOfAlternative(part)) this.#outputBytes += countBytes(part);
    else if (part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal') {
      this.#hasText = true;
      this.#outputBytes += Buffer.byteLength(part.text);
    } else if (part.type === 'audio') {
      this.#hasText = true;
      this.#outputBytes += Buffer.byteLength(part.transcript ?? '');
    } else if (part.type === 'provider-block') {
      this.#hasText = true;
    } else if (part.type === 'tool-call') {
      this.#called = true;
      this.#outputBytes += Buffer.byteLength(part.argumentsDelta);
      if (this.#bare.has(part.index) && part.argumentsDelta.trim() !== '') this.#bare.delete(part.index);
    }
  }
}

function listCallIds({ messages }: ProviderCall): Set<string> {
  const ids = new Set<string>();
  for (const message of messages) {
    if (message.role === 'assistant') for (const { id } of message.toolCalls) ids.add(id);
  }
  return ids;
}

function readFinishDetails({ reason: { raw }, stopSequence, made }: AnswerEnd): FinishDetails {
  return {
    ...made,
    ...(raw !== undefined && detailedReasons.has(raw) ? { detail: raw } : {}),
    ...(stopSequence === undefined ? {} : { stopSequence }),
  };
}

/** Further answers are passed on as they are: what an answer needs to be whole is looked for in the first. */
function isOfAlternative(part: ProviderPart): boolean {
  return 'alternative' in part && part.alternative !== undefined;
}

function countBytes(part: ProviderPart): number {
  if (part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal') {
    return Buffer.byteLength(part.text);
  }
  return part.type === 'tool-call' ? Buffer.byteLength(part.argumentsDelta) : 0;
}

function jsonOrText(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    expectError(error, SyntaxError);
    return data;
  }
}

/** Errors look alike on all wires, whatever the event is called. An error without any content is none. */
function tellsError(event: Fields): boolean {
  if (event.error !== undefined && saysAnything(event.error)) return true;
  if (event.type === 'error' || event.object === 'error') return true;
  // MiniMax answers with it, also when all is well.
  if (Number(fields(event.base_resp)?.status_code) > 0) return true;
  if (event.type === undefined) {
    if (event.choices !== undefined) return false;
    if (isWords(event.message) || isWords(event.msg) || isWords(event.detail)) return true;
    return [event.detail, event.errors].some((errors) => Array.isArray(errors) && saysAnything(errors));
  }
  return event.type === 'response.failed' && saysAnything(fields(event.response)?.error);
}

function isWords(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** All parts of an answer as one. */
export function gather(parts: readonly ProviderPart[]): ProviderAnswer {
  const texts = new Map<number, string>();
  for (const part of parts) {
    if (part.type === 'tool-call' && !isOfAlternative(part)) {
      texts.set(part.index, (texts.get(part.index) ?? '') + part.argumentsDelta);
    }
  }
  const last = parts.at(-1);
  if (last?.type !== 'finish') throw malformed();
  const builder = new AnswerBuilder();
  for (const part of parts) builder.add(part);
  const { extras } = builder;
  const given = [...texts.values()];
  const toolCalls = builder.toolCalls.map(
    (call, at): ToolCall => ({ ...call, arguments: toolArguments(given[at] ?? '') }),
  );
  const { text, reasoning } = builder;
  return {
    text,
    reasoning: reasoning === '' ? null : reasoning,
    toolCalls,
    finishReason: last.reason,
    usage: last.usage,
    ...(extras === undefined ? {} : { extras }),
  };
}
