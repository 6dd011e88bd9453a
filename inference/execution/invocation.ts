import type { CatalogModel } from '#catalog/catalog.ts';
import type { HeddleError } from '#core/errors.ts';
import type { CompletionStatus } from '#core/graph-enums.generated.ts';
import type { ProgressRecord } from '#mongo/invocations.ts';
import { AnswerBuilder } from '#providers/answer-builder.ts';
import { type ProviderAnswer, ProviderFailure, type ProviderPart } from '#providers/provider.ts';
import type { CompletionData, CompletionEventData } from '../completion.ts';
import type { InferenceEngine } from '../engine.ts';
import { withNote } from '../guarding/guard-call.ts';
import { OutputGuard } from '../guarding/output-guard.ts';
import { attemptProgress } from '../ledger/attempt-progress.ts';
import { aheadCharsMin, type FollowedSource, type ProgressSource } from '../ledger/progress.ts';
import { findOwnLast } from '../ledger/rows.ts';
import { answersTokensMax, estimatedUsage, upperBound } from '../metering/usage-cost.ts';
import { CallRecorder } from '../payloads/call-recorder.ts';
import type { Lease } from '../routing/provider-pool.ts';
import type { Candidates } from '../routing/route.ts';
import type { EventSink } from '../streams/event-sink.ts';
import { describeRequest } from '../tracing/describe-request.ts';
import { noteFirstChunk, noteRestart } from '../tracing/stream-events.ts';
import { toEvent, toEvents } from './answer-events.ts';
import { type Attempted, askCandidates, type CandidatesOutcome, readNote } from './ask.ts';
import {
  type AttemptResult,
  Cancelled,
  generateOnce,
  Stopped,
  streamOnce,
  toUnsentResult,
  UncheckedAnswer,
  untilAborted,
} from './attempts/attempt.ts';
import { chooseMaxOutputTokens, readAttemptLimits, readUsageBounds } from './attempts/attempt-bounds.ts';
import type { AttemptLimits } from './attempts/attempt-timer.ts';
import { checkStructured } from './attempts/structured-attempt.ts';
import { buildCompletion } from './build-completion.ts';
import { clockChunks } from './clock-chunks.ts';
import { closeInvocation } from './close-invocation.ts';
import { coverFirst } from './cover-first.ts';
import { type LoggedCall, logFailedCall } from './failure-log.ts';
import type { InvocationStart } from './invocation-start.ts';
import {
  type ClosedInvocation,
  failed,
  failureOfError,
  failureOfProvider,
  internalFailure,
  type Outcome,
  partialAnswer,
} from './outcome.ts';
import type { UsageAccumulator } from './usage-accumulator.ts';

type CompletionAttempt = Attempted & { readonly json: unknown };

/**
 * One invocation that has its reservation and its row: calls providers until one has answered or none may be called
 * again, then closes the row, settles the meters and emits the last event, once each and in this order.
 */
export class Invocation implements ProgressSource {
  readonly start: InvocationStart;
  /** Resolves when the row is closed and the last event is written. Never rejects. */
  readonly done: Promise<ClosedInvocation>;
  readonly #engine: InferenceEngine;
  /** What lines of the log name. */
  readonly #logged: LoggedCall;
  readonly #accumulator: UsageAccumulator;
  /** Null: no guardrail binds the answers. */
  readonly #guard: OutputGuard | null;
  readonly #recorder: CallRecorder | null;
  /** What a guardrail has the AI model called again with, once. */
  #note: string | null = null;
  /** Aborted once, by whatever stops the whole: a cancellation or the total timeout. */
  readonly #abort = new AbortController();
  #attemptAbort: AbortController | undefined;
  #model: CatalogModel;
  /** Of the attempt under way. */
  #received = new AnswerBuilder();
  #attemptStartedAtMs = 0;
  #firstTokenMs: number | null = null;
  /** The client has seen something of an answer. */
  #shown = false;
  #restarted = false;
  /** Fields of the call that the provider of the attempt does not take. */
  #dropped: readonly string[] | undefined;

  constructor(start: InvocationStart, engine: InferenceEngine) {
    this.start = start;
    this.#engine = engine;
    this.#logged = { id: start.id, caller: start.caller, labels: start.request.labels };
    this.#accumulator = start.account.accumulator;
    this.#guard = OutputGuard.of(start.guarded, start.request.structured !== null);
    this.#recorder = CallRecorder.of(start.request, start.guarded);
    this.#model = start.candidates.models[0];
    start.account.run(start.isReserved ? start.meters.reserved : null, () => this.progress(0).attempt);
    this.done = this.#run();
  }

  get id(): string {
    return this.start.id;
  }

  /** Its client ends it: CANCELLED. A completion that has ended stays as it is. */
  cancel(message: string): void {
    this.#stop(new Cancelled(message));
  }

  /** The mesh ends it: FAILED with OVERLOADED. A completion that has ended stays as it is. */
  stop(message: string): void {
    this.#stop(new Stopped(message));
  }

  /** The completion as it stands while it runs. */
  running(): CompletionData {
    return this.#completion('RUNNING', {}, null, null);
  }

  get parts(): number {
    return this.#received.parts;
  }

  get received(): number {
    return this.#received.received;
  }

  progress(aheadChars: number): ProgressRecord {
    const attempt = attemptProgress(
      this.#model,
      readUsageBounds(this.start.request, this.#model, this.#note),
      this.#attemptStartedAtMs,
      this.#received,
      aheadChars,
    );
    return this.start.account.progress(attempt);
  }

  #stop(reason: Cancelled | ProviderFailure): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(reason);
    this.#attemptAbort?.abort(reason);
  }

  async #run(): Promise<ClosedInvocation> {
    const { totalMs } = this.start.candidates.timeouts;
    const total = setTimeout(() => {
      const message = `The completion has not ended within ${totalMs} ms.`;
      this.#stop(new ProviderFailure('PROVIDER_TIMEOUT', message, { retryable: false }));
    }, totalMs);
    let outcome: Outcome;
    try {
      outcome = await this.#ask();
    } catch (error) {
      this.#engine.log.error({ err: error, completionId: this.id }, 'an invocation failed unexpectedly');
      outcome = failed(internalFailure);
    }
    clearTimeout(total);
    logFailedCall(this.#engine.log, this.#logged, outcome.failure, findOwnLast(this.#accumulator.attempts));
    const ended = await closeInvocation(
      outcome,
      {
        ...this.start,
        model: this.#model,
        firstTokenMs: this.#firstTokenMs,
        used: this.#accumulator.used,
        recorder: this.#recorder,
        verdicts: [...this.start.guarded.verdicts, ...(this.#guard?.verdicts ?? [])],
        complete: (...as) => this.#completion(...as),
      },
      this.#engine,
    );
    if (this.start.sink !== null) await this.#emitEnd(this.start.sink, ended, outcome);
    return ended;
  }

  async #ask(): Promise<Outcome> {
    const { candidates } = this.start;
    const first = await this.#askCandidates(candidates, this.start.isReserved);
    const note = this.#shown ? null : readNote(first);
    if (note === null) return this.#toOutcome(first);
    this.#note = note;
    const again = { ...candidates, models: [this.#model], maxAttempts: 1, isRoute: false } as const;
    return this.#toOutcome(await this.#askCandidates(again, false));
  }

  #askCandidates(candidates: Candidates, isReserved: boolean): Promise<CandidatesOutcome<CompletionAttempt>> {
    const { progress } = this.#engine;
    return askCandidates(
      {
        operation: 'chat',
        traced: () => describeRequest(this.start.request),
        candidates,
        accumulator: this.#accumulator,
        logged: this.#logged,
        isReserved,
        inputBytes: this.start.request.inputBytes,
        bounds: (model) => readUsageBounds(this.start.request, model, this.#note),
        signal: this.#abort.signal,
        reserve: (model) => this.#reserveFor(model),
        recordWait: () => progress.write(this.id, this.start.account.progress(null)),
        recordBegin: (model) => {
          this.#beginAttempt(model, this.#engine.now());
          return progress.write(this.id, this.progress(this.#readsStream ? aheadCharsMin : 0));
        },
        attempt: (model, lease) => this.#attempt(model, lease),
        hasShown: () => this.#shown,
        restart: (failure, other) => !(failure instanceof UncheckedAnswer) && this.#restart(failure, other),
      },
      this.#engine,
    );
  }

  #toOutcome(called: CandidatesOutcome<CompletionAttempt>): Outcome {
    if (called.kind === 'REFUSED') return failed(failureOfError(called.error));
    if (called.kind === 'UNAVAILABLE') return failed(failureOfProvider(called.failure));
    const { end, json } = called.last;
    if (end.outcome === 'SUCCEEDED') return { status: 'SUCCEEDED', answer: end.answer, json, failure: null };
    return this.#endedBy(end);
  }

  /** What the client may have of an answer that did not come to its end. */
  #partial(end: AttemptResult): Partial<ProviderAnswer> {
    if (end.outcome === 'SUCCEEDED' || end.partial === null) return {};
    return this.#guard?.partial ?? partialAnswer(end);
  }

  #endedBy(
    end: AttemptResult & { readonly outcome: Extract<CompletionStatus, 'FAILED' | 'CANCELLED'> },
  ): Outcome {
    const answer = this.#partial(end);
    const cause = this.#abort.signal.aborted ? this.#abort.signal.reason : null;
    if (end.outcome === 'CANCELLED' || cause instanceof Cancelled) {
      return { status: 'CANCELLED', answer, json: null, failure: null };
    }
    const failure = cause instanceof ProviderFailure ? cause : end.failure;
    return failed(
      failure instanceof UncheckedAnswer ? failureOfError(failure.error) : failureOfProvider(failure),
      answer,
    );
  }

  /** The first attempt's bound is reserved already. */
  #reserveFor(model: CatalogModel): Promise<HeddleError | null> {
    const { request, account } = this.start;
    const { inputTokensMax } = readUsageBounds(request, model, this.#note);
    const input = inputTokensMax + this.#engine.inputAllowances.tokensFor(model.id);
    return account.reserveOwn(upperBound(model, input, answersTokensMax(model, request.call)));
  }

  /** Only a route may begin anew with another model, and once. */
  #restart(failure: ProviderFailure, other: CatalogModel): boolean {
    const { candidates, sink, request } = this.start;
    if (!candidates.isRoute || this.#restarted || sink === null || !request.allowRestart) return false;
    this.#restarted = true;
    sink.restarted(failure.message, other.id);
    noteRestart(other.id, failure.code);
    return true;
  }

  #beginAttempt(model: CatalogModel, startedAtMs: number): void {
    this.#model = model;
    this.#received = new AnswerBuilder();
    this.#attemptStartedAtMs = startedAtMs;
  }

  async #attempt(model: CatalogModel, lease: Lease): Promise<CompletionAttempt> {
    const { now, progress } = this.#engine;
    const startedAtMs = now();
    this.#beginAttempt(model, startedAtMs);
    const abort = new AbortController();
    this.#attemptAbort = abort;
    if (this.#abort.signal.aborted) abort.abort(this.#abort.signal.reason);
    let timeToFirstTokenMs: number | null = null;
    let followed: FollowedSource | undefined;
    try {
      const cover = clockChunks(model, this.#engine, () => {
        if (followed === undefined) {
          timeToFirstTokenMs = now() - startedAtMs;
          this.#firstTokenMs ??= now() - this.start.startedAtMs;
          noteFirstChunk(this.start.sink !== null);
          followed = progress.follow(this);
        }
        return followed.cover();
      });
      const called = await this.#call(lease, abort, cover);
      const answeredMs = now() - startedAtMs;
      const wholeMs = this.start.sink === null ? answeredMs : null;
      const guarded = this.#guard === null ? called : await this.#guard.end(called, abort);
      const { structured } = this.start.request;
      const { end, json } =
        structured === null
          ? { end: guarded, json: null }
          : await checkStructured(guarded, abort.signal, {
              structured,
              tenantId: this.start.caller.tenantId ?? '',
              jsonSchemas: this.#engine.jsonSchemas,
              received: this.#received,
            });
      this.#recorder?.ended(model.name, { end, guarded, partial: this.#partial(end) });
      return { end, json, timeToFirstTokenMs, wholeMs, answeredMs };
    } finally {
      followed?.[Symbol.dispose]();
    }
  }

  /** @param cover keeps what has come in the row: to be waited for before it is shown */
  async #call(
    lease: Lease,
    abort: AbortController,
    cover: () => Promise<void> | undefined,
  ): Promise<AttemptResult> {
    const { request, sink } = this.start;
    const model = this.#model;
    try {
      const { provider: ready } = lease;
      const provider = ready instanceof Promise ? await untilAborted(ready, abort.signal) : ready;
      const maxOutputTokens = chooseMaxOutputTokens(request, model, this.start.meters.boundsTokens);
      const call = {
        ...withNote(this.start.guarded.call, this.#note),
        model: model.name,
        ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      };
      this.#dropped = provider.dropped?.(call);
      this.#recorder?.sent(call, this.#note);
      if (!this.#readsStream) return await generateOnce(provider, call, abort, this.#limits(true));
      const show = (part: ProviderPart) => {
        if (sink === null) return undefined;
        const event = toEvent(this.id, part);
        return event === undefined ? undefined : this.#show(sink, event);
      };
      const pass = this.#guard === null ? show : this.#guard.open(show, abort);
      const take = coverFirst(cover, pass, abort.signal);
      return await streamOnce(provider, call, abort, this.#limits(false), take, this.#received);
    } catch (error) {
      return toUnsentResult(error);
    }
  }

  /**
   * A whole answer comes only when all of it is written, so that a silent provider is not distinguished from one that writes: a
   * route, which can call another, reads the stream for `complete` too.
   */
  get #readsStream(): boolean {
    return this.start.sink !== null || this.start.candidates.isRoute;
  }

  #limits(isWhole: boolean): AttemptLimits {
    const { request, candidates } = this.start;
    const model = this.#model;
    const whole = isWhole ? { msPerToken: this.#engine.health.msPerToken(model.id) } : null;
    return readAttemptLimits(candidates.timeouts, request, model, whole);
  }

  #show(sink: EventSink, event: CompletionEventData): Promise<void> | undefined {
    if (!this.#shown) {
      this.#shown = true;
      const bounds = readUsageBounds(this.start.request, this.#model, this.#note);
      sink.started(this.#model.id, this.#dropped, estimatedUsage(bounds, 0, this.#received.usage));
    }
    return sink.append(event);
  }

  async #emitEnd(sink: EventSink, ended: ClosedInvocation, { answer }: Outcome): Promise<void> {
    try {
      if (!this.#shown) {
        sink.started(this.#model.id, this.#dropped, this.#accumulator.usage);
        if (ended.failure === null) for (const event of toEvents(this.id, answer)) void sink.append(event);
      }
      await sink.end(ended);
    } catch (error) {
      this.#engine.log.error({ err: error, completionId: this.id }, 'a stream could not be ended');
    }
  }

  #completion(
    status: CompletionStatus,
    answer: Partial<ProviderAnswer>,
    json: unknown,
    failure: ClosedInvocation['failure'],
  ): CompletionData {
    const made = { accumulator: this.#accumulator, model: this.#model, dropped: this.#dropped };
    return buildCompletion({ ...this.start, ...made }, { status, answer, json, failure });
  }
}
