import { randomUUID } from 'node:crypto';
import { events, findLastSequence } from '#mongo/events.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { longAgo, type WebhookRecord, webhooks } from '#mongo/webhooks.ts';
import type { Bus } from '#state/bus/bus.ts';
import { longestAttemptMs } from './send-event.ts';
import { type DeliveryServices, runMsMax, WebhookRun } from './webhook-run.ts';

/** Messages of the bus may be lost: the store is looked at this often whether they come or not. */
const everyMs = 5_000;
/** Longer than a run takes, its last attempt included. */
const leaseMs = runMsMax + longestAttemptMs + 20_000;
/** Webhooks that a process delivers for at the same time, and of one tenant. */
const runsMax = 16;
const runsPerTenantMax = 4;
/** Webhooks that one look finds. */
const dueMax = 200;
/** How often deliveries are counted for metrics. */
const measuredEveryMs = 15_000;
/** Dead letters beyond are not counted. */
const deadMax = 10_000;

export interface KeepDeliveringOptions extends Omit<DeliveryServices, 'log'> {
  readonly bus: Bus;
  readonly log: DeliveryServices['log'];
  /** No other process uses the database: leases are of processes that were killed. */
  readonly isAlone: boolean;
}

/**
 * Delivers the events of all webhooks, of each in one process at a time, until it is disposed: then the attempts in progress are ended, and are
 * made again by another process or the next start.
 */
export async function keepDelivering(options: KeepDeliveringOptions): Promise<AsyncDisposable> {
  const { connection, bus, isAlone } = options;
  if (isAlone) {
    const left = { leasedUntil: { $gt: longAgo } };
    await webhooks(connection).updateMany(left, {
      $set: { holder: null, leasedUntil: longAgo, dueAt: new Date(options.now()) },
    });
  }
  const delivering = new Delivering(options);
  const wake = () => delivering.wake();
  const subscriptions = [
    await bus.subscribe('events.recorded', wake),
    await bus.subscribe('webhooks.due', wake),
  ];
  const timer = setInterval(wake, everyMs).unref();
  wake();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const subscription of subscriptions) await subscription[Symbol.asyncDispose]();
      await delivering.stop();
    },
  };
}

/** Looks for webhooks with something to do, and runs them: the one that has waited longest first, those of one tenant beside those of others. */
class Delivering {
  readonly #options: KeepDeliveringOptions;
  readonly #stopping = new AbortController();
  readonly #runs = new Map<string, { readonly tenantId: string | null; readonly done: Promise<void> }>();
  /** The position of the events that webhooks were marked for; null: none were by this process. */
  #marked: number | null = null;
  #looking: Promise<void> | undefined;
  #isWoken = false;
  #measuredMs = Number.NEGATIVE_INFINITY;

  constructor(options: KeepDeliveringOptions) {
    this.#options = options;
  }

  wake(): void {
    this.#isWoken = true;
    this.#looking ??= this.#look()
      .catch((err: unknown) => this.#options.log.warn({ err }, 'webhooks could not be looked for'))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
    await Promise.all([...this.#runs.values()].map(({ done }) => done));
  }

  async #look(): Promise<void> {
    while (this.#isWoken && !this.#stopping.signal.aborted) {
      this.#isWoken = false;
      await this.#mark();
      await this.#start();
      await this.#measure();
    }
  }

  /** Makes webhooks due that new events may be for, also those that a process delivers for: it may have read the events before. */
  async #mark(): Promise<void> {
    const { connection, now } = this.#options;
    const last = await findLastSequence(events(connection));
    if (this.#marked !== null && last <= this.#marked) return;
    const isNew = { sequence: { $gt: this.#marked ?? 0 } };
    const ofTenants =
      this.#marked === null
        ? {}
        : { tenantId: { $in: [null, ...(await events(connection).distinct('tenantId', isNew))] } };
    const at = new Date(now());
    await webhooks(connection).updateMany(
      { ...ofTenants, enabled: true, position: { $lt: last }, dueAt: { $gt: at } },
      { $set: { dueAt: at } },
    );
    this.#marked = last;
  }

  async #start(): Promise<void> {
    const { connection, now } = this.#options;
    if (this.#runs.size >= runsMax) return;
    const due = { enabled: true, ...isDue(new Date(now())) };
    const found = await webhooks(connection)
      .find(due, { tenantId: 1 })
      .sort({ dueAt: 1 })
      .limit(dueMax)
      .lean();
    for (const { _id, tenantId } of found) {
      if (this.#runs.size >= runsMax || this.#stopping.signal.aborted) return;
      const ofTenant = [...this.#runs.values()].filter((run) => run.tenantId === tenantId).length;
      if (this.#runs.has(_id) || ofTenant >= runsPerTenantMax) continue;
      const claimed = await this.#claim(_id);
      if (claimed !== null) this.#run(claimed);
    }
  }

  /** One process has it until the lease ends. What makes it due meanwhile changes `dueAt`, so that this is not lost. */
  async #claim(_id: string): Promise<WebhookRecord | null> {
    const { connection, now } = this.#options;
    const until = new Date(now() + leaseMs);
    return webhooks(connection)
      .findOneAndUpdate(
        { _id, enabled: true, ...isDue(new Date(now())) },
        { $set: { holder: randomUUID(), leasedUntil: until, dueAt: until } },
        { returnDocument: 'after' },
      )
      .lean();
  }

  #run(webhook: WebhookRecord): void {
    const { _id: webhookId, tenantId } = webhook;
    const done = new WebhookRun(webhook, this.#options, this.#stopping.signal)
      .run()
      .catch((err: unknown) =>
        this.#options.log.warn({ err, webhookId }, 'events could not be delivered and are later'),
      )
      .finally(() => {
        this.#runs.delete(webhookId);
        this.wake();
      });
    this.#runs.set(webhookId, { tenantId, done });
  }

  async #measure(): Promise<void> {
    const { connection, now, observer } = this.#options;
    if (observer === undefined || now() - this.#measuredMs < measuredEveryMs) return;
    this.#measuredMs = now();
    const deliveries = webhookDeliveries(connection);
    const oldest = await deliveries
      .findOne({ state: 'PENDING' }, { createdAt: 1 })
      .sort({ createdAt: 1 })
      .lean();
    const dead = await deliveries.countDocuments({ state: 'DEAD' }).limit(deadMax);
    observer.measured(oldest === null ? 0 : Math.max(0, now() - oldest.createdAt.getTime()), dead);
  }
}

const isDue = (at: Date) => ({ dueAt: { $lte: at }, leasedUntil: { $lte: at }, restUntil: { $lte: at } });
