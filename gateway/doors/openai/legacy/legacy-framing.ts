import type { Exchange } from '../../../http/exchange.ts';
import type { Framing } from '../../../http/stream.ts';
import { refuseCanceled, refuseRestart } from '../../completion-events.ts';
import type { LegacyStreamSubscription } from '../../operations.generated.ts';
import { toChatFinishReason, toChatUsage } from '../chat/chat-answer.ts';
import { presentOpenAiError } from '../openai-errors.ts';

type LegacyEvent = LegacyStreamSubscription['completionStream'];

interface LegacyOptions {
  readonly createdS: number;
  readonly includesUsage: boolean;
  /** What stands before the answer; empty for nothing. */
  readonly echoed: string;
}

/** The events of a completion as chunks of the API before chats, ended by `[DONE]`. */
export class LegacyFraming implements Framing<LegacyEvent> {
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly opening = '';
  readonly keepAlive = ': keep-alive\n\n';
  readonly #exchange: Exchange;
  readonly #options: LegacyOptions;
  #shared: object = {};

  constructor(exchange: Exchange, options: LegacyOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  next(event: LegacyEvent): string {
    switch (event.__typename) {
      case 'CompletionStarted': {
        const { createdS, echoed } = this.#options;
        this.#shared = {
          id: `cmpl-${event.completionId}`,
          object: 'text_completion',
          created: createdS,
          model: event.model.id,
        };
        return echoed === '' ? '' : this.#chunk(0, echoed, null);
      }
      case 'TextDelta':
        return this.#chunk(event.alternative, event.text, null);
      case 'AlternativeFinished':
        return this.#chunk(event.alternative, '', toChatFinishReason(event.finishReason));
      case 'ProviderBlockAdded':
      case 'ProviderBlockChanged':
        // The dialect has no blocks.
        return '';
      case 'CompletionFinished': {
        refuseCanceled(event.completion);
        const { finishReason, usage } = event.completion;
        const finish = this.#chunk(0, '', toChatFinishReason(finishReason));
        if (!this.#options.includesUsage) return finish;
        return `${finish}data: ${JSON.stringify({ ...this.#shared, choices: [], usage: toChatUsage(usage) })}\n\n`;
      }
      case 'CompletionRestarted':
        return refuseRestart();
      default:
        return '';
    }
  }

  closing(): string {
    return 'data: [DONE]\n\n';
  }

  failed(thrown: unknown): string {
    return `data: ${JSON.stringify({ error: presentOpenAiError(this.#exchange, thrown) })}\n\n`;
  }

  #chunk(index: number, text: string, finish: string | null): string {
    const choices = [{ index, text, logprobs: null, finish_reason: finish }];
    return `data: ${JSON.stringify({ ...this.#shared, choices })}\n\n`;
  }
}
