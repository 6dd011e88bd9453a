import type { CatalogModel } from '#catalog/catalog.ts';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import { GuardrailBlocked, type GuardrailVerdict } from '#guardrails/pipeline/run.ts';
import type { AttemptProgressRecord, ProgressRecord } from '#mongo/invocations.ts';
import type { InferenceEngine } from '../engine.ts';
import { Stopped } from '../execution/attempts/attempt.ts';
import { errorOfFailure, failureOfError } from '../execution/outcome.ts';
import type { RunningCall } from '../execution/running.ts';
import { UsageAccumulator } from '../execution/usage-accumulator.ts';
import { withoutInput } from '../execution/without-input.ts';
import { toVerdictRecords } from '../guarding/verdict-records.ts';
import { toAttachmentResults } from '../ledger/attachment.ts';
import { attemptProgress } from '../ledger/attempt-progress.ts';
import type { InvocationClosing } from '../ledger/invocation-closing.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { NewCompletionResult } from '../ledger/results.ts';
import {
  attemptRecord,
  isWithoutWords,
  markUnpriced,
  openRow,
  type RowStart,
  reserveInRow,
  withoutWords,
} from '../ledger/rows.ts';
import { Meters } from '../metering/meters.ts';
import type { UpperBound, UsageBounds } from '../metering/usage-cost.ts';

/** What is known of a call before it is admitted. */
export interface CallStart extends Omit<RowStart, 'model' | 'cache' | 'startedAtMs' | 'ownerId' | 'opening'> {
  /** The texts of the client, which a provider may repeat in an error. */
  readonly input: unknown;
  readonly attachment?: string | undefined;
  /** What is reserved for the call already. */
  readonly meters?: Meters | undefined;
}

/** What is stored with the end of a call. */
interface ClosingContent {
  readonly result?: NewCompletionResult | null;
  readonly payload?: Parameters<Ledger['close']>[3];
}

/** A question of a guardrail that is under way, or another provider call of the same call. */
interface UnderWay {
  readonly bound: UpperBound;
  /** Absent: the call records it itself. */
  readonly record?: AttemptProgressRecord;
}

/** Longer than any call takes: a reservation that is not settled expires then. */
const callMsMax = 3_600_000;

/**
 * What one call takes: its usage, its meters, and its row where a guardrail calls an AI model before the call itself begins. Without such a
 * question it writes nothing. The row is durable before the first question is sent, and is closed with the call, or by `fail`.
 */
export class CallAccount implements RunningCall {
  readonly start: CallStart;
  readonly accumulator: UsageAccumulator;
  readonly startedAtMs: number;
  readonly done: Promise<void>;
  readonly #engine: InferenceEngine;
  readonly #underWay = new Map<object, UnderWay>();
  readonly #leave: () => void;
  #abort: AbortController | undefined;
  #meters: Meters | undefined;
  /** The AI model of the first question; null: the account has opened no row. */
  #opened: CatalogModel | null = null;
  #isRunning = false;
  #attempt: () => AttemptProgressRecord | null = () => null;
  /** The last reservation or row: one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #refusal: HeddleError | null = null;
  #failure: unknown = null;

  constructor(start: CallStart, engine: InferenceEngine) {
    this.start = start;
    this.#engine = engine;
    this.#meters = start.meters;
    this.accumulator = new UsageAccumulator(start.input);
    this.startedAtMs = engine.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#leave = resolve;
  }

  get id(): string {
    return this.start.id;
  }

  /** A guardrail has called an AI model, so that the call has its row and a reservation. */
  get hasRow(): boolean {
    return this.#opened !== null;
  }

  /** Aborted when the mesh ends the call. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** The meters of the call. @param totalMs how long it may take, where it has none yet */
  openMeters(totalMs: number): Meters {
    const { quota, alerts, ledger, log } = this.#engine;
    const { caller, id } = this.start;
    this.#meters ??= new Meters({ quota, alerts, ledger, log, caller, id, totalMs });
    return this.#meters;
  }

  stop(message: string): void {
    this.#refusal = createOverloadedError(message);
    this.#abort?.abort(new Stopped(message));
  }

  /**
   * Reserves what a question of a guardrail may take, and keeps durable that it begins. Returns the refusal; null: it may be sent. To be called
   * again before each of its attempts.
   */
  begin(
    question: object,
    rule: string,
    model: CatalogModel,
    bounds: UsageBounds & { readonly bound: UpperBound },
  ): Promise<HeddleError | null> {
    const turn = this.#turn.then(() => this.#begin(question, rule, model, bounds));
    // Any error: whoever waits for it receives it.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #begin(
    question: object,
    rule: string,
    model: CatalogModel,
    { bound, ...bounds }: UsageBounds & { readonly bound: UpperBound },
  ): Promise<HeddleError | null> {
    if (this.#failure !== null) throw this.#failure;
    this.#underWay.delete(question);
    const record = { ...attemptProgress(model, bounds, this.#engine.now()), guardrail: rule };
    if (!this.#isRunning && this.#opened === null) return this.#open(question, model, { bound, record });
    const refusal = await this.openMeters(callMsMax).raise(this.usedAtMost, bound);
    if (refusal !== null) return this.#refuse(refusal);
    this.#underWay.set(question, { bound, record });
    await this.recordProgress();
    return null;
  }

  async #open(question: object, model: CatalogModel, underWay: UnderWay): Promise<HeddleError | null> {
    const { start, startedAtMs } = this;
    const { ledger, ownerId, running } = this.#engine;
    const row = openRow({ ...start, model, cache: 'BYPASS', startedAtMs, opening: null, ownerId });
    let atMs: number | null;
    try {
      atMs = await this.openMeters(callMsMax).reserve(underWay.bound);
    } catch (error) {
      if (error instanceof HeddleError) return this.#refuse(error);
      // Its reservation may stand or not.
      this.#failure = error;
      throw error;
    }
    this.#underWay.set(question, underWay);
    row.progress = this.progress(null);
    const stored = toAttachmentResults(start.id, row.tenantId, start.attachment, startedAtMs);
    try {
      await ledger.open(reserveInRow(row, atMs, underWay.bound), ...stored);
    } catch (error) {
      // Its row may stand or not: the call cannot continue under this id.
      this.#failure = error;
      throw error;
    }
    this.#opened = model;
    running.join(this);
    return null;
  }

  #refuse(refusal: HeddleError): HeddleError {
    this.#refusal ??= refusal;
    return refusal;
  }

  /** The question has ended, or waits: nothing of it is under way. */
  end(question: object): void {
    this.#underWay.delete(question);
  }

  /** Reserves what the next provider call of the call itself may take; the one before has ended. */
  async reserveOwn(bound: UpperBound): Promise<HeddleError | null> {
    this.#underWay.delete(this);
    const refusal = await this.openMeters(callMsMax).raise(this.usedAtMost, bound);
    if (refusal === null) this.#underWay.set(this, { bound });
    return refusal;
  }

  /** What has been used, with the bounds of what is under way. */
  get usedAtMost(): UpperBound {
    let { tokens, costNanos } = this.accumulator.used;
    for (const { bound } of this.#underWay.values()) {
      tokens += bound.tokens;
      costNanos += bound.costNanos;
    }
    return { tokens, costNanos };
  }

  /** What the row is closed from should this process die. @param attempt the call's own; null: none is under way */
  progress(attempt: AttemptProgressRecord | null): ProgressRecord {
    const attempts = this.accumulator.attempts.map(attemptRecord);
    const questions = [...this.#underWay.values()].flatMap(({ record }) => record ?? []);
    const at = new Date(this.#engine.now());
    return { at, attempts, attempt, ...(questions.length === 0 ? {} : { questions }) };
  }

  recordProgress(): Promise<void> {
    return this.#engine.progress.write(this.id, this.progress(this.#attempt()));
  }

  /**
   * The call itself begins: it closes its row. Throws what has kept the row from being opened.
   *
   * @param reserved for its first provider call; null: nothing is yet
   * @param attempt its provider call under way
   */
  run(reserved: UpperBound | null, attempt: () => AttemptProgressRecord | null): void {
    this.#isRunning = true;
    this.#attempt = attempt;
    if (reserved !== null) this.#underWay.set(this, { bound: reserved });
    this.#leave();
  }

  /** Throws what keeps the call from going on under its id. */
  requireIntact(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** What the guardrails of the input let through. Where one has blocked as it could not ask, why the call cannot be made is thrown. */
  async explain<T>(guarding: Promise<T>): Promise<T> {
    try {
      return await guarding;
    } catch (error) {
      if (error instanceof GuardrailBlocked && error.by.failed) {
        throw this.#failure ?? this.#refusal ?? error;
      }
      throw error;
    }
  }

  /** Ends a call that did not come to run, whatever it has. Returns the error for the client. Never rejects. */
  async fail(error: unknown): Promise<unknown> {
    if (this.#isRunning) return error;
    const model = this.#opened;
    if (model === null) {
      await this.#meters?.release();
      return error;
    }
    const known = error instanceof HeddleError ? error : null;
    const verdicts = error instanceof GuardrailBlocked ? error.verdicts : [];
    const message = known === null ? null : withoutInput(known.message, this.start.input);
    const errorCode = known?.code ?? 'INTERNAL';
    await this.close({ ...this.#ending(model), status: 'FAILED', errorCode, error: message }, verdicts);
    return known === null ? error : errorOfFailure(failureOfError(known), this.id);
  }

  /** Ends what is no call of its own and has succeeded. Never rejects. */
  async finish(verdicts: readonly GuardrailVerdict[]): Promise<void> {
    const model = this.#opened;
    if (model === null) return;
    await this.close({ ...this.#ending(model), status: 'SUCCEEDED', errorCode: null, error: null }, verdicts);
  }

  #ending({ id, provider }: CatalogModel) {
    const { usage, costNanos, attempts } = this.accumulator;
    const endedAtMs = this.#engine.now();
    return {
      modelId: id,
      providerId: provider.id,
      usage,
      costNanos,
      ...markUnpriced(attempts),
      cache: 'BYPASS',
      latencyMs: endedAtMs - this.startedAtMs,
      timeToFirstTokenMs: null,
      endedAt: new Date(endedAtMs),
      attempts: attempts.map(attemptRecord),
    } as const;
  }

  /** Closes the row, then settles the meters. Never rejects: a row that cannot be closed is closed with its reservation by the sweep. */
  async close(
    closing: InvocationClosing,
    verdicts: readonly GuardrailVerdict[],
    { result = null, payload = null }: ClosingContent = {},
  ): Promise<void> {
    const { ledger, log } = this.#engine;
    const guardrailVerdicts = toVerdictRecords(verdicts);
    const closed = guardrailVerdicts === undefined ? closing : { ...closing, guardrailVerdicts };
    const { labels } = this.start;
    const stated = isWithoutWords(labels) ? withoutWords(closed) : closed;
    try {
      await ledger.close(this.id, stated, result, payload);
      await this.#meters?.commitUsage(this.accumulator.used);
    } catch (error) {
      // Any error: the ledger has tried again for a while.
      log.error({ err: error, completionId: this.id }, 'a ledger row could not be closed');
    } finally {
      this.#leave();
    }
  }
}
