import type { CatalogModel } from '#mongo/catalog.ts';
import type { HeddleError } from '#schema/errors.ts';
import { type AttemptEnd, Cancelled, endOf, healthOf, Stopped, untilAborted } from './attempt.ts';
import type { InferenceDeps } from './deps.ts';
import {
  type ClientFailure,
  errorOfFailure,
  failureOfError,
  failureOfProvider,
  internalFailure,
} from './ending.ts';
import { attemptProgress } from './ledger/attempt-progress.ts';
import { attemptRecord } from './ledger/rows.ts';
import type { Meters } from './meters.ts';
import { ProviderFailure, type ProviderUsage } from './providers/provider.ts';
import { nextStep } from './retry.ts';
import type { Candidates } from './route.ts';
import type { RunningCall } from './running.ts';
import { type UsageBounds, upperBound } from './settle.ts';
import { Tally } from './tally.ts';
import { withoutInput } from './without-input.ts';

/** What `embed` answers: vectors in the order of the values. */
export interface EmbeddingsData {
  readonly id: string;
  readonly vectors: readonly (readonly number[])[];
  readonly usage: ProviderUsage;
  readonly costNanos: bigint;
  readonly modelId: string;
}

export interface EmbeddingStart {
  readonly id: string;
  readonly values: readonly string[];
  readonly dimensions: number | null;
  readonly inputTokensMax: number;
  readonly candidates: Candidates;
  readonly meters: Meters;
  readonly startedAtMs: number;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

type EmbeddingEnding =
  | { readonly status: 'SUCCEEDED'; readonly vectors: EmbeddingsData['vectors'] }
  | { readonly status: 'FAILED'; readonly failure: ClientFailure }
  | { readonly status: 'CANCELLED'; readonly message: string };

/**
 * One embedding that has its reservation and its row: asks providers until one has answered or none may be asked
 * again, then settles the meters and closes the row, once each.
 */
export class Embedding implements RunningCall {
  /** Resolves when the row is closed; rejects with the failure, which names the row. */
  readonly done: Promise<EmbeddingsData>;
  readonly #start: EmbeddingStart;
  readonly #deps: InferenceDeps;
  readonly #tally: Tally;
  readonly #triedCredentials = new Set<string>();
  readonly #abort = new AbortController();
  #model: CatalogModel;

  constructor(start: EmbeddingStart, deps: InferenceDeps) {
    this.#start = start;
    this.#deps = deps;
    this.#tally = new Tally(start.values);
    this.#model = start.candidates.models[0];
    this.done = this.#run();
  }

  /** The mesh ends it: FAILED with OVERLOADED. */
  stop(message: string): void {
    this.#abort.abort(new Stopped(message));
  }

  async #run(): Promise<EmbeddingsData> {
    const { id, signal, candidates } = this.#start;
    const { totalMs } = candidates.timeouts;
    const total = setTimeout(() => {
      const message = `The embedding has not ended within ${totalMs} ms.`;
      this.#abort.abort(new ProviderFailure('PROVIDER_TIMEOUT', message, { retryable: false }));
    }, totalMs);
    const onLeave = () => this.#abort.abort(new Cancelled('The client has gone.'));
    if (signal.aborted) onLeave();
    signal.addEventListener('abort', onLeave, { once: true });

    let ending: EmbeddingEnding = { status: 'FAILED', failure: internalFailure };
    try {
      ending = await this.#ask();
    } finally {
      clearTimeout(total);
      signal.removeEventListener('abort', onLeave);
      await this.#settleAndClose(ending);
    }
    if (ending.status === 'FAILED') throw errorOfFailure(ending.failure, id);
    if (ending.status === 'CANCELLED') {
      const message = `The embedding was stopped: ${ending.message}`;
      throw errorOfFailure({ code: 'PROVIDER_ERROR', message, retryAfterMs: null }, id);
    }
    const { usage, costNanos } = this.#tally;
    return { id, vectors: ending.vectors, usage, costNanos, modelId: this.#model.id };
  }

  async #ask(): Promise<EmbeddingEnding> {
    const { candidates, meters, inputTokensMax } = this.#start;
    const { models, maxAttempts } = candidates;
    const { signal } = this.#abort;
    for (let candidate = 0; ; ) {
      this.#model = models[candidate] ?? models[0];
      const { end, vectors } = await this.#attempt();
      if (end.outcome === 'SUCCEEDED') return { status: 'SUCCEEDED', vectors };
      if (end.outcome === 'CANCELLED' || signal.aborted) return this.#endedBy(end);
      const next = nextStep(end.failure, {
        candidate,
        candidates: models.length,
        attempts: this.#tally.attempts.length,
        maxAttempts,
        random: this.#deps.random,
      });
      if (next.step === 'STOP') return this.#endedBy(end);
      if (next.delayMs > 0) await this.#recordProgress(false);
      if (next.delayMs > 0) await this.#deps.delay(next.delayMs, signal).catch(() => undefined);
      if (signal.aborted) return this.#endedBy(end);
      const bound = upperBound(models[next.candidate] ?? models[0], inputTokensMax, 0);
      const refusal: HeddleError | null = await meters.reserveAlso(this.#tally.used, bound);
      if (signal.aborted) return this.#endedBy(end);
      if (refusal !== null) return { status: 'FAILED', failure: failureOfError(refusal) };
      candidate = next.candidate;
    }
  }

  get #bounds(): UsageBounds {
    return { inputTokensMax: this.#start.inputTokensMax, outputTokensMax: 0 };
  }

  /** What the row is closed from should this process die: the attempts that have ended, and the one that begins. */
  #recordProgress(begins: boolean): Promise<void> {
    const nowMs = this.#deps.now();
    return this.#deps.progress.write(this.#start.id, {
      at: new Date(nowMs),
      attempts: this.#tally.attempts.map(attemptRecord),
      attempt: begins ? attemptProgress(this.#model, this.#bounds, nowMs) : null,
    });
  }

  #endedBy(end: AttemptEnd & { readonly outcome: 'FAILED' | 'CANCELLED' }): EmbeddingEnding {
    const cause = this.#abort.signal.aborted
      ? this.#abort.signal.reason
      : end.outcome === 'FAILED'
        ? end.failure
        : end.reason;
    return cause instanceof ProviderFailure
      ? { status: 'FAILED', failure: failureOfProvider(cause) }
      : { status: 'CANCELLED', message: cause.message };
  }

  async #attempt(): Promise<{ readonly end: AttemptEnd; readonly vectors: EmbeddingsData['vectors'] }> {
    const { now, health } = this.#deps;
    const model = this.#model;
    if (this.#tally.attempts.length > 0) await this.#recordProgress(true);
    const startedAtMs = now();
    const tellHealth = health.begin(model.id, model.provider.id);
    const { end, vectors } = await this.#call(model);
    const durationMs = now() - startedAtMs;
    tellHealth(healthOf(end, durationMs, null));
    this.#tally.add(model, end, { startedAtMs, durationMs }, this.#bounds);
    return { end, vectors };
  }

  async #call(model: CatalogModel): Promise<{ end: AttemptEnd; vectors: EmbeddingsData['vectors'] }> {
    const { signal } = this.#abort;
    const { values, dimensions } = this.#start;
    let sent = false;
    try {
      signal.throwIfAborted();
      const taken = Promise.resolve(this.#deps.pool.take(model.provider, this.#triedCredentials));
      const provider = await untilAborted(taken, signal);
      sent = true;
      const asked = provider.embed({
        model: model.name,
        values,
        signal,
        ...(dimensions === null ? {} : { dimensions }),
      });
      const { vectors, usage } = await untilAborted(asked, signal);
      const answer = { text: '', reasoning: null, toolCalls: [], finishReason: 'STOP' as const, usage };
      return { end: { outcome: 'SUCCEEDED', answer }, vectors };
    } catch (error) {
      return { end: endOf(error, signal, null, sent), vectors: [] };
    }
  }

  async #settleAndClose(ending: EmbeddingEnding): Promise<void> {
    const { id, meters, startedAtMs } = this.#start;
    const { usage, costNanos, attempts, used } = this.#tally;
    const endedAtMs = this.#deps.now();
    const closing = {
      status: ending.status,
      modelId: this.#model.id,
      providerId: this.#model.provider.id,
      usage,
      costNanos,
      cache: 'BYPASS',
      latencyMs: endedAtMs - startedAtMs,
      timeToFirstTokenMs: null,
      errorCode: ending.status === 'FAILED' ? ending.failure.code : null,
      error: ending.status === 'FAILED' ? withoutInput(ending.failure.message, this.#start.values) : null,
      endedAt: new Date(endedAtMs),
      attempts: attempts.map(attemptRecord),
    } as const;
    await Promise.all([meters.settle(used), this.#deps.ledger.close(id, closing, null)]);
  }
}
