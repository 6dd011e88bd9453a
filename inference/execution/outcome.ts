import { boundRetryAfterMs, type ErrorCode, HeddleError } from '#core/errors.ts';
import type { CompletionStatus } from '#core/graph-enums.generated.ts';
import type { AnswerBuilder } from '#providers/answer-builder.ts';
import type { FinishReason, ProviderAnswer, ProviderFailure } from '#providers/provider.ts';
import type { CompletionData, CompletionError } from '../completion.ts';
import type { AttemptResult } from './attempts/attempt.ts';

/** A failure as the client gets it. */
export interface ClientFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs: number | null;
  /** More for the error's extensions. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** How an invocation comes out, before it is settled. */
export interface Outcome {
  readonly status: Exclude<CompletionStatus, 'RUNNING'>;
  /** What there is of the answer; whole when it SUCCEEDED. */
  readonly answer: Partial<ProviderAnswer>;
  /** The answer of a request with responseSchema. */
  readonly json: unknown;
  /** Present exactly when FAILED. */
  readonly failure: ClientFailure | null;
}

/** How an invocation ended. */
export interface ClosedInvocation {
  readonly completion: CompletionData;
  readonly failure: ClientFailure | null;
}

export const internalFailure: ClientFailure = {
  code: 'INTERNAL',
  message: 'An unexpected error occurred. Find its cause in the log under the completionId.',
  retryAfterMs: null,
};

export function failed(failure: ClientFailure, answer: Partial<ProviderAnswer> = {}): Outcome {
  return { status: 'FAILED', answer, json: null, failure };
}

export function failureOfProvider({ code, message, retryAfterMs }: ProviderFailure): ClientFailure {
  return { code, message, retryAfterMs: boundRetryAfterMs(retryAfterMs) };
}

export function failureOfError({ code, message, extensions }: HeddleError): ClientFailure {
  return { code, message, retryAfterMs: extensions.retryAfterMs ?? null, extensions };
}

/** What an attempt that did not succeed had returned. */
export function partialAnswer(end: AttemptResult): Partial<ProviderAnswer> {
  const partial = end.outcome === 'SUCCEEDED' ? null : end.partial;
  if (partial === null) return {};
  return answerSoFar(partial);
}

/** What has come of an answer. */
export function answerSoFar({
  text,
  reasoning,
  toolCalls,
  extras,
}: AnswerBuilder): Pick<ProviderAnswer, 'text' | 'reasoning' | 'toolCalls' | 'extras'> {
  return {
    text,
    reasoning: reasoning === '' ? null : reasoning,
    toolCalls,
    ...(extras === undefined ? {} : { extras }),
  };
}

export function chooseFinishReason(
  status: CompletionStatus,
  reported: FinishReason | undefined,
): FinishReason {
  if (status === 'FAILED') return 'ERROR';
  if (status === 'CANCELLED') return 'CANCELLED';
  return (status === 'SUCCEEDED' ? reported : undefined) ?? 'OTHER';
}

/** The failure as it is kept with the completion. */
export function toCompletionError({ code, message, retryAfterMs }: ClientFailure): CompletionError {
  return { code, message, retryAfterMs };
}

/** The error that `complete` answers with; null when there was no failure. */
export function toAnswerError({ completion, failure }: ClosedInvocation): HeddleError | null {
  return failure === null ? null : errorOfFailure(failure, completion.id);
}

/** The failure as an error that names its row. */
export function errorOfFailure(
  { code, message, retryAfterMs, extensions }: ClientFailure,
  completionId: string,
): HeddleError {
  return new HeddleError(code, message, {
    extensions: { ...extensions, completionId, ...(retryAfterMs === null ? {} : { retryAfterMs }) },
  });
}
