import type { CatalogModel } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { isEndedByMesh } from '#core/connection-lost.ts';
import type { CompletionStatus } from '#core/graph-enums.generated.ts';
import type { GuardrailVerdict } from '#guardrails/pipeline/run.ts';
import type { GuardrailVerdictRecord } from '#mongo/invocations.ts';
import { ProviderFailure, type ProviderUsage } from '#providers/provider.ts';
import type { CallLimit } from '#state/quota/call-limits.ts';
import type { CallLabels } from '../call-labels.ts';
import type { InferenceEngine } from '../engine.ts';
import { toShownRecords, toVerdictRecords } from '../guarding/verdict-records.ts';
import { attemptProgress } from '../ledger/attempt-progress.ts';
import type { InvocationClosing } from '../ledger/invocation-closing.ts';
import { attemptRecord, findOwnLast, isWithoutWords, markUnpriced, withoutWords } from '../ledger/rows.ts';
import type { Meters } from '../metering/meters.ts';
import { savedByRouting } from '../metering/savings.ts';
import { type UsageBounds, upperBound } from '../metering/usage-cost.ts';
import { measureEmbedding } from '../payloads/call-sizes.ts';
import { writeEmbeddingPayload } from '../payloads/embedding-payload.ts';
import type { CallAccount } from '../questions/call-account.ts';
import type { Lease } from '../routing/provider-pool.ts';
import type { Candidates } from '../routing/route.ts';
import { type Attempted, askCandidates } from './ask.ts';
import {
  type AttemptResult,
  Cancelled,
  Stopped,
  toAttemptResult,
  untilAborted,
  withinLimits,
} from './attempts/attempt.ts';
import { EmbeddingParts } from './embedding-parts.ts';
import { logFailedCall } from './failure-log.ts';
import {
  type ClientFailure,
  errorOfFailure,
  failureOfError,
  failureOfProvider,
  internalFailure,
} from './outcome.ts';
import type { RunningCall } from './running.ts';
import type { UsageAccumulator } from './usage-accumulator.ts';
import { withoutInput } from './without-input.ts';

/** What `embed` answers: vectors in the order of the values. */
export interface EmbeddingsData {
  readonly id: string;
  readonly vectors: readonly (readonly number[])[];
  readonly usage: ProviderUsage;
  readonly costNanos: bigint;
  readonly modelId: string;
  /** What was left of the caller's limits when the call was admitted. */
  readonly limits: readonly CallLimit[];
  /** What the caller sees of what guardrails found in the values; absent: nothing. */
  readonly verdicts?: readonly GuardrailVerdictRecord[];
}

export interface EmbeddingStart {
  readonly id: string;
  readonly caller: Caller;
  readonly labels: CallLabels;
  readonly values: readonly string[];
  readonly dimensions: number | null;
  readonly inputTokensMax: number;
  readonly inputBytes: number;
  readonly candidates: Candidates;
  readonly meters: Meters;
  /** What its guardrails have taken already, and what it takes. */
  readonly account: CallAccount;
  /** The first attempt is reserved, and in the row. */
  readonly isReserved: boolean;
  /** What the guardrails stated of its values. */
  readonly verdicts: readonly GuardrailVerdict[];
  readonly startedAtMs: number;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

type EmbeddingAttempt = Attempted & { readonly vectors: EmbeddingsData['vectors'] };

type EmbeddingEnding =
  | { readonly status: 'SUCCEEDED'; readonly vectors: EmbeddingsData['vectors'] }
  | { readonly status: 'FAILED'; readonly failure: ClientFailure }
  | { readonly status: 'CANCELLED'; readonly message: string };

/**
 * One embedding that has its reservation and its row: calls providers until one has answered or none may be called
 * again, then closes the row and settles the meters, once each.
 */
export class Embedding implements RunningCall {
  /** Resolves when the row is closed; rejects with the failure, which names the row. */
  readonly done: Promise<EmbeddingsData>;
  readonly #start: EmbeddingStart;
  readonly #engine: InferenceEngine;
  readonly #accumulator: UsageAccumulator;
  /** By model: vectors of different ones are never mixed. */
  readonly #parts = new Map<string, EmbeddingParts>();
  readonly #abort = new AbortController();
  #model: CatalogModel;

  constructor(start: EmbeddingStart, engine: InferenceEngine) {
    this.#start = start;
    this.#engine = engine;
    this.#accumulator = start.account.accumulator;
    this.#model = start.candidates.models[0];
    start.account.run(start.isReserved ? start.meters.reserved : null, () => null);
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
    const onLeave = () => {
      if (isEndedByMesh(signal)) this.stop('The gateway of the client was lost, or has ended.');
      else this.#abort.abort(new Cancelled('The client has gone.'));
    };
    if (signal.aborted) onLeave();
    signal.addEventListener('abort', onLeave, { once: true });

    let ending: EmbeddingEnding = { status: 'FAILED', failure: internalFailure };
    try {
      ending = await this.#ask();
    } finally {
      clearTimeout(total);
      signal.removeEventListener('abort', onLeave);
      const failure = ending.status === 'FAILED' ? ending.failure : null;
      logFailedCall(this.#engine.log, this.#start, failure, findOwnLast(this.#accumulator.attempts));
      await this.#settleAndClose(ending);
    }
    if (ending.status === 'FAILED') throw errorOfFailure(ending.failure, id);
    if (ending.status === 'CANCELLED') {
      const message = `The embedding was stopped: ${ending.message}`;
      throw errorOfFailure({ code: 'PROVIDER_ERROR', message, retryAfterMs: null }, id);
    }
    const { usage, costNanos } = this.#accumulator;
    const limits = this.#start.meters.listLimits();
    const verdicts = toShownRecords(this.#start.verdicts);
    const shown = verdicts === undefined ? {} : { verdicts };
    return { id, vectors: ending.vectors, usage, costNanos, modelId: this.#model.id, limits, ...shown };
  }

  async #ask(): Promise<EmbeddingEnding> {
    const { candidates, account, inputTokensMax, isReserved } = this.#start;
    const outcome = await askCandidates(
      {
        operation: 'embeddings',
        candidates,
        accumulator: this.#accumulator,
        logged: this.#start,
        isReserved,
        inputBytes: this.#start.inputBytes,
        bounds: () => this.#bounds,
        signal: this.#abort.signal,
        reserve: (model) => {
          const input = inputTokensMax + this.#engine.inputAllowances.tokensFor(model.id);
          return account.reserveOwn(upperBound(model, input, 0));
        },
        recordWait: () => this.#recordProgress(null),
        recordBegin: (model) => this.#recordProgress(model),
        attempt: (model, lease) => this.#attempt(model, lease),
      },
      this.#engine,
    );
    if (outcome.kind === 'REFUSED') return { status: 'FAILED', failure: failureOfError(outcome.error) };
    if (outcome.kind === 'UNAVAILABLE')
      return { status: 'FAILED', failure: failureOfProvider(outcome.failure) };
    const { end, vectors } = outcome.last;
    return end.outcome === 'SUCCEEDED' ? { status: 'SUCCEEDED', vectors } : this.#endedBy(end);
  }

  get #bounds(): UsageBounds {
    return { inputTokensMax: this.#start.inputTokensMax, outputTokensMax: 0 };
  }

  /** What the row is closed from should this process die: the attempts that have ended, and the one that begins. */
  #recordProgress(begins: CatalogModel | null): Promise<void> {
    const attempt = begins === null ? null : attemptProgress(begins, this.#bounds, this.#engine.now());
    return this.#engine.progress.write(this.#start.id, this.#start.account.progress(attempt));
  }

  #endedBy(
    end: AttemptResult & { readonly outcome: Extract<CompletionStatus, 'FAILED' | 'CANCELLED'> },
  ): EmbeddingEnding {
    const cause = this.#abort.signal.aborted
      ? this.#abort.signal.reason
      : end.outcome === 'FAILED'
        ? end.failure
        : end.reason;
    return cause instanceof ProviderFailure
      ? { status: 'FAILED', failure: failureOfProvider(cause) }
      : { status: 'CANCELLED', message: cause.message };
  }

  async #attempt(model: CatalogModel, lease: Lease): Promise<EmbeddingAttempt> {
    const startedAtMs = this.#engine.now();
    this.#model = model;
    const abort = new AbortController();
    const { signal } = this.#abort;
    const onStop = () => abort.abort(signal.reason);
    if (signal.aborted) onStop();
    signal.addEventListener('abort', onStop, { once: true });
    const called = await this.#call(lease, abort);
    signal.removeEventListener('abort', onStop);
    return { ...called, timeToFirstTokenMs: null, wholeMs: this.#engine.now() - startedAtMs };
  }

  async #call(lease: Lease, abort: AbortController): Promise<Pick<EmbeddingAttempt, 'end' | 'vectors'>> {
    const { values, dimensions, candidates } = this.#start;
    const { connectMs, firstTokenMs, interTokenMs } = candidates.timeouts;
    const limits = { connectMs, firstMs: firstTokenMs, nextMs: interTokenMs };
    const model = this.#model;
    const parts = this.#parts.get(model.id) ?? new EmbeddingParts(values);
    this.#parts.set(model.id, parts);
    const before = [...parts.vectors];
    const progress = parts.follow();
    let sent = false;
    try {
      abort.signal.throwIfAborted();
      const provider = await untilAborted(Promise.resolve(lease.provider), abort.signal);
      sent = true;
      const { vectors, usage } = await withinLimits(abort, limits, (signal) =>
        provider.embed({
          model: model.name,
          values: parts.rest,
          signal,
          progress,
          ...(dimensions === null ? {} : { dimensions }),
        }),
      );
      const answer = { text: '', reasoning: null, toolCalls: [], finishReason: 'STOP' as const, usage };
      return { end: { outcome: 'SUCCEEDED', answer }, vectors: parts.join(before, vectors) };
    } catch (error) {
      const end = toAttemptResult(error, abort.signal, null, sent);
      return {
        end: end.outcome === 'SUCCEEDED' ? end : { ...end, reported: progress.end(end.cut) },
        vectors: [],
      };
    }
  }

  async #settleAndClose(ending: EmbeddingEnding): Promise<void> {
    const { id, caller, candidates, meters, startedAtMs, labels, values, dimensions } = this.#start;
    const { usage, costNanos, attempts, used } = this.#accumulator;
    const endedAtMs = this.#engine.now();
    const guardrailVerdicts = toVerdictRecords(this.#start.verdicts);
    const closing: InvocationClosing = {
      status: ending.status,
      modelId: this.#model.id,
      providerId: this.#model.provider.id,
      usage,
      costNanos,
      ...(ending.status === 'SUCCEEDED' &&
        savedByRouting(candidates.firstChoice, this.#model, findOwnLast(attempts)?.usage)),
      ...markUnpriced(attempts),
      cache: 'BYPASS',
      latencyMs: endedAtMs - startedAtMs,
      timeToFirstTokenMs: null,
      errorCode: ending.status === 'FAILED' ? ending.failure.code : null,
      error: ending.status === 'FAILED' ? withoutInput(ending.failure.message, this.#start.values) : null,
      endedAt: new Date(endedAtMs),
      attempts: attempts.map(attemptRecord),
      ...(guardrailVerdicts === undefined ? {} : { guardrailVerdicts }),
      ...measureEmbedding(labels, values),
    };
    // While the row is not closed its reservation stands: whoever closes it settles.
    const { ledger, payloadLog } = this.#engine;
    const isLogged = labels.payloadLogging === 'FULL';
    const vectors = ending.status === 'SUCCEEDED' ? ending.vectors : [];
    using payload = await payloadLog.hold({
      ...{ id, caller, endedAtMs },
      content: isLogged ? () => writeEmbeddingPayload({ values, dimensions, vectors, attempts }) : null,
    });
    if (payload.record !== null) closing.payloadUntil = payload.record.expiresAt;
    await ledger.close(id, isWithoutWords(labels) ? withoutWords(closing) : closing, null, payload.record);
    await meters.commitUsage(used);
  }
}
