import type { Gauge } from 'prom-client';
import { errorCauses, findCause } from '#core/observers/error-causes.ts';
import {
  type CutReason,
  cutReasons,
  type GatewayGauges,
  type GatewayObserver,
  type ObservedError,
  type ObservedOperation,
  type ObservedRequest,
} from '#core/observers/gateway-observer.ts';
import type { Count, Distribution } from './series/counts.ts';
import {
  GaugeSources,
  type MetricsRegistry,
  openCounter,
  openGauge,
  openHistogram,
  openReadGauge,
  otherValue,
  type Series,
} from './series/series.ts';

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Operations that are distinguished by their registered names. */
const operationsMax = 300;
const closedMax = 300;

/** The metrics of the gateway of a process. */
export class GatewayMetrics implements GatewayObserver {
  readonly #operations: Series<Distribution>;
  readonly #errors: Series<Count>;
  readonly #limits: Series<Count>;
  readonly #requests: Series<Distribution>;
  readonly #streamsOpen: Series<Gauge.Internal<string>>;
  readonly #streams: Series<Count>;
  readonly #streamsCut: Series<Count>;
  readonly #gateways = new GaugeSources<GatewayGauges>();

  constructor(registry: MetricsRegistry) {
    this.#operations = openHistogram(registry, {
      name: 'heddle_graph_operation_duration_seconds',
      help: 'Operations of the graph by registered name; of subscriptions the time to their first answer.',
      labels: ['operation', 'type', 'outcome'],
      seriesMax: operationsMax,
      buckets: secondsBuckets,
    });
    this.#errors = openCounter(registry, {
      name: 'heddle_errors_total',
      help: 'Errors that clients got, once for each code of an answer, by code and by who caused them.',
      labels: ['code', 'cause'],
      seriesMax: closedMax,
    });
    for (const [code, cause] of errorCauses) this.#errors.of(code, cause);
    this.#limits = openCounter(registry, {
      name: 'heddle_limit_refusals_total',
      help: 'Refusals by limits and budgets, by what they count and in which window.',
      labels: ['code', 'meter', 'window'],
      seriesMax: closedMax,
    });
    this.#requests = openHistogram(registry, {
      name: 'heddle_http_request_duration_seconds',
      help: 'Requests over HTTP by handler and class of status, until their answer was written.',
      labels: ['handler', 'status'],
      seriesMax: closedMax,
      buckets: secondsBuckets,
    });
    this.#streamsOpen = openGauge(registry, {
      name: 'heddle_streams_open',
      help: 'Subscriptions in progress by their field.',
      labels: ['field'],
      seriesMax: closedMax,
    });
    this.#streams = openCounter(registry, {
      name: 'heddle_streams_total',
      help: 'Subscriptions that have begun, by their field; resumed streams have the field Subscription.resumeCompletion.',
      labels: ['field'],
      seriesMax: closedMax,
    });
    this.#streamsCut = openCounter(registry, {
      name: 'heddle_streams_cut_total',
      help: 'Streams that ended before their last event, by the reason.',
      labels: ['reason'],
      seriesMax: closedMax,
    });
    for (const reason of cutReasons) this.#streamsCut.of(reason.toLowerCase());
    openReadGauge(
      registry,
      { name: 'heddle_requests_in_progress', help: 'Requests and operations in progress.' },
      () => this.#gateways.sum(({ inProgress }) => inProgress),
    );
    openReadGauge(
      registry,
      { name: 'heddle_documents_waiting', help: 'New documents that wait to be read.' },
      () => this.#gateways.sum(({ documentsWaiting }) => documentsWaiting),
    );
  }

  operationEnded({ name, type, outcome, durationMs }: ObservedOperation): void {
    this.#operations.of(name ?? otherValue, type, outcome.toLowerCase()).observe(durationMs / 1_000);
  }

  errorAnswered({ code, meter, window }: ObservedError): void {
    this.#errors.of(code, findCause(code)).inc();
    if (meter !== null) this.#limits.of(code, meter, window ?? '').inc();
  }

  requestAnswered({ handler, status, durationMs, traceId }: ObservedRequest): void {
    this.#requests.of(handler, `${Math.trunc(status / 100)}xx`).observe(durationMs / 1_000, traceId);
  }

  streamBegun(field: string): () => void {
    const open = this.#streamsOpen.of(field);
    this.#streams.of(field).inc();
    open.inc();
    return () => open.dec();
  }

  streamCut(reason: CutReason): void {
    this.#streamsCut.of(reason.toLowerCase()).inc();
  }

  watch(read: () => GatewayGauges): Disposable {
    return this.#gateways.add(read);
  }
}
