import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { DeliveryObserver } from '#core/observers/delivery-observer.ts';
import type { EventLog } from '#mongo/events.ts';
import { type WebhookDeliveryRecord, webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { longAgo, notDue, type WebhookRecord, webhooks } from '#mongo/webhooks.ts';
import { computeDelayMs, disabledAfterMs, reportedAfterMs } from './backoff.ts';
import { pendingMax, selectEvents } from './select-events.ts';
import type { SendEvent } from './send-event.ts';
import type { AttemptOutcome } from './transports/attempt.ts';

/** How long one run delivers before others have their turn. */
export const runMsMax = 20_000;
/** Requests to one receiver at the same time, each of another subject. */
const requestsMax = 4;
/** Attempts of an event that a receiver refuses while it takes others. */
const refusalsMax = 10;
const dayMs = 86_400_000;
/** How long the history of a delivery is retained after its end. */
const retainedMs = { DELIVERED: 7 * dayMs, DEAD: 30 * dayMs } as const;

export interface DeliveryServices {
  readonly connection: Connection;
  readonly events: Pick<EventLog, 'record'>;
  readonly send: SendEvent;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly observer?: DeliveryObserver | undefined;
  readonly now: () => number;
  readonly random: () => number;
}

/** The events of one subject, in their order. */
type Chain = WebhookDeliveryRecord[];

const toChain = ({ event: { tenantId, subject } }: WebhookDeliveryRecord) =>
  JSON.stringify([tenantId, subject]);

/**
 * Delivers what is due for a webhook that this process has leased, until there is nothing more, its receiver fails, its time is over or the signal
 * is aborted; then ends the lease. What is stored after each attempt is whether it succeeded: a process that is killed before that has it sent
 * again, with the same id.
 */
export class WebhookRun {
  readonly #services: DeliveryServices;
  readonly #signal: AbortSignal;
  #webhook: WebhookRecord;
  /** The receiver has failed in this run. */
  #hasFailed = false;
  #isEnded = false;

  constructor(webhook: WebhookRecord, services: DeliveryServices, signal: AbortSignal) {
    this.#webhook = webhook;
    this.#services = services;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { now } = this.#services;
    const endMs = now() + runMsMax;
    const isOver = () => this.#isEnded || this.#signal.aborted || now() >= endMs;
    let nextMs = now();
    while (!isOver()) {
      const { pending, hasMore } = await this.#readPending();
      const { ended, dueMs } = await this.#deliver(pending, isOver);
      // What is recorded from now on makes the webhook due again.
      const isDone = ended === 0 || (!hasMore && ended === pending.length);
      nextMs = isDone && !this.#hasFailed ? dueMs : now();
      if (this.#hasFailed || isDone) break;
    }
    await this.#release(new Date(nextMs));
  }

  /** What is pending, in order, after new events were added to it, and whether there is more than it may have at once. */
  async #readPending(): Promise<{
    readonly pending: readonly WebhookDeliveryRecord[];
    readonly hasMore: boolean;
  }> {
    const { connection, now } = this.#services;
    const { _id: webhookId, position } = this.#webhook;
    const deliveries = webhookDeliveries(connection);
    const pending = { webhookId, state: 'PENDING' } as const;
    const count = await deliveries.countDocuments(pending).limit(pendingMax);
    const selected = await selectEvents(connection, this.#webhook, pendingMax - count, now());
    if (selected.position !== position) await this.#update({ position: selected.position });
    const found = await deliveries.find(pending).sort({ sequence: 1 }).limit(pendingMax).lean();
    return { pending: found, hasMore: selected.hasMore || found.length === pendingMax };
  }

  /** Attempts what is due. How many deliveries have ended, and when one of the others is due. */
  async #deliver(
    pending: readonly WebhookDeliveryRecord[],
    isOver: () => boolean,
  ): Promise<{ readonly ended: number; readonly dueMs: number }> {
    const { now } = this.#services;
    let ended = 0;
    const chains = [...Map.groupBy(pending, toChain).values()] as Chain[];
    // Of a receiver that fails one event is enough to see whether it works again.
    const width = this.#webhook.failures > 0 ? 1 : requestsMax;
    const waiting = chains.values();
    let dueMs = notDue.getTime();
    const deliverChains = async () => {
      for (const chain of waiting) {
        for (const delivery of chain) {
          const isWaiting = delivery.dueAt.getTime() > now();
          if (isWaiting || this.#hasFailed || isOver()) {
            dueMs = Math.min(dueMs, delivery.dueAt.getTime());
            break;
          }
          const dueAgainMs = await this.#attempt(delivery);
          if (dueAgainMs !== null) {
            dueMs = Math.min(dueMs, dueAgainMs);
            break;
          }
          ended += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: width }, deliverChains));
    return { ended, dueMs };
  }

  /** When the delivery is due again; null: it has ended. */
  async #attempt(delivery: WebhookDeliveryRecord): Promise<number | null> {
    const { send, now } = this.#services;
    const outcome = await send(this.#webhook, delivery, this.#signal);
    // What a stopping process has cut off states nothing, and is sent again.
    if (this.#signal.aborted && outcome.outcome !== 'DELIVERED') return now();
    return outcome.outcome === 'DELIVERED'
      ? this.#succeeded(delivery, outcome)
      : this.#failed(delivery, outcome);
  }

  async #succeeded(delivery: WebhookDeliveryRecord, { status }: AttemptOutcome): Promise<null> {
    const { now, observer } = this.#services;
    const end = {
      state: 'DELIVERED',
      dueAt: notDue,
      purgeAt: new Date(now() + retainedMs.DELIVERED),
    } as const;
    await this.#store(delivery, { ...end, lastStatus: status, lastError: null });
    observer?.attempted(this.#webhook.format, 'delivered');
    const { reportedAt, failures } = this.#webhook;
    const works = { failures: 0, failingSince: null, reportedAt: null };
    await this.#update({ deliveredAt: new Date(now()), ...works });
    if (failures > 0) await this.#recovered(reportedAt);
    return null;
  }

  async #failed(delivery: WebhookDeliveryRecord, outcome: AttemptOutcome): Promise<number | null> {
    const { now, random, observer } = this.#services;
    const { outcome: kind, status, error, retryAfterMs } = outcome;
    const attempts = delivery.attempts + 1;
    const isOfEvent = kind === 'REFUSED';
    const failures = isOfEvent ? attempts : this.#webhook.failures + 1;
    const dueAt = new Date(now() + computeDelayMs(failures, retryAfterMs, random));
    if (!isOfEvent) this.#hasFailed = true;
    const isLast = now() >= delivery.giveUpAt.getTime() || (isOfEvent && attempts >= refusalsMax);
    observer?.attempted(this.#webhook.format, isLast ? 'dead' : isOfEvent ? 'refused' : 'unavailable');
    const next: Partial<WebhookDeliveryRecord> = isLast
      ? { state: 'DEAD', dueAt: notDue, purgeAt: new Date(now() + retainedMs.DEAD) }
      : { dueAt };
    await this.#store(delivery, { ...next, lastStatus: status, lastError: error });
    if (!isOfEvent) await this.#receiverFailed(outcome, dueAt);
    return isLast ? null : dueAt.getTime();
  }

  async #store(delivery: WebhookDeliveryRecord, change: Partial<WebhookDeliveryRecord>): Promise<void> {
    const { connection, now } = this.#services;
    await webhookDeliveries(connection).updateOne(
      { _id: delivery._id, state: 'PENDING' },
      { $set: { ...change, attempts: delivery.attempts + 1, lastAttemptAt: new Date(now()) } },
    );
  }

  /** Counts that the receiver takes nothing, reports it after an hour, and disables the webhook after three days or where the receiver requests it. */
  async #receiverFailed({ outcome, error }: AttemptOutcome, restUntil: Date): Promise<void> {
    const { connection, now, log } = this.#services;
    const { _id, tenantId, format } = this.#webhook;
    const failingSince = this.#webhook.failingSince ?? new Date(now());
    const failedMs = now() - failingSince.getTime();
    await this.#update({ failures: this.#webhook.failures + 1, failingSince, restUntil });
    // Others that have been tried for long enough, though not by an attempt each.
    const old = { webhookId: _id, state: 'PENDING', giveUpAt: { $lte: new Date(now()) } } as const;
    const purgeAt = new Date(now() + retainedMs.DEAD);
    await webhookDeliveries(connection).updateMany(old, {
      $set: { state: 'DEAD', dueAt: notDue, purgeAt, lastError: error },
    });
    log.warn({ event: 'webhook_failed', webhookId: _id, tenantId, format, reason: error }, 'a webhook fails');
    const isGone = outcome === 'GONE';
    if (failedMs >= reportedAfterMs && this.#webhook.reportedAt === null) {
      await this.#report('webhook.failing', failingSince, error);
      await this.#update({ reportedAt: new Date(now()) });
    }
    if (!isGone && failedMs < disabledAfterMs) return;
    const disabledReason = isGone
      ? 'Its receiver answered with status 410: it requests no more events.'
      : 'Its receiver has taken no event for three days.';
    await this.#report('webhook.disabled', failingSince, disabledReason);
    await this.#update({ enabled: false, disabledReason });
    this.#isEnded = true;
  }

  async #report(type: 'webhook.failing' | 'webhook.disabled', failingSince: Date, reason: string | null) {
    const { _id, tenantId, format } = this.#webhook;
    const data = { format, failingSince: failingSince.toISOString(), reason };
    const once = `${type}:${_id}:${failingSince.getTime()}`;
    await this.#services.events.record({ type, tenantId, subject: _id, data }, once);
  }

  /** Reports it where it was reported as failing. */
  async #recovered(reportedAt: Date | null): Promise<void> {
    const { events, log } = this.#services;
    const { _id, tenantId, format } = this.#webhook;
    log.info({ webhookId: _id, tenantId, format }, 'a webhook answers again');
    if (reportedAt === null) return;
    const event = { type: 'webhook.recovered', tenantId, subject: _id, data: { format } } as const;
    await events.record(event, `webhook.recovered:${_id}:${reportedAt.getTime()}`);
  }

  /** Changes the record where it is leased by this run. Where it is not any more, or was saved or deleted meanwhile, this run ends. */
  async #update(change: Partial<WebhookRecord>): Promise<void> {
    const { _id, holder, updatedAt } = this.#webhook;
    const records = webhooks(this.#services.connection);
    const { matchedCount } = await records.updateOne({ _id, holder, updatedAt }, { $set: change });
    this.#webhook = { ...this.#webhook, ...change };
    if (matchedCount === 0) this.#isEnded = true;
  }

  /** What has become due meanwhile stays due. */
  async #release(dueAt: Date): Promise<void> {
    const { _id, holder, dueAt: claimed } = this.#webhook;
    const records = webhooks(this.#services.connection);
    const free = { holder: null, leasedUntil: longAgo };
    const { matchedCount } = await records.updateOne(
      { _id, holder, dueAt: claimed },
      { $set: { ...free, dueAt } },
    );
    if (matchedCount === 0) await records.updateOne({ _id, holder }, { $set: free });
  }
}
