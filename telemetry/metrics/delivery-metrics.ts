import type { DeliveryObserver } from '#core/observers/delivery-observer.ts';
import type { Count } from './series/counts.ts';
import { type MetricsRegistry, openCounter, openReadGauge, type Series } from './series/series.ts';

/** Six formats, and four outcomes. */
const seriesMax = 40;

/** The metrics of events that are sent to webhooks. */
export class DeliveryMetrics implements DeliveryObserver {
  readonly #attempts: Series<Count>;
  #oldestPendingMs = 0;
  #deadLetters = 0;

  constructor(registry: MetricsRegistry) {
    this.#attempts = openCounter(registry, {
      name: 'heddle_webhook_attempts_total',
      help: 'Attempts of this process to deliver an event to a webhook, by the format and the outcome: delivered, refused (this event), unavailable (the receiver), dead (the last attempt of a delivery).',
      labels: ['format', 'outcome'],
      seriesMax,
    });
    openReadGauge(
      registry,
      {
        name: 'heddle_webhook_oldest_pending_seconds',
        help: 'How long the oldest delivery to a webhook of the whole mesh has been pending; 0: none is. Read by processes that send to webhooks, at most every 15 seconds.',
      },
      () => this.#oldestPendingMs / 1_000,
    );
    openReadGauge(
      registry,
      {
        name: 'heddle_webhook_dead_letters',
        help: 'Deliveries to webhooks of the whole mesh that were given up and are still retained; at most 10000 are counted.',
      },
      () => this.#deadLetters,
    );
  }

  attempted(format: string, outcome: string): void {
    this.#attempts.of(format, outcome).inc();
  }

  measured(oldestPendingMs: number, deadLetters: number): void {
    this.#oldestPendingMs = oldestPendingMs;
    this.#deadLetters = deadLetters;
  }
}
