import { pino } from 'pino';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { createEgress } from '#core/egress.ts';
import { keepDelivering } from '#deliveries/keep-delivering.ts';
import { createSendEvent, type SendEvent } from '#deliveries/send-event.ts';
import type { DeliveryServices } from '#deliveries/webhook-run.ts';
import type { Database } from '#mongo/connect.ts';
import { createEventLog, events, findLastSequence } from '#mongo/events.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { sealWebhookTarget } from '#mongo/webhook-target.ts';
import { longAgo, type WebhookRecord, webhooks } from '#mongo/webhooks.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { openFailingDatabase } from './database.ts';
import { testSecrets } from './seal.ts';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts';

export const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
export const formerWebhookSecret = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;

interface Sending {
  /** Changes what sends. */
  readonly send?: (send: SendEvent) => SendEvent;
  /** Null: there is no list. */
  readonly allow?: string | null;
}

/** Of each test of a file: a store whose commands can be made to fail, a receiver, and processes that deliver by the clock of the test. */
export class DeliveryMesh {
  database!: Database;
  receiver!: WebhookReceiver;
  nowMs!: number;
  /** Is disposed after the test. */
  opened!: AsyncDisposableStack;
  /** Of the attempts, as the observer of deliveries got them. */
  outcomes!: string[];
  measured!: (readonly [oldestPendingMs: number, deadLetters: number])[];
  /** Events so far. */
  count = 0;
  readonly #log = pino({ level: 'silent' });
  readonly #bus = createMemoryBus(this.#log);

  constructor() {
    beforeEach(async () => {
      this.outcomes = [];
      this.measured = [];
      this.opened = new AsyncDisposableStack();
      this.database = this.opened.use(await openFailingDatabase());
      this.receiver = this.opened.use(await startWebhookReceiver());
      this.nowMs = Date.now();
    });
    afterEach(() => this.opened.disposeAsync());
  }

  openEvents = () =>
    createEventLog(this.database.connection, {
      notify: () => this.#bus.publish('events.recorded', {}),
      log: this.#log,
      now: () => this.nowMs,
    });

  /** Records an event about a key, with the number of the event as `n`. */
  record = (subject: string | null = 's', tenantId: string | null = 'acme') => {
    this.count += 1;
    return this.openEvents().record(
      { type: 'key.revoked', tenantId, subject, data: { n: this.count } },
      `event ${tenantId} ${subject} ${this.count}`,
    );
  };

  /** Saves a webhook that receives what is recorded from now on; by default `acme:hook`, at the receiver. */
  saveWebhook = async (change: Partial<WebhookRecord> & { readonly url?: string } = {}) => {
    const { connection } = this.database;
    const { url = this.receiver.url, ...rest } = change;
    const place = { _id: 'acme:hook', tenantId: 'acme', format: 'STANDARD', ...rest } as const;
    const at = new Date(this.nowMs);
    const target = { url, secret: webhookSecret, formerSecret: formerWebhookSecret };
    await webhooks(connection).create({
      ...{ types: ['key.*', 'webhook.*'], enabled: true, address: 'http://127.0.0.1', hint: null },
      ...{ formerSecretUntil: null, position: await findLastSequence(events(connection)) },
      ...{ dueAt: at, restUntil: longAgo, holder: null, leasedUntil: longAgo },
      ...{ failures: 0, failingSince: null, reportedAt: null, deliveredAt: null, disabledReason: null },
      ...{ createdAt: new Date(1), updatedAt: at },
      ...{ ...place, sealed: await sealWebhookTarget(target, place, testSecrets) },
    });
  };

  /** What one process delivers with. */
  openServices = (
    own: AsyncDisposableStack,
    { allow = '127.0.0.1', send: change }: Sending,
  ): DeliveryServices => {
    const now = () => this.nowMs;
    const rules = { secrets: testSecrets, egress: createEgress(allow ?? undefined), mailer: undefined, now };
    const { send } = own.use(createSendEvent(rules));
    return {
      connection: this.database.connection,
      events: this.openEvents(),
      send: change?.(send) ?? send,
      log: this.#log,
      observer: {
        attempted: (_format, outcome) => void this.outcomes.push(outcome),
        measured: (...amounts) => void this.measured.push(amounts),
      },
      now,
      random: () => 1,
    };
  };

  /** Starts a process of the mesh. */
  startProcess = async ({ isAlone = false, ...more }: Sending & { readonly isAlone?: boolean } = {}) => {
    const own = this.opened.use(new AsyncDisposableStack());
    own.use(await keepDelivering({ ...this.openServices(own, more), bus: this.#bus, isAlone }));
    return own;
  };

  wake = () => this.#bus.publish('webhooks.due', {});

  listDeliveries = () => webhookDeliveries(this.database.connection).find().sort({ sequence: 1 }).lean();
  readStates = async () => (await this.listDeliveries()).map(({ state }) => state);
  readWebhook = () => webhooks(this.database.connection).findById('acme:hook').lean();
  untilStates = (...states: readonly string[]) =>
    vi.waitFor(async () => expect(await this.readStates()).toEqual(states));
  /** Until no run delivers for `acme:hook`. */
  untilIdle = () => vi.waitFor(async () => expect((await this.readWebhook())?.holder).toBeNull());
}
