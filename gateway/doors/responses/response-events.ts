import type { Framing } from '../../http/stream.ts';
import { GraphFailure } from '../../operations/run-declared.ts';
import type { ResponseCompletionFragment, ResponsesStreamSubscription } from '../operations.generated.ts';
import { toCompactedOutput } from './compact/compaction-item.ts';
import { OutputItems } from './output/output-items.ts';
import { toOutput } from './output/whole-output.ts';
import {
  type ReportContext,
  type RequestFields,
  type ResponseOutcome,
  type ResponseState,
  readOutcome,
  toErrorEvent,
  toResponse,
  toResponseError,
} from './response-object.ts';
import { listClientTools } from './tools/client-tools.ts';

export type ResponseEvent = ResponsesStreamSubscription['completionStream'];

export interface ResponseStreamOptions {
  readonly createdS: number;
  readonly request: RequestFields;
  /** True where no event `error` precedes `response.failed`: over a WebSocket it would be the end of the response. */
  readonly isOneEnd?: boolean;
  /** Its one item is the summary of the conversation. */
  readonly isCompaction?: boolean;
  /** The number of the last event that the client has; -1: none. */
  readonly after?: number;
  /** Of a completion that has started already: its events follow the first one. */
  readonly started?: { readonly completionId: string; readonly model: string };
}

const startedEvents = ['response.created', 'response.in_progress'] as const;

/**
 * The events of a completion as those of a response. Their numbers are a function of the completion's events alone, so that
 * whoever follows it later, on any process, sees each event under the number that it had.
 */
export class ResponseFraming implements Framing<ResponseEvent> {
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly opening: string = '';
  readonly keepAlive = ': keep-alive\n\n';
  readonly #call: ReportContext;
  readonly #options: ResponseStreamOptions;
  readonly #after: number;
  #number = 0;
  #completionId = '';
  #model = '';
  #items: OutputItems;
  /** The single events are lost: the client receives what is missing when all of it is known. */
  #isWhole: boolean;
  #ended: ResponseState | undefined;

  constructor(call: ReportContext, options: ResponseStreamOptions) {
    this.#call = call;
    this.#options = options;
    this.#after = options.after ?? -1;
    this.#isWhole = options.isCompaction === true;
    this.#items = this.#openItems('');
    const { started } = options;
    if (started !== undefined) this.opening = this.#begin(started.completionId, started.model);
  }

  /** True once a client may have the first event of the response. */
  get hasBegun(): boolean {
    return this.#completionId !== '';
  }

  /** The response as it has ended; undefined until then. */
  get ended(): ResponseState | undefined {
    return this.#ended;
  }

  next(event: ResponseEvent): string {
    switch (event.__typename) {
      case 'CompletionStarted':
        return this.#completionId === '' ? this.#begin(event.completionId, event.model.id) : '';
      case 'TextDelta':
        return this.#isWhole ? '' : this.#items.text(event.text);
      case 'RefusalDelta':
        return this.#isWhole ? '' : this.#items.refusal(event.text);
      case 'CitationAdded':
        return this.#isWhole ? '' : this.#items.citation(event.citation);
      case 'LogprobsDelta':
        if (!this.#isWhole) this.#items.logprobs(event.tokens);
        return '';
      case 'ReasoningDelta':
        return this.#isWhole ? '' : this.#items.reasoning(event.text);
      case 'ReasoningFinished':
        return this.#isWhole ? '' : this.#items.reasoningBlock(event.block);
      case 'ToolCallDelta':
        return this.#isWhole ? '' : this.#items.toolCall(event);
      case 'CompletionFinished':
      case 'CompletionFailed':
        return this.#finish(event.completion);
      case 'CompletionRestarted':
        // Nothing of the answer was sent: the whole follows as its first events.
        this.#isWhole ||= this.#after >= 0 || this.#items.hasAny;
        return '';
      case 'ProviderBlockAdded':
        return this.#isWhole ? '' : this.#items.vendorItem(event);
      case 'ProviderBlockChanged':
        return this.#isWhole ? '' : this.#items.vendorChange(event);
      case 'AlternativeFinished':
      case 'AudioDelta':
        // A response has one answer, in text.
        return '';
    }
  }

  closing(): string {
    if (this.#ended !== undefined) return '';
    const message = 'The answer ended before it was whole.';
    return this.failed(new GraphFailure({ message, extensions: { code: 'INTERNAL' } }));
  }

  failed(thrown: unknown): string {
    const error = toResponseError(this.#call, thrown);
    if (this.#completionId === '') return this.#write('error', toErrorEvent(error));
    return this.#end({ status: 'failed', incompleteReason: null, error, usage: null });
  }

  #openItems(completionId: string): OutputItems {
    return new OutputItems(
      completionId,
      listClientTools(this.#options.request.tools),
      (type, fields) => this.#write(type, fields),
      (head, delta) => this.#writeDelta(head, delta),
    );
  }

  #begin(completionId: string, model: string): string {
    this.#completionId = completionId;
    this.#model = model;
    this.#items = this.#openItems(completionId);
    const state = this.#toState({
      status: 'in_progress',
      incompleteReason: null,
      error: null,
      usage: null,
    });
    const response = toResponse(state, this.#options.request);
    return startedEvents.map((type) => this.#write(type, { response })).join('');
  }

  #finish(completion: ResponseCompletionFragment): string {
    const whole = this.#isWhole ? this.#toWhole(completion) : undefined;
    return this.#end(readOutcome(this.#call, completion), whole);
  }

  #toWhole(completion: ResponseCompletionFragment): ReturnType<typeof toOutput> {
    const { isCompaction, request } = this.#options;
    return isCompaction === true
      ? toCompactedOutput(completion)
      : toOutput(completion, listClientTools(request.tools));
  }

  #end(outcome: ResponseOutcome, whole?: ReturnType<typeof toOutput>): string {
    if (whole !== undefined) this.#number = Math.max(this.#number, this.#after + 1);
    const closed = this.#items.close(outcome.status === 'completed', whole);
    const type =
      outcome.status === 'completed' || outcome.status === 'failed'
        ? `response.${outcome.status}`
        : 'response.incomplete';
    this.#ended = this.#toState(outcome);
    // Clients that read only deltas would take `response.failed` for a normal end: SDKs throw the event `error`.
    const hasError = outcome.error !== null && this.#options.isOneEnd !== true;
    // A client that has more events than there are now still receives the end, such as of a call whose process has ended.
    if (this.#after >= this.#number + (hasError ? 2 : 1)) this.#number = this.#after + 1;
    const error = hasError ? this.#write('error', toErrorEvent(outcome.error)) : '';
    return closed + error + this.#write(type, { response: toResponse(this.#ended, this.#options.request) });
  }

  #toState(outcome: ResponseOutcome): ResponseState {
    const { createdS } = this.#options;
    const output = this.#items.list;
    return { id: this.#completionId, createdS, model: this.#model, output, ...outcome };
  }

  #write(type: string, fields: object): string {
    const number = this.#number++;
    if (number <= this.#after) return '';
    return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields, sequence_number: number })}\n\n`;
  }

  /** For each token: `head` is written out once for an item. */
  #writeDelta(head: string, delta: string): string {
    const number = this.#number++;
    return number <= this.#after ? '' : `${head}${JSON.stringify(delta)},"sequence_number":${number}}\n\n`;
  }
}
