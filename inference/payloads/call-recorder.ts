import { activeSpan } from '#core/tracing/span.ts';
import type { ProviderAnswer, ProviderCall } from '#providers/provider.ts';
import type { AttemptResult } from '../execution/attempts/attempt.ts';
import { type GuardedCall, withNote } from '../guarding/guard-call.ts';
import type { CompletionRequest } from '../request.ts';
import { toContentAttributes } from '../tracing/content-attributes.ts';
import {
  type AttemptPayload,
  type CallContent,
  toKeptAnswer,
  toKeptRequest,
  writePayload,
} from './call-payload.ts';

/** An attempt that has ended. */
export interface EndedAttempt {
  readonly end: AttemptResult;
  /** How it ended after the guardrails, before its answer was compared with a schema. */
  readonly guarded: AttemptResult;
  /** What the client may have of an answer that did not come to its end. */
  readonly partial: Partial<ProviderAnswer>;
}

/** Gathers the payload of one completion while it runs; the spans of its attempts have their content too. */
export class CallRecorder {
  readonly #request: Pick<CompletionRequest, 'ofMesh'>;
  readonly #guarded: GuardedCall;
  readonly #attempts: AttemptPayload[] = [];
  /** What the request of the attempt under way has beside that of the call. */
  #beside: Pick<AttemptPayload, 'maxOutputTokens' | 'note'> = {};

  constructor(request: Pick<CompletionRequest, 'ofMesh'>, guarded: GuardedCall) {
    this.#request = request;
    this.#guarded = guarded;
  }

  /** Null: no payload of the call is kept. */
  static of(
    request: Pick<CompletionRequest, 'labels' | 'ofMesh'>,
    guarded: GuardedCall,
  ): CallRecorder | null {
    return request.labels.payloadLogging === 'FULL' ? new CallRecorder(request, guarded) : null;
  }

  /** An attempt is sent, with a message of a guardrail; null: there is none. */
  sent({ maxOutputTokens }: ProviderCall, note: string | null): void {
    const isSame = maxOutputTokens === this.#guarded.call.maxOutputTokens;
    this.#beside = {
      ...(maxOutputTokens === undefined || isSame ? {} : { maxOutputTokens }),
      ...(note === null ? {} : { note }),
    };
  }

  /** The attempt has ended, whether or not it was sent. */
  ended(model: string, { end, guarded, partial }: EndedAttempt): void {
    // One that came to its end, but not in the shape that was requested, is not passed on to the client, and shows why.
    const answer = guarded.outcome === 'SUCCEEDED' ? guarded.answer : partial;
    const { call, masks } = this.#guarded;
    const { note = null } = this.#beside;
    const messages = this.#request.ofMesh === undefined ? withNote(call, note).messages : null;
    activeSpan()?.set(() => toContentAttributes({ messages, answer, masks }));
    const response = end.outcome === 'SUCCEEDED' ? {} : { response: toKeptAnswer(answer) };
    this.#attempts.push({ model, ...this.#beside, ...response });
    this.#beside = {};
  }

  /** The JSON of the payload, with the answer as the client has it. */
  end(answer: Partial<ProviderAnswer>): string {
    return writeCompletionPayload(this.#request, this.#guarded, answer, this.#attempts);
  }
}

/** The JSON of the payload of a completion. */
export function writeCompletionPayload(
  request: Pick<CompletionRequest, 'ofMesh'>,
  { call, masks }: Pick<GuardedCall, 'call' | 'masks'>,
  answer: Partial<ProviderAnswer>,
  attempts: CallContent['attempts'],
): string {
  return writePayload({
    request: toKeptRequest(call, request),
    response: toKeptAnswer(answer),
    attempts,
    masks,
  });
}
