import type { CatalogModel } from '#catalog/catalog.ts';
import type { HeddleError } from '#core/errors.ts';
import type { GenAiOperation } from '#core/observers/inference-observer.ts';
import { type AttributeSource, withSpan } from '#core/tracing/span.ts';
import { ProviderFailure } from '#providers/provider.ts';
import type { InferenceEngine } from '../engine.ts';
import type { UsageBounds } from '../metering/usage-cost.ts';
import type { Lease } from '../routing/provider-pool.ts';
import { nextAfterShown, nextStep, type RetryState } from '../routing/retry.ts';
import { type Candidates, unavailability } from '../routing/route.ts';
import { beginAttemptSpan, describeAttempt } from '../tracing/attempt-span.ts';
import { type AttemptResult, RefusedAnswer, rateAttempt } from './attempts/attempt.ts';
import { type LoggedCall, logFailedAttempt } from './failure-log.ts';
import type { UsageAccumulator } from './usage-accumulator.ts';

/** What one attempt came to; `timeToFirstTokenMs` and `wholeMs` as in CallOutcome. */
export interface Attempted {
  readonly end: AttemptResult;
  readonly timeToFirstTokenMs: number | null;
  readonly wholeMs: number | null;
  /** Milliseconds until the provider had answered, where its answer was looked at after that; absent: all of the attempt. */
  readonly answeredMs?: number;
}

/** The requested call: a completion or an embedding. */
export interface Asking<T extends Attempted> {
  readonly operation: GenAiOperation;
  readonly candidates: Candidates;
  readonly accumulator: UsageAccumulator;
  /** The rule of a guardrail that calls; absent: the call itself does. */
  readonly guardrail?: string;
  /** What the spans of its attempts have of the call; absent: nothing. */
  readonly traced?: AttributeSource;
  /** What the lines of its failed attempts name. */
  readonly logged: LoggedCall;
  /** False: the first attempt is not reserved and recorded yet. */
  readonly isReserved: boolean;
  /** Bytes of the input, as `CompletionRequest.inputBytes`. */
  readonly inputBytes: number | null;
  /** What an attempt that is cut may have taken. */
  bounds(model: CatalogModel): UsageBounds;
  /** Aborted when the call as a whole is stopped. */
  readonly signal: AbortSignal;
  /** Reserves what the next attempt may take. Returns the refusal; null: it is reserved. */
  reserve(model: CatalogModel): Promise<HeddleError | null>;
  /** Keeps durable that no attempt is in progress while the next one is waited for. */
  recordWait(): Promise<void>;
  /** Keeps durable that a further attempt begins. */
  recordBegin(model: CatalogModel): Promise<void>;
  /** Makes one attempt. Never rejects because of the provider. */
  attempt(model: CatalogModel, lease: Lease): Promise<T>;
  /** After the client has seen something: true when `other` may begin anew. */
  restart?(failure: ProviderFailure, other: CatalogModel): boolean;
  /** The client has seen something of an answer. */
  hasShown?(): boolean;
}

/** What the AI model is to be called again with, as a guardrail refuses its answer; null: it is not to be called again. */
export function readNote(outcome: CandidatesOutcome<Attempted>): string | null {
  if (outcome.kind !== 'ENDED' || outcome.last.end.outcome !== 'FAILED') return null;
  const { failure } = outcome.last.end;
  return failure instanceof RefusedAnswer ? failure.note : null;
}

type AskDeps = Pick<
  InferenceEngine,
  'health' | 'pool' | 'delay' | 'random' | 'now' | 'log' | 'inputAllowances' | 'observer'
>;

/** How the calls ended: with an attempt, the last one, or with a refusal before it. */
export type CandidatesOutcome<T> =
  | { readonly kind: 'ENDED'; readonly last: T }
  | { readonly kind: 'REFUSED'; readonly error: HeddleError }
  /** No candidate could be called. */
  | { readonly kind: 'UNAVAILABLE'; readonly failure: ProviderFailure };

/**
 * Calls the candidates until one has answered or no further attempt is allowed. Every attempt of every operation begins
 * and ends here: its circuit, its credential and its usage are accounted for in one place.
 */
export async function askCandidates<T extends Attempted>(
  asking: Asking<T>,
  deps: AskDeps,
): Promise<CandidatesOutcome<T>> {
  const { candidates, signal } = asking;
  const { models, maxAttempts } = candidates;
  const modelIds = models.map(({ id }) => id);
  const triedCredentials = new Set<string>();
  let last: T | undefined;
  let counted = 0;
  let candidate = 0;
  let isFree = false;
  /** Where the first candidate's bound is reserved, the row is opened with it. */
  let reserved = asking.isReserved;

  const modelAt = (index: number) => models[index] ?? models[0];
  const waitMs = (index: number) => computeWaitMs(modelAt(index), deps);
  const ended = (): CandidatesOutcome<T> =>
    last === undefined
      ? { kind: 'UNAVAILABLE', failure: unavailable(modelAt(candidate), deps) }
      : { kind: 'ENDED', last };

  try {
    for (;;) {
      const model = modelAt(candidate);
      const refusal = reserved ? null : await asking.reserve(model);
      if (signal.aborted && last !== undefined) return { kind: 'ENDED', last };
      if (refusal !== null) return { kind: 'REFUSED', error: refusal };
      if (!reserved) await asking.recordBegin(model);
      candidates.release();
      const attempted = await attempt(model, triedCredentials, asking, deps);
      if (attempted === null) {
        // Its circuit opened, or its one trial began, since it was chosen.
        const other = modelIds.findIndex((id, index) => id !== model.id && waitMs(index) === 0);
        if (other === -1) return ended();
        candidate = other;
        reserved = false;
        continue;
      }
      last = attempted;
      const { end } = attempted;
      if (!isFree) counted += 1;
      if (end.outcome !== 'FAILED' || signal.aborted) return ended();
      if (!candidates.isRoute && isSilence(end.failure)) return ended();
      const state: RetryState = {
        candidate,
        modelIds,
        attempts: counted,
        maxAttempts,
        random: deps.random,
        hadBegun: (end.partial?.received ?? 0) > 0,
        hasOtherCredential: deps.pool.hasOther(model, triedCredentials),
        isFirstFailure: deps.health.failures(model.id) <= 1 && deps.pool.refusals(model) <= 1,
        waitMs,
      };
      if (asking.hasShown?.() === true) {
        const other = nextAfterShown(state);
        if (other === null || asking.restart?.(end.failure, modelAt(other)) !== true) return ended();
        candidate = other;
        isFree = false;
      } else {
        const next = nextStep(end.failure, state);
        if (next.step === 'STOP') return ended();
        if (next.delayMs > 0) {
          await asking.recordWait();
          // Any error: the wait ends early when the call is aborted, which is looked at below.
          await deps.delay(next.delayMs, signal).catch(() => undefined);
        }
        if (signal.aborted) return ended();
        ({ candidate, isFree } = next);
      }
      reserved = false;
    }
  } finally {
    candidates.release();
  }
}

/** One of our own time limits: to wait as long again for the same provider only multiplies the wait. */
function isSilence({ code, status }: ProviderFailure): boolean {
  return code === 'PROVIDER_TIMEOUT' && status === null;
}

function isFromClient(
  { isAboutCall, evidence }: ProviderFailure,
  { accumulator }: Asking<Attempted>,
): boolean {
  return isAboutCall || (evidence !== null && accumulator.repeatsInput(evidence));
}

/** Makes one attempt; null: the circuit lets no call through. */
async function attempt<T extends Attempted>(
  model: CatalogModel,
  triedCredentials: Set<string>,
  asking: Asking<T>,
  { health, pool, now, log, inputAllowances, observer }: Omit<AskDeps, 'delay' | 'random'>,
): Promise<T | null> {
  const endCall = health.begin(model.id, model.provider.id);
  if (endCall === null) return null;
  const startedAtMs = now();
  const { operation, guardrail, traced } = asking;
  const span = beginAttemptSpan({ operation, model, guardrail, traced });
  let outcome: ReturnType<typeof rateAttempt> = null;
  try {
    const lease = pool.take(model, triedCredentials);
    const attempted = await withSpan(span, () => asking.attempt(model, lease));
    const { end, timeToFirstTokenMs, wholeMs } = attempted;
    const durationMs = attempted.answeredMs ?? now() - startedAtMs;
    if (end.outcome === 'SUCCEEDED') lease.settle(null);
    // What one client requests, or has its provider repeat, rests no credential of the others.
    else if (end.outcome === 'FAILED' && !isFromClient(end.failure, asking)) lease.settle(end.failure);
    // An answer that is under way when the whole call is stopped may have waited for its own reader.
    const wasAnswering = asking.signal.aborted && timeToFirstTokenMs !== null;
    if (!wasAnswering) outcome = rateAttempt(end, { latencyMs: durationMs, timeToFirstTokenMs, wholeMs });
    asking.accumulator.add(model, end, { startedAtMs, durationMs }, asking.bounds(model), guardrail);
    const counted = asking.accumulator.attempts.at(-1);
    describeAttempt(span, attempted, counted);
    inputAllowances.observe(model.id, asking.inputBytes, counted);
    observer?.attemptEnded({
      operation,
      model,
      outcome: end.outcome,
      code: end.outcome === 'FAILED' ? end.failure.code : null,
      durationMs,
      timeToFirstChunkMs: timeToFirstTokenMs,
      usage: counted?.usage ?? null,
      costNanos: BigInt(counted?.costNanos ?? 0),
      traceId: span?.sampledTraceId,
    });
    const number = asking.accumulator.attempts.length;
    logFailedAttempt(log, asking.logged, end, { model, number, durationMs });
    return attempted;
  } finally {
    span?.end();
    endCall(outcome);
  }
}

type Availability = Pick<InferenceEngine, 'health' | 'pool'>;

/** A circuit's time is not waited for within a call; a time that the provider requested may be. */
function computeWaitMs(model: CatalogModel, { health, pool }: Availability): number {
  if (health.openMs(model.id) > 0) return Number.POSITIVE_INFINITY;
  const rest = pool.rest(model);
  return Math.max(health.restMs(model.id), rest?.strict === true ? rest.waitMs : 0);
}

function unavailable(model: CatalogModel, deps: Availability): ProviderFailure {
  const why = unavailability(model, deps);
  return new ProviderFailure(
    why?.code ?? 'PROVIDER_ERROR',
    why?.message ?? `The provider of ${model.id} is tried by another call.`,
    { retryable: false, retryAfterMs: why?.retryAfterMs ?? null },
  );
}
