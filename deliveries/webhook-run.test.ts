import { once } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { events } from '#mongo/events.ts';
import { type WebhookDeliveryRecord, webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { longAgo, notDue, type WebhookRecord, webhooks } from '#mongo/webhooks.ts';
import { DeliveryMesh } from '#test/support/delivery-mesh.ts';
import { startWebhookReceiver } from '#test/support/webhook-receiver.ts';
import { pendingMax, selectEvents } from './select-events.ts';
import { WebhookRun } from './webhook-run.ts';

const hourMs = 3_600_000;
const mesh = new DeliveryMesh();
const { record, saveWebhook, startProcess, openServices, wake } = mesh;
const { listDeliveries, readStates, readWebhook, untilIdle, untilStates } = mesh;

describe('deliveries of a process', () => {
  it.each([
    ['works, four at a time', {}, 4],
    ['has failed, one at a time', { failures: 1 }, 1],
  ])('are made where the receiver %s', async (_what, change, expected) => {
    await saveWebhook(change);
    for (let n = 0; n < 6; n++) await record(`s${n}`);
    let open = 0;
    let most = 0;
    await startProcess({
      send:
        (send) =>
        async (...args) => {
          open += 1;
          most = Math.max(most, open);
          const outcome = await send(...args);
          open -= 1;
          return outcome;
        },
    });
    await untilStates(...Array(6).fill('DELIVERED'));
    expect(most).toBe(expected);
  });

  it('are made of events that are recorded while the last one is delivered', async () => {
    await saveWebhook();
    await startProcess({
      send:
        (send) =>
        async (...args) => {
          const outcome = await send(...args);
          if ((await readStates()).length < 4) await record();
          return outcome;
        },
    });
    await record();
    await untilStates(...Array(4).fill('DELIVERED'));
    await untilIdle();
    expect(mesh.receiver.requests).toHaveLength(4);
  });

  it('are made of more events than may be pending at once, with nothing else that wakes the process', async () => {
    await saveWebhook();
    const count = pendingMax + 2;
    const { connection } = mesh.database;
    const recorded = Array.from({ length: count }, (_, n) => ({
      ...{ _id: `event ${n}`, sequence: n + 1, type: 'key.revoked', at: new Date(mesh.nowMs) },
      ...{ tenantId: 'acme', subject: `s${n}`, data: {} },
    }));
    await events(connection).insertMany(recorded);
    const delivered = { outcome: 'DELIVERED', status: 200, error: null, retryAfterMs: null } as const;
    await startProcess({ send: () => () => Promise.resolve(delivered) });
    await vi.waitFor(async () => {
      const states = await readStates();
      expect(states.filter((state) => state === 'DELIVERED').length).toBe(count);
    });
  });

  it('are not made to a receiver that has failed before it has rested, new ones neither', async () => {
    const working = mesh.opened.use(await startWebhookReceiver());
    mesh.receiver.answer = (_request, response) => response.writeHead(503).end();
    await saveWebhook();
    await startProcess();
    await record('a');
    await mesh.receiver.waitFor(1);
    await untilIdle();
    await saveWebhook({ _id: 'acme:working', url: working.url });
    await record('b');
    await working.waitFor(1);
    await untilIdle();
    expect(mesh.receiver.requests).toHaveLength(1);
    mesh.nowMs += 5_000;
    await wake();
    await mesh.receiver.waitFor(2);
  });

  it('report each time that a receiver takes events again which was reported as failing, to other webhooks', async () => {
    const failing = {
      failures: 1,
      failingSince: new Date(mesh.nowMs - hourMs),
      types: ['key.*', 'webhook.*'],
    };
    await saveWebhook({ ...failing, reportedAt: new Date(mesh.nowMs - 1) });
    await saveWebhook({ ...failing, _id: 'acme:unreported' });
    await startProcess();
    await record();
    await untilStates('DELIVERED', 'DELIVERED', 'DELIVERED');
    await untilIdle();
    expect(await readWebhook()).toMatchObject({ failures: 0, failingSince: null, reportedAt: null });
    await webhooks(mesh.database.connection).updateOne(
      { _id: 'acme:hook' },
      { $set: { ...failing, reportedAt: new Date(mesh.nowMs) } },
    );
    await record();
    await untilStates(...Array(6).fill('DELIVERED'));
    const reports = (await listDeliveries()).filter(({ event }) => event.type !== 'key.revoked');
    const recovered = { type: 'webhook.recovered', tenantId: 'acme', subject: 'acme:hook' };
    const report = { webhookId: 'acme:unreported', event: { ...recovered, data: { format: 'STANDARD' } } };
    expect(reports).toMatchObject([report, report]);
  });

  it('are made again, as if they had not been, where the process stops before the receiver answers', async () => {
    await saveWebhook();
    mesh.receiver.answer = () => {};
    const own = await startProcess();
    await record();
    await mesh.receiver.waitFor(1);
    await own.disposeAsync();
    expect(await listDeliveries()).toMatchObject([{ state: 'PENDING', attempts: 0, lastError: null }]);
    expect(await readWebhook()).toMatchObject({ failures: 0, restUntil: longAgo, holder: null });
    expect(mesh.outcomes).toEqual([]);
    mesh.receiver.answer = (_request, response) => response.writeHead(204).end();
    await startProcess();
    await untilStates('DELIVERED');
    const ids = mesh.receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([ids[0], ids[0]]);
  });

  it('are delivered where the receiver takes them while the process stops', async () => {
    await saveWebhook();
    let stopped: Promise<void> | undefined;
    const own = await startProcess({
      send:
        (send) =>
        async (...args) => {
          const outcome = await send(...args);
          const [, , signal] = args;
          const aborted = once(signal, 'abort');
          stopped = own.disposeAsync();
          await aborted;
          return outcome;
        },
    });
    await record();
    await mesh.receiver.waitFor(1);
    await vi.waitFor(() => expect(stopped).toBeDefined());
    await stopped;
    expect(await readStates()).toEqual(['DELIVERED']);
  });
});

describe('a run', () => {
  const changeWebhook = (change: Partial<WebhookRecord>) =>
    webhooks(mesh.database.connection).updateOne({ _id: 'acme:hook' }, { $set: change });
  /** Delivers for the webhook as a process that has leased it; `during` happens after the first request. */
  async function run(during: () => unknown): Promise<void> {
    await using own = new AsyncDisposableStack();
    await changeWebhook({ holder: 'this run', dueAt: notDue });
    const leased = (await readWebhook()) as WebhookRecord;
    const services = openServices(own, {
      send:
        (send) =>
        async (...args) => {
          const outcome = await send(...args);
          if (mesh.receiver.requests.length === 1) await during();
          return outcome;
        },
    });
    await new WebhookRun(leased, services, new AbortController().signal).run();
  }
  beforeEach(async () => {
    await saveWebhook();
    await record();
    await record();
  });

  it.each([
    ['is saved', { updatedAt: new Date(2) }, null],
    ['is leased by another process, whose lease stays', { holder: 'another' }, 'another'],
  ])('ends after the attempt in progress where its webhook %s meanwhile', async (_what, change, holder) => {
    await run(() => changeWebhook(change));
    expect(await readStates()).toEqual(['DELIVERED', 'PENDING']);
    expect(await readWebhook()).toMatchObject({ holder, deliveredAt: null });
  });

  it('ends when its time is over, and leaves the rest for one that is due at once', async () => {
    await run(() => {
      mesh.nowMs += 20_000;
    });
    expect(await readStates()).toEqual(['DELIVERED', 'PENDING']);
    expect(await readWebhook()).toMatchObject({
      holder: null,
      leasedUntil: longAgo,
      dueAt: new Date(mesh.nowMs),
    });
  });

  it('keeps what becomes due meanwhile, and is due no more otherwise', async () => {
    await run(() => changeWebhook({ dueAt: new Date(5) }));
    expect(await readStates()).toEqual(['DELIVERED', 'DELIVERED']);
    expect(await readWebhook()).toMatchObject({ holder: null, dueAt: new Date(5) });
    await run(() => {});
    expect(await readWebhook()).toMatchObject({ holder: null, dueAt: notDue });
  });

  it('does not change a delivery that was ended meanwhile', async () => {
    const first = { state: 'PENDING', sequence: 1 } as const;
    const end: Partial<WebhookDeliveryRecord> = { state: 'DEAD', lastError: 'ended' };
    await run(() => webhookDeliveries(mesh.database.connection).updateOne(first, { $set: end }));
    expect(await listDeliveries()).toMatchObject([{ ...end, attempts: 0 }, { state: 'DELIVERED' }]);
  });

  it('makes as many deliveries as there is room for, and the others later', async () => {
    await record('s', 'other');
    await record();
    await record('s', 'other');
    const select = async (position: number, room: number) => {
      const webhook = (await readWebhook()) as WebhookRecord;
      return selectEvents(mesh.database.connection, { ...webhook, position }, room, mesh.nowMs);
    };
    expect(await select(0, 0)).toEqual({ position: 0, hasMore: true });
    expect(await select(0, 1)).toEqual({ position: 1, hasMore: true });
    expect(await select(1, 1)).toEqual({ position: 2, hasMore: true });
    expect((await listDeliveries()).map(({ sequence }) => sequence)).toEqual([1, 2]);
    // Up to the last event, also where those at the end are of others.
    expect(await select(2, 500)).toEqual({ position: 5, hasMore: false });
    expect((await listDeliveries()).map(({ sequence }) => sequence)).toEqual([1, 2, 4]);
    expect(await select(0, 500)).toEqual({ position: 5, hasMore: false });
    expect(await select(5, 0)).toEqual({ position: 5, hasMore: false });
    expect(await listDeliveries()).toHaveLength(3);
  });
});
