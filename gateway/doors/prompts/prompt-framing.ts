import type { Exchange } from '../../http/exchange.ts';
import type { Framing } from '../../http/stream.ts';
import { refuseCanceled } from '../completion-events.ts';
import type { PromptEventsSubscription } from '../operations.generated.ts';
import { toPromptAnswer } from './prompt-answer.ts';
import { presentPromptError } from './prompt-errors.ts';

type PromptEvent = PromptEventsSubscription['promptStream'];
type StartedEvent = Extract<PromptEvent, { readonly __typename: 'CompletionStarted' }>;

/**
 * The events of a prompt as server-sent events: each part of the text as a plain one, `restart` where the parts so far are
 * to be discarded, and `end` with the whole answer, or `error`.
 */
export class PromptFraming implements Framing<PromptEvent> {
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly opening = '';
  readonly keepAlive = ': keep-alive\n\n';
  readonly #exchange: Exchange;
  #version: StartedEvent['promptVersion'] = null;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  next(event: PromptEvent): string {
    switch (event.__typename) {
      case 'CompletionStarted':
        this.#version = event.promptVersion;
        return '';
      case 'TextDelta':
        return `data: ${JSON.stringify({ text: event.text })}\n\n`;
      case 'CompletionRestarted':
        return this.#named('restart', { reason: event.reason });
      case 'CompletionFinished': {
        refuseCanceled(event.completion);
        const { id, finishReason, usage, ...completion } = event.completion;
        const result = toPromptAnswer(completion, this.#version);
        return this.#named('end', { completionId: id, result, finishReason, usage });
      }
      default:
        return '';
    }
  }

  closing(): string {
    return '';
  }

  failed(thrown: unknown): string {
    return this.#named('error', presentPromptError(this.#exchange, thrown));
  }

  #named(name: string, data: object): string {
    return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}
