import type { WebhookFormat } from '../graph-enums.generated.ts';

/** Gets what becomes of events that are sent to webhooks, for metrics. No method throws. */
export interface DeliveryObserver {
  /** One attempt has ended; dead: it was the last. */
  attempted(format: WebhookFormat, outcome: 'delivered' | 'refused' | 'unavailable' | 'dead'): void;
  /** Of all webhooks: how long the oldest delivery has been pending, and the number of dead letters. */
  measured(oldestPendingMs: number, deadLetters: number): void;
}
