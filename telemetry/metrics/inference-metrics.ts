import type { Gauge } from 'prom-client';
import type { CircuitState } from '#core/graph-enums.generated.ts';
import { findCause } from '#core/observers/error-causes.ts';
import {
  type InferenceGauges,
  type InferenceObserver,
  type ObservedAttempt,
  type ObservedCall,
  type ObservedModel,
  type ObservedVerdict,
  type PayloadDrop,
  payloadDrops,
} from '#core/observers/inference-observer.ts';
import { GenAiMetrics } from './gen-ai-metrics.ts';
import type { Count, Distribution } from './series/counts.ts';
import {
  GaugeSources,
  type MetricsRegistry,
  openCounter,
  openGauge,
  openHistogram,
  openReadGauge,
  type Series,
} from './series/series.ts';

const callSecondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 300];
const writeSecondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const guardrailSecondsBuckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
/** Providers and AI models are the words of admins, tenants' among them. */
const seriesMax = 500;
/** Closed lists, and rules of guardrails. */
const closedMax = 200;

const circuitValues: Readonly<Record<CircuitState, number>> = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 };

/** The metrics of the engines of a process. */
export class InferenceMetrics implements InferenceObserver {
  readonly #genAi: GenAiMetrics;
  readonly #attempts: Series<Count>;
  readonly #cost: Series<Count>;
  readonly #costs = new WeakMap<ObservedModel, Count>();
  readonly #calls: Series<Count>;
  readonly #callSeconds: Distribution;
  readonly #cache: Series<Count>;
  readonly #verdicts: Series<Count>;
  readonly #verdictSeconds: Series<Distribution>;
  readonly #circuits: Series<Gauge.Internal<string>>;
  readonly #circuitChanges: Series<Count>;
  readonly #rowSeconds: Series<Distribution>;
  readonly #rowsFailed: Series<Count>;
  readonly #payloadsDropped: Series<Count>;
  readonly #engines = new GaugeSources<InferenceGauges>();

  constructor(registry: MetricsRegistry, options: { readonly oldNames: boolean }) {
    this.#genAi = new GenAiMetrics(registry, options);
    this.#attempts = openCounter(registry, {
      name: 'heddle_provider_attempts_total',
      help: 'Provider calls by their outcome, and who caused their failure.',
      labels: ['provider', 'outcome', 'code', 'cause'],
      seriesMax,
    });
    this.#cost = openCounter(registry, {
      name: 'heddle_cost_dollars_total',
      help: 'What provider calls cost, by the prices of the catalog.',
      labels: ['provider', 'model'],
      seriesMax,
    });
    this.#calls = openCounter(registry, {
      name: 'heddle_calls_total',
      help: 'Calls of AI models with a row in the ledger, by their end, and who caused their failure.',
      labels: ['status', 'code', 'cause'],
      seriesMax: closedMax,
    });
    this.#callSeconds = openHistogram(registry, {
      name: 'heddle_call_duration_seconds',
      help: 'Duration of calls from their admission to the end of their row.',
      labels: [],
      seriesMax: 1,
      buckets: callSecondsBuckets,
    }).of();
    this.#cache = openCounter(registry, {
      name: 'heddle_cache_calls_total',
      help: 'Calls by what the cache did for them.',
      labels: ['status'],
      seriesMax: closedMax,
    });
    for (const status of ['hit', 'miss', 'coalesced', 'bypass']) this.#cache.of(status);
    this.#verdicts = openCounter(registry, {
      name: 'heddle_guardrail_verdicts_total',
      help: 'What guardrails stated: passed, fired, or failed where a rule could not look.',
      labels: ['rule', 'stage', 'action', 'mode', 'result'],
      seriesMax,
    });
    this.#verdictSeconds = openHistogram(registry, {
      name: 'heddle_guardrail_duration_seconds',
      help: 'Time that a rule took for one call or answer.',
      labels: ['rule'],
      seriesMax: closedMax,
      buckets: guardrailSecondsBuckets,
    });
    this.#circuits = openGauge(registry, {
      name: 'heddle_circuit_state',
      help: 'Circuits that have opened since the process began: 0 closed, 1 half open, 2 open.',
      labels: ['provider', 'model'],
      seriesMax,
    });
    this.#circuitChanges = openCounter(registry, {
      name: 'heddle_circuit_changes_total',
      help: 'Changes of circuits by the new state.',
      labels: ['state'],
      seriesMax: closedMax,
    });
    for (const state of ['closed', 'half_open', 'open']) this.#circuitChanges.of(state);
    this.#rowSeconds = openHistogram(registry, {
      name: 'heddle_ledger_write_duration_seconds',
      help: 'Time until a row of the ledger was durable, the wait for its group included.',
      labels: ['kind'],
      seriesMax: closedMax,
      buckets: writeSecondsBuckets,
    });
    this.#rowsFailed = openCounter(registry, {
      name: 'heddle_ledger_write_failures_total',
      help: 'Rows of the ledger that could not be written.',
      labels: ['kind'],
      seriesMax: closedMax,
    });
    for (const kind of ['open', 'close']) this.#rowsFailed.of(kind);
    this.#payloadsDropped = openCounter(registry, {
      name: 'heddle_payloads_dropped_total',
      help: 'Payloads of calls that were to be kept and were not, by the reason.',
      labels: ['reason'],
      seriesMax: payloadDrops.length,
    });
    for (const reason of payloadDrops) this.#payloadsDropped.of(reason.toLowerCase());
    this.#openGauges(registry);
  }

  #openGauges(registry: MetricsRegistry): void {
    const engines = this.#engines;
    openReadGauge(
      registry,
      { name: 'heddle_calls_running', help: 'Calls of AI models in progress in this process.' },
      () => engines.sum(({ running }) => running),
    );
    openReadGauge(
      registry,
      {
        name: 'heddle_ledger_oldest_running_seconds',
        help: 'Age of the oldest row of this process that is not closed.',
      },
      () => engines.max(({ oldestRunningMs }) => oldestRunningMs) / 1_000,
    );
    openReadGauge(
      registry,
      { name: 'heddle_ledger_rows_waiting', help: 'Writes of ledger rows that are not durable yet.' },
      () => engines.sum(({ ledgerWaiting }) => ledgerWaiting),
    );
  }

  attemptEnded(attempt: ObservedAttempt): void {
    this.#genAi.attemptEnded(attempt);
    const { model, outcome, code, costNanos } = attempt;
    const cause = code === null ? '' : findCause(code);
    this.#attempts.of(model.provider.id, outcome.toLowerCase(), code ?? '', cause).inc();
    let cost = this.#costs.get(model);
    if (cost === undefined) {
      cost = this.#cost.of(model.provider.id, model.name);
      this.#costs.set(model, cost);
    }
    if (costNanos > 0n) cost.inc(Number(costNanos) / 1e9);
  }

  chunkCame(model: ObservedModel, afterMs: number): void {
    this.#genAi.chunkCame(model, afterMs);
  }

  callEnded({ status, code, cache, latencyMs }: ObservedCall): void {
    this.#calls.of(status.toLowerCase(), code ?? '', code === null ? '' : findCause(code)).inc();
    this.#cache.of(cache.toLowerCase()).inc();
    this.#callSeconds.observe(latencyMs / 1_000);
  }

  verdicts(verdicts: readonly ObservedVerdict[]): void {
    for (const { rule, stage, action, isShadow, fired, failed, durationMs } of verdicts) {
      const result = failed ? 'failed' : fired ? 'fired' : 'passed';
      const mode = isShadow ? 'shadow' : 'enforced';
      this.#verdicts.of(rule, stage.toLowerCase(), action.toLowerCase(), mode, result).inc();
      this.#verdictSeconds.of(rule).observe(durationMs / 1_000);
    }
  }

  circuitChanged(modelId: string, providerId: string, state: CircuitState): void {
    this.#circuits.of(providerId, modelId.slice(providerId.length + 1)).set(circuitValues[state]);
    this.#circuitChanges.of(state.toLowerCase()).inc();
  }

  rowWritten(kind: 'open' | 'close', durationMs: number, failed: boolean): void {
    if (failed) this.#rowsFailed.of(kind).inc();
    else this.#rowSeconds.of(kind).observe(durationMs / 1_000);
  }

  payloadDropped(reason: PayloadDrop): void {
    this.#payloadsDropped.of(reason.toLowerCase()).inc();
  }

  watch(read: () => InferenceGauges): Disposable {
    return this.#engines.add(read);
  }
}
