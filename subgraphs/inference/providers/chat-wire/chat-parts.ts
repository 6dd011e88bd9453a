import type { ProviderCall, ProviderPart, ProviderUsage } from '../provider.ts';
import { checkComplete, cutShort, malformed } from '../translate/completeness.ts';
import { failureOfEvent } from '../translate/failure.ts';
import { estimateUsage, toFinishReason } from '../translate/usage.ts';
import { ChatToolCalls } from './chat-tool-calls.ts';
import { EventLines } from './event-lines.ts';
import { contentOf, type Fields, fields, finishReasonOf, list, text, usageOf } from './wire-fields.ts';

function parse(data: string): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch (cause) {
    throw malformed(cause);
  }
  const chunk = fields(parsed);
  if (chunk === null) throw malformed();
  return chunk;
}

/** Turns the bytes of one streamed chat completion into our parts. */
export class ChatParts {
  readonly #call: ProviderCall;
  readonly #secret: string | null;
  readonly #lines = new EventLines();
  readonly #toolCalls = new ChatToolCalls();
  #failure: { readonly error: unknown } | null = null;
  #outputBytes = 0;
  #empty = true;
  #refused = false;
  #rawFinish = '';
  #usage: ProviderUsage | null = null;

  /** Set by the terminal marker or the end of the body. */
  ended = false;

  constructor(call: ProviderCall, secret: string | null) {
    this.#call = call;
    this.#secret = secret;
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
        else this.#push(data, parts);
        if (this.ended) break;
      }
    } catch (error) {
      this.#failure = { error };
    }
    if (bytes === null) this.ended = true;
    return parts;
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  #push(data: string, into: ProviderPart[]): void {
    const chunk = parse(data);
    if (chunk.error || chunk.object === 'error') throw failureOfEvent(chunk, this.#secret);
    if (chunk.usage) this.#usage = usageOf(chunk.usage);
    const choice = fields(list(chunk.choices)[0]);
    if (choice === null) return;
    if (choice.finish_reason) this.#rawFinish = text(choice.finish_reason);
    const delta = fields(choice.delta);
    if (delta === null) return;
    this.#say('reasoning', text(delta.reasoning_content) || text(delta.reasoning), into);
    const content = contentOf(delta.content);
    this.#say('reasoning', content.reasoning, into);
    this.#say('text', content.text, into);
    const refusal = text(delta.refusal);
    if (refusal !== '') this.#refused = true;
    this.#say('text', refusal, into);
    for (const toolCall of list(delta.tool_calls)) {
      const part = this.#toolCalls.part(toolCall);
      if (part?.type !== 'tool-call') continue;
      this.#outputBytes += Buffer.byteLength(part.argumentsDelta);
      into.push(part);
    }
  }

  /** The last part. Without a finish reason the stream was cut, whatever else came. */
  finish(): ProviderPart {
    if (this.#rawFinish === '') throw cutShort();
    this.#toolCalls.end();
    const called = this.#toolCalls.count > 0;
    const reason = toFinishReason(finishReasonOf(this.#rawFinish, this.#refused), called);
    checkComplete(reason, this.#empty && !called, this.#usage);
    return { type: 'finish', reason, usage: this.#usage ?? estimateUsage(this.#call, this.#outputBytes) };
  }

  #say(type: 'text' | 'reasoning', said: string, into: ProviderPart[]): void {
    if (said === '') return;
    this.#outputBytes += Buffer.byteLength(said);
    this.#empty = false;
    into.push({ type, text: said });
  }
}
