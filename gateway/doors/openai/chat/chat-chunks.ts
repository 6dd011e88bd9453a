import type { Exchange } from '../../../http/exchange.ts';
import type { Framing } from '../../../http/stream.ts';
import { readOwnFields } from '../../body-fields.ts';
import { toChatAnnotation } from '../../citations.ts';
import { refuseCanceled, refuseRestart } from '../../completion-events.ts';
import type { ChatStreamSubscription } from '../../operations.generated.ts';
import { presentOpenAiError } from '../openai-errors.ts';
import { toChatAudio, toChatFinishReason, toChatUsage } from './chat-answer.ts';
import { toReasoningDetail } from './chat-reasoning.ts';
import { type CustomTools, toChatCall } from './custom-calls.ts';

export type ChatEvent = ChatStreamSubscription['completionStream'];

interface ChunkOptions {
  /** When the request came, in seconds since 1970. */
  readonly createdS: number;
  /** A last chunk has the usage. It is sent only where it was requested: some clients accept no chunk without choices. */
  readonly includesUsage: boolean;
  readonly customTools: CustomTools;
}

interface MadeBy {
  readonly systemFingerprint: string | null;
  readonly serviceTier?: string | null;
}

/** A call of a custom tool, whose input is inside of JSON: it is sent when that is whole. */
interface HeldCall {
  readonly alternative: number;
  readonly index: number;
  readonly id: string;
  readonly name: string;
  argumentsText: string;
  providerOptions: unknown;
}

/**
 * The events of a completion as chunks of chat completions, ended by `[DONE]`. A failure is an error object, and nothing
 * after it.
 */
export class ChatFraming implements Framing<ChatEvent> {
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly opening = '';
  readonly keepAlive = ': keep-alive\n\n';
  readonly #exchange: Exchange;
  readonly #options: ChunkOptions;
  #id = '';
  #model = '';
  /** The fields that all chunks share. */
  #head = '';
  /** What stands before the delta of the first choice, and behind every delta: written out once for all chunks. */
  #before = '';
  readonly #behind: string;
  readonly #calls = new Set<string>();
  readonly #held = new Map<string, HeldCall>();
  readonly #choices = new Set<number>();

  constructor(exchange: Exchange, options: ChunkOptions) {
    this.#exchange = exchange;
    this.#options = options;
    this.#behind = `,"logprobs":null,"finish_reason":null}]${this.#noUsage}}\n\n`;
  }

  get #noUsage(): string {
    return this.#options.includesUsage ? ',"usage":null' : '';
  }

  next(event: ChatEvent): string {
    switch (event.__typename) {
      case 'CompletionStarted':
        this.#id = event.completionId;
        this.#model = event.model.id;
        this.#writeHead({ systemFingerprint: null });
        return this.#role(0);
      case 'TextDelta':
        return this.#delta(event.alternative, `{"content":${JSON.stringify(event.text)}}`);
      case 'ReasoningDelta':
        return this.#delta(event.alternative, `{"reasoning_content":${JSON.stringify(event.text)}}`);
      case 'ReasoningFinished':
        return this.#delta(0, JSON.stringify({ reasoning_details: [toReasoningDetail(event.block)] }));
      case 'RefusalDelta':
        return this.#delta(event.alternative, `{"refusal":${JSON.stringify(event.text)}}`);
      case 'AudioDelta':
        return this.#delta(0, JSON.stringify({ audio: toChatAudio({ ...event, id: event.audioId }) }));
      case 'CitationAdded':
        return this.#delta(0, JSON.stringify({ annotations: [toChatAnnotation(event.citation)] }));
      case 'ToolCallDelta':
        return this.#toolCall(event);
      case 'LogprobsDelta':
        return this.#choice(
          event.alternative,
          '{}',
          JSON.stringify({ content: event.tokens, refusal: null }),
          null,
        );
      case 'AlternativeFinished':
        return (
          this.#release(event.alternative) +
          this.#choice(event.alternative, '{}', 'null', toChatFinishReason(event.finishReason))
        );
      case 'ProviderBlockAdded':
      case 'ProviderBlockChanged':
        // The dialect has no blocks.
        return '';
      case 'CompletionFinished': {
        refuseCanceled(event.completion);
        const { finishReason, usage, systemFingerprint, serviceTier } = event.completion;
        this.#writeHead({ systemFingerprint, serviceTier });
        const finish = this.#release(0) + this.#choice(0, '{}', 'null', toChatFinishReason(finishReason));
        if (!this.#options.includesUsage) return finish;
        return `${finish}${this.#head}"choices":[],"usage":${JSON.stringify(toChatUsage(usage))}}\n\n`;
      }
      case 'CompletionRestarted':
        return refuseRestart();
      case 'CompletionFailed':
        // It is thrown.
        return '';
    }
  }

  closing(): string {
    return 'data: [DONE]\n\n';
  }

  failed(thrown: unknown): string {
    return `data: ${JSON.stringify({ error: presentOpenAiError(this.#exchange, thrown) })}\n\n`;
  }

  /** How the answer was made is known at its end. */
  #writeHead({ systemFingerprint, serviceTier }: MadeBy): void {
    const shared = {
      id: `chatcmpl-${this.#id}`,
      object: 'chat.completion.chunk',
      created: this.#options.createdS,
      model: this.#model,
      ...(serviceTier === undefined ? {} : { service_tier: serviceTier }),
      system_fingerprint: systemFingerprint,
    };
    this.#head = `data: ${JSON.stringify(shared).slice(0, -1)},`;
    this.#before = `${this.#head}"choices":[{"index":0,"delta":`;
  }

  /** The first chunk of a choice. */
  #role(choice: number): string {
    this.#choices.add(choice);
    return this.#delta(choice, '{"role":"assistant","content":"","refusal":null}');
  }

  #delta(choice: number, delta: string): string {
    if (choice === 0) return `${this.#before}${delta}${this.#behind}`;
    const role = this.#choices.has(choice) ? '' : this.#role(choice);
    return `${role}${this.#head}"choices":[{"index":${choice},"delta":${delta}${this.#behind}`;
  }

  #choice(choice: number, delta: string, logprobs: string, finish: string | null): string {
    const reason = JSON.stringify(finish);
    return `${this.#head}"choices":[{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":${reason}}]${this.#noUsage}}\n\n`;
  }

  #toolCall(event: Extract<ChatEvent, { readonly __typename: 'ToolCallDelta' }>): string {
    const { alternative, index, id, name, argumentsDelta, providerOptions } = event;
    const key = `${alternative} ${index}`;
    const held = this.#held.get(key);
    if (held !== undefined) {
      held.argumentsText += argumentsDelta;
      held.providerOptions ??= providerOptions;
      return '';
    }
    const isFirst = !this.#calls.has(key);
    this.#calls.add(key);
    if (isFirst && name !== null && this.#options.customTools.has(name)) {
      const begun = { alternative, index, id: id ?? '', name, argumentsText: argumentsDelta };
      this.#held.set(key, { ...begun, providerOptions });
      return '';
    }
    const further = readOwnFields(providerOptions, 'chat');
    const call = isFirst
      ? { ...further, index, id, type: 'function', function: { name, arguments: argumentsDelta } }
      : { ...further, index, function: { arguments: argumentsDelta } };
    return this.#delta(alternative, `{"tool_calls":[${JSON.stringify(call)}]}`);
  }

  /** The calls of custom tools of a choice that is whole. */
  #release(choice: number): string {
    let text = '';
    for (const [key, { alternative, index, ...call }] of this.#held) {
      if (alternative !== choice) continue;
      this.#held.delete(key);
      const whole = { index, ...toChatCall(call, this.#options.customTools) };
      text += this.#delta(choice, `{"tool_calls":[${JSON.stringify(whole)}]}`);
    }
    return text;
  }
}
