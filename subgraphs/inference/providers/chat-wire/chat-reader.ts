import type { ProviderPart } from '../provider.ts';
import { cutShort, malformed } from '../translate/completeness.ts';
import { UsageCounter } from '../translate/usage.ts';
import type { UsageDialect } from '../translate/usage-report.ts';
import { type Fields, fields, list, text } from '../wire/fields.ts';
import type { AnswerEnd, AnswerReader, Wire } from '../wire/wire.ts';
import { contentOf, finishReasonOf } from './chat-fields.ts';
import { ChatToolCalls } from './chat-tool-calls.ts';

/** Reads chat completions: the finish reason is the terminal marker, [DONE] or the end of the body the end. */
class ChatReader implements AnswerReader {
  readonly #toolCalls = new ChatToolCalls();
  #refused = false;
  #rawFinish = '';
  readonly #usage: UsageCounter;
  readonly ended = false;

  constructor(dialect: UsageDialect) {
    this.#usage = new UsageCounter(dialect);
  }

  event(chunk: Fields, into: ProviderPart[]): void {
    this.#count(chunk);
    const choice = fields(list(chunk.choices)[0]);
    if (choice === null) return;
    if (choice.finish_reason) this.#rawFinish = text(choice.finish_reason);
    if (choice.usage) this.#usage.add(choice.usage);
    const delta = fields(choice.delta);
    if (delta === null) return;
    if (delta.usage) this.#usage.add(delta.usage);
    this.#say(delta, into);
    for (const toolCall of list(delta.tool_calls)) this.#call(toolCall, into);
  }

  whole(answer: Fields, into: ProviderPart[]): void {
    this.#count(answer);
    const choice = fields(list(answer.choices)[0]);
    const message = fields(choice?.message);
    if (message === null) throw malformed();
    this.#usage.add(choice?.usage);
    this.#usage.add(message.usage);
    this.#rawFinish = text(choice?.finish_reason) || 'none';
    this.#say(message, into);
    // Each is whole: neither a missing nor a shared index makes one of two.
    for (const [index, toolCall] of list(message.tool_calls).entries()) {
      this.#call({ ...fields(toolCall), index }, into);
    }
  }

  end(): AnswerEnd {
    if (this.#rawFinish === '') throw cutShort();
    this.#toolCalls.end();
    return { reason: finishReasonOf(this.#rawFinish, this.#refused), usage: this.#usage.counts };
  }

  /** Groq tells the usage of a stream in a field of its own, Moonshot in the choice. */
  #count(said: Fields): void {
    if (said.usage) this.#usage.add(said.usage);
    if (said.x_groq) this.#usage.add(fields(said.x_groq)?.usage);
  }

  #say(said: Fields, into: ProviderPart[]): void {
    const content = contentOf(said.content);
    const refusal = text(said.refusal);
    if (refusal !== '') this.#refused = true;
    const reasoning = text(said.reasoning_content) || text(said.reasoning);
    if (reasoning !== '') into.push({ type: 'reasoning', text: reasoning });
    if (content.reasoning !== '') into.push({ type: 'reasoning', text: content.reasoning });
    if (content.text !== '') into.push({ type: 'text', text: content.text });
    if (refusal !== '') into.push({ type: 'text', text: refusal });
  }

  #call(toolCall: unknown, into: ProviderPart[]): void {
    const part = this.#toolCalls.part(toolCall);
    if (part !== null) into.push(part);
  }
}

/** The chat completions wire: OpenAI's and its many likenesses. */
export function chatWire(dialect: UsageDialect = {}): Wire {
  return {
    blank: JSON.stringify({
      id: '',
      object: 'chat.completion',
      created: 0,
      model: '',
      choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    }),
    reader: () => new ChatReader(dialect),
    toolNames: (request) => list(request.tools).map((tool) => text(fields(fields(tool)?.function)?.name)),
  };
}
