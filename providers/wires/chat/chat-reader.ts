import type { FinishReason, ProviderCall, ProviderKind, ProviderPart } from '../../provider.ts';
import { cutShort, malformed } from '../../translate/completeness.ts';
import { finishReasonIn, readFinishReason } from '../../translate/finish-reason.ts';
import { thinkingPlace } from '../../translate/thinking.ts';
import { toFinishReason, UsageCounter } from '../../translate/usage.ts';
import type { UsageDialect } from '../../translate/usage-report.ts';
import { EmittedTexts } from '../shared/emitted-texts.ts';
import { type Fields, fields, list, saysAnything, text } from '../shared/fields.ts';
import { MadeBy } from '../shared/made-by.ts';
import type { AnswerEnd, AnswerReader, Wire } from '../shared/wire.ts';
import { readContent, readReasoning } from './chat-fields.ts';
import { ChatToolCalls } from './chat-tool-calls.ts';
import { ReasoningDetails } from './reasoning-details.ts';

/**
 * Reads chat completions: the finish reason is the terminal marker, [DONE] or the end of the body the end. Some servers put
 * the whole message once more, or only, into the last event.
 */
class ChatReader implements AnswerReader {
  readonly #toolCalls: ChatToolCalls;
  readonly #emitted = new EmittedTexts();
  #calledLegacy = false;
  #error: unknown;
  #refused = false;
  #rawFinish = '';
  /** The index of the choice that is read: one was requested, and some servers send more. */
  #index: unknown;
  readonly #usage: UsageCounter;
  readonly #dialect: UsageDialect;
  readonly #call: ProviderCall;
  readonly #kind: ProviderKind;
  readonly #details = new ReasoningDetails();
  readonly #made = new MadeBy();
  /** Sources that each chunk names again. */
  #citations = 0;
  /** The readers of further answers, by their indexes. */
  readonly #others = new Map<number, ChatReader>();
  readonly ended = false;

  constructor(dialect: UsageDialect, call: ProviderCall, kind: ProviderKind) {
    this.#kind = kind;
    this.#dialect = dialect;
    this.#call = call;
    this.#toolCalls = new ChatToolCalls(call.tools?.map(({ name }) => name) ?? []);
    this.#usage = new UsageCounter(dialect);
    if (call.alternatives !== undefined) this.#index = 0;
  }

  event(chunk: Fields, into: ProviderPart[]): void {
    this.#count(chunk);
    if (this.#call.alternatives !== undefined)
      this.#readOthers(chunk, into, (other, one, parts) => other.event(one, parts));
    if (chunk.citations) this.#cite(chunk.citations, into);
    const choice = this.#choiceIn(chunk);
    if (choice !== undefined) this.#choice(choice, into);
  }

  /** Further answers: each is read as if it were alone. */
  #readOthers(
    received: Fields,
    into: ProviderPart[],
    read: (other: ChatReader, one: Fields, parts: ProviderPart[]) => void,
  ): void {
    for (const item of list(received.choices)) {
      const choice = fields(item);
      const alternative = choice?.index;
      if (choice === null || typeof alternative !== 'number' || !this.#isOther(alternative)) continue;
      const { alternatives: _, ...call } = this.#call;
      const other = this.#others.get(alternative) ?? new ChatReader(this.#dialect, call, this.#kind);
      this.#others.set(alternative, other);
      const parts: ProviderPart[] = [];
      read(other, { choices: [{ ...choice, index: 0 }] }, parts);
      for (const part of parts) into.push({ ...part, alternative } as ProviderPart);
      const raw = finishReasonIn(choice.finish_reason);
      if (raw !== '')
        into.push({ type: 'alternative-finish', alternative, reason: other.#finishReason(raw) });
    }
  }

  #finishReason(raw: string): FinishReason {
    return toFinishReason(readFinishReason(raw), this.#toolCalls.count > 0);
  }

  #isOther(index: number): boolean {
    return Number.isInteger(index) && index > 0 && index < (this.#call.alternatives ?? 1);
  }

  #choice(choice: Fields, into: ProviderPart[]): void {
    this.#rawFinish = finishReasonIn(choice.finish_reason) || this.#rawFinish;
    if (choice.usage) this.#usage.add(choice.usage);
    if (saysAnything(choice.error)) this.#error = choice.error;
    const delta = fields(choice.delta);
    if (delta !== null) this.#delta(delta, into);
    // A few servers write the chunks of completions without a chat.
    else this.#emitted.emit('text', choice.text, into);
    // Some send a message beside the delta, with the same content.
    if (choice.message) this.#sayRest(fields(choice.message), into);
    if (choice.logprobs) this.#addLogprobs(choice.logprobs, into);
    if (this.#rawFinish !== '') this.#toolCalls.flush(into);
  }

  /** The part of the choice that came first; those of others are left out, and never mixed with it. */
  #choiceIn(chunk: Fields): Fields | undefined {
    for (const item of list(chunk.choices)) {
      const choice = fields(item);
      if (choice === null) continue;
      this.#index ??= choice.index ?? 0;
      if ((choice.index ?? this.#index) === this.#index) return choice;
    }
    return undefined;
  }

  #delta(delta: Fields, into: ProviderPart[]): void {
    if (delta.usage) this.#usage.add(delta.usage);
    if (delta.reasoning_details) this.#details.add(delta.reasoning_details, false);
    this.#emitTexts(delta, into);
    for (const toolCall of callsIn(delta)) this.#toolCalls.part(toolCall, into);
    if (delta.function_call) this.#callLegacy(delta.function_call, into);
  }

  whole(answer: Fields, into: ProviderPart[]): void {
    this.#count(answer);
    if (this.#call.alternatives !== undefined) {
      this.#readOthers(answer, into, (other, one, parts) => other.whole(one, parts));
    }
    const choice = fields(list(answer.choices)[0]);
    const received = text(choice?.text);
    const message = fields(choice?.message) ?? (received === '' ? null : { content: received });
    if (message === null) throw malformed();
    this.#usage.add(choice?.usage);
    this.#usage.add(message.usage);
    this.#rawFinish = text(choice?.finish_reason) || 'none';
    if (saysAnything(choice?.error)) this.#error = choice?.error;
    if (message.reasoning_details) this.#details.add(message.reasoning_details, true);
    this.#emitTexts(message, into);
    this.#callAll(message, into);
    this.#cite(answer.citations, into);
    if (choice?.logprobs) this.#addLogprobs(choice.logprobs, into);
    this.#toolCalls.flush(into);
  }

  /** Those that stand beside the choices. */
  #cite(value: unknown, into: ProviderPart[]): void {
    for (const citation of list(value).slice(this.#citations)) {
      this.#citations += 1;
      into.push({ type: 'citation', citation });
    }
  }

  #addLogprobs(value: unknown, into: ProviderPart[]): void {
    if (this.#call.topLogprobs === undefined) return;
    const tokens = list(fields(value)?.content);
    if (tokens.length > 0) into.push({ type: 'logprobs', tokens });
  }

  /** Some servers send the usage after [DONE]. */
  lateEvent(chunk: Fields): void {
    this.#count(chunk);
    this.#usage.add(fields(list(chunk.choices)[0])?.usage);
  }

  get lacksUsage(): boolean {
    return this.#usage.counts?.outputTokens === undefined;
  }

  end(into: ProviderPart[]): AnswerEnd {
    const usage = this.#usage.counts;
    if (this.#error !== undefined)
      return { reason: { unified: 'error', raw: this.#rawFinish }, usage, error: this.#error };
    if (this.#rawFinish === '') throw cutShort();
    this.#toolCalls.end();
    const { reasoning } = this.#emitted;
    if (this.#details.hasAny) this.#details.end(this.#kind, into);
    else if (reasoning !== '' && isDemandedAgain(this.#call.model)) {
      const [provider, none] = [this.#kind, { signature: null, redacted: null, toolCallId: null }];
      into.push({ type: 'reasoning-block', block: { text: reasoning, ...none, provider } });
    }
    const reason = readFinishReason(this.#rawFinish);
    // A refusal ends with `stop` on the wire: the refusal is the reason.
    const refused = this.#refused && reason.unified === 'stop';
    return {
      reason: refused ? { ...reason, unified: 'content-filter' } : reason,
      usage,
      made: this.#made.details,
    };
  }

  /** Groq reports the usage of a stream in a field of its own, and there why it stopped early; Moonshot in the choice. */
  #count(received: Fields): void {
    this.#made.add(received);
    if (received.usage) this.#usage.add(received.usage);
    const groq = received.x_groq ? fields(received.x_groq) : null;
    if (groq === null) return;
    this.#usage.add(groq.usage);
    if (saysAnything(groq.error)) this.#error = groq.error;
  }

  #emitTexts(received: Fields, into: ProviderPart[]): void {
    const content = readContent(received.content);
    const refusal = text(received.refusal);
    if (refusal !== '') this.#refused = true;
    this.#emitted.emit('reasoning', readReasoning(received), into);
    this.#emitted.emit('reasoning', content.reasoning, into);
    this.#emitted.emit('text', content.text, into);
    if (refusal !== '') this.#emitted.emit('refusal', refusal, into);
    if (received.audio) this.#addAudio(fields(received.audio), into);
    if (received.annotations) {
      for (const citation of list(received.annotations)) into.push({ type: 'citation', citation });
    }
  }

  #addAudio(audio: Fields | null, into: ProviderPart[]): void {
    if (audio === null) return;
    const { id, data, transcript, expires_at: expiresAtS } = audio;
    into.push({
      type: 'audio',
      ...(typeof id === 'string' ? { id } : {}),
      ...(typeof data === 'string' ? { data } : {}),
      ...(typeof transcript === 'string' ? { transcript } : {}),
      ...(typeof expiresAtS === 'number' ? { expiresAtMs: expiresAtS * 1_000 } : {}),
    });
  }

  /** A whole message at the end of a stream. */
  #sayRest(message: Fields | null, into: ProviderPart[]): void {
    if (message === null) return;
    const content = readContent(message.content);
    this.#emitted.emitRest('reasoning', readReasoning(message) || content.reasoning, into);
    this.#emitted.emitRest('text', content.text, into);
    this.#sayRefusal(text(message.refusal), into);
    if (this.#toolCalls.count === 0) this.#callAll(message, into);
  }

  #sayRefusal(whole: string, into: ProviderPart[]): void {
    if (whole === '') return;
    this.#refused = true;
    this.#emitted.emitRest('refusal', whole, into);
  }

  /** Each is whole: neither a missing nor a shared index makes one of two. */
  #callAll(message: Fields, into: ProviderPart[]): void {
    for (const [index, toolCall] of callsIn(message).entries()) this.#toolCalls.whole(toolCall, index, into);
    if (message.function_call) this.#callLegacy(message.function_call, into);
  }

  /** The one call of servers from before tools; some send it beside the tool calls, with the same content. */
  #callLegacy(called: unknown, into: ProviderPart[]): void {
    if (this.#toolCalls.count > 0 && !this.#calledLegacy) return;
    this.#calledLegacy = true;
    this.#toolCalls.part({ index: 0, function: called }, into);
  }
}

/** Some AI models refuse a call of a tool in the history without the reasoning that led to it. */
function isDemandedAgain(model: string): boolean {
  return thinkingPlace(model) !== null;
}

/** A list by the book; some servers send one call alone. */
function callsIn({ tool_calls: calls }: Fields): readonly unknown[] {
  return fields(calls) === null ? list(calls) : [calls];
}

/** The chat completions wire: OpenAI's and its many likenesses. */
export function chatWire(dialect: UsageDialect = {}): Wire {
  return {
    reader: (call, kind) => new ChatReader(dialect, call, kind),
  };
}
