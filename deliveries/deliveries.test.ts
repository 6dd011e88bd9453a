import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEgress } from '#core/egress.ts';
import type { Database } from '#mongo/connect.ts';
import { createEventLog, events, findLastSequence } from '#mongo/events.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { sealWebhookTarget } from '#mongo/webhook-target.ts';
import { longAgo, type WebhookRecord, webhooks } from '#mongo/webhooks.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { openFailingDatabase } from '#test/support/database.ts';
import { testSecrets } from '#test/support/seal.ts';
import { startWebhookReceiver, type WebhookReceiver } from '#test/support/webhook-receiver.ts';
import { keepDelivering } from './keep-delivering.ts';
import { createSendEvent, type SendEvent } from './send-event.ts';

const log = pino({ level: 'silent' });
const bus = createMemoryBus(log);
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const hourMs = 3_600_000;

let database: Database;
let receiver: WebhookReceiver;
let nowMs: number;
let opened: AsyncDisposableStack;
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  database = opened.use(await openFailingDatabase());
  receiver = opened.use(await startWebhookReceiver());
  nowMs = Date.now();
});
afterEach(() => opened.disposeAsync());

const now = () => nowMs;
const openEvents = () =>
  createEventLog(database.connection, { notify: () => bus.publish('events.recorded', {}), log, now });
let count = 0;
const record = (subject: string | null = 's', tenantId: string | null = 'acme') =>
  openEvents().record(
    { type: 'key.revoked', tenantId, subject, data: { n: ++count } },
    `event ${tenantId} ${subject} ${count}`,
  );

async function saveWebhook(change: Partial<WebhookRecord> & { readonly url?: string } = {}) {
  const { url = receiver.url, ...rest } = change;
  const place = { _id: 'acme:hook', tenantId: 'acme', format: 'STANDARD', ...rest } as const;
  const at = new Date(nowMs);
  const target = { url, secret, formerSecret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` };
  await webhooks(database.connection).create({
    ...{ types: ['key.*', 'webhook.*'], enabled: true, address: 'http://127.0.0.1', hint: null },
    ...{ formerSecretUntil: null, position: await findLastSequence(events(database.connection)) },
    ...{
      dueAt: at,
      restUntil: longAgo,
      holder: null,
      leasedUntil: longAgo,
      failures: 0,
      failingSince: null,
      reportedAt: null,
    },
    ...{ deliveredAt: null, disabledReason: null, createdAt: new Date(1), updatedAt: at },
    ...{ ...place, sealed: await sealWebhookTarget(target, place, testSecrets) },
  });
}

/** One process of the mesh. */
async function startProcess(
  more: {
    readonly send?: (send: SendEvent) => SendEvent;
    readonly isAlone?: boolean;
    readonly allow?: string;
  } = {},
) {
  const egress = createEgress(more.allow ?? '127.0.0.1');
  const own = new AsyncDisposableStack();
  const sending = own.use(createSendEvent({ secrets: testSecrets, egress, mailer: undefined, now }));
  const send = more.send?.(sending.send) ?? sending.send;
  const services = {
    connection: database.connection,
    events: openEvents(),
    send,
    log,
    now,
    random: () => 1,
    bus,
  };
  own.use(await keepDelivering({ ...services, isAlone: more.isAlone ?? false }));
  opened.use(own);
  return own;
}
const wake = () => bus.publish('webhooks.due', {});

const listDeliveries = () => webhookDeliveries(database.connection).find().sort({ sequence: 1 }).lean();
const readStates = async () => (await listDeliveries()).map(({ state }) => state);
const readWebhook = () => webhooks(database.connection).findById('acme:hook').lean();
const untilStates = (...states: readonly string[]) =>
  vi.waitFor(async () => expect(await readStates()).toEqual(states), 10_000);
const untilIdle = () => vi.waitFor(async () => expect((await readWebhook())?.holder).toBeNull(), 10_000);
const received = () => receiver.requests.map(({ body }) => JSON.parse(body).data.data.n as number);

describe('deliveries to webhooks', () => {
  it('send each event of their types once, in order for each subject, as signed requests with an id of their own', async () => {
    await record();
    await saveWebhook();
    await startProcess();
    const first = count + 1;
    for (let n = 0; n < 6; n++) await record(n % 2 === 0 ? 'even' : 'odd');
    await openEvents().record({ type: 'access.requested', tenantId: 'acme', subject: 'x', data: {} });
    await record('theirs', 'other');
    await untilStates(...Array(6).fill('DELIVERED'));
    for (const subject of ['even', 'odd']) {
      const ofSubject = receiver.requests
        .map(({ body }) => JSON.parse(body).data)
        .filter((data) => data.subject === subject);
      const numbers = ofSubject.map(({ data }) => data.n);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
    expect(received().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5].map((n) => first + n));
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(6);
    for (const { body, headers } of receiver.requests) new Webhook(secret).verify(body, headers);
  });

  it('lose nothing while the receiver is down for an hour: all come afterwards, in order, with the ids that they had', async () => {
    await saveWebhook();
    receiver.answer = (_request, response) => response.writeHead(503).end();
    const own = await startProcess();
    await record();
    await receiver.waitFor(1);
    for (let n = 0; n < 5; n++) await record();
    await untilIdle();
    const failed = receiver.requests.length;
    // New events do not have a failing receiver called.
    expect(failed).toBe(1);
    expect(await readWebhook()).toMatchObject({ failures: 1 });
    await own.disposeAsync();
    receiver.answer = (_request, response) => response.writeHead(204).end();
    nowMs += hourMs;
    await startProcess();
    await untilStates(...Array(6).fill('DELIVERED'));
    const numbers = received().slice(failed);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(receiver.requests[1]?.headers['webhook-id']).toBe(receiver.requests[0]?.headers['webhook-id']);
    expect(await readWebhook()).toMatchObject({ failures: 0, failingSince: null });
  });

  it('wait for an event that is refused within its subject alone', async () => {
    await saveWebhook();
    receiver.answer = ({ body }, response) =>
      void response.writeHead(JSON.parse(body).data.subject === 'bad' ? 422 : 200).end();
    await startProcess();
    await record('bad');
    await record('good');
    await record('bad');
    await record('good');
    await untilStates('PENDING', 'DELIVERED', 'PENDING', 'DELIVERED');
    await untilIdle();
    expect(receiver.requests).toHaveLength(3);
    expect((await listDeliveries())[0]).toMatchObject({ attempts: 1, lastStatus: 422 });
    // Refused ten times it is a dead letter, and the next one has its turn.
    receiver.answer = ({ body }, response) =>
      void response.writeHead(JSON.parse(body).data.data.n === count - 3 ? 422 : 200).end();
    const first = { state: 'PENDING', sequence: 1 } as const;
    await webhookDeliveries(database.connection).updateOne(first, { $set: { attempts: 9 } });
    nowMs += hourMs;
    await wake();
    await untilStates('DEAD', 'DELIVERED', 'DELIVERED', 'DELIVERED');
  });

  it.each([
    ['120', 120_000],
    ['1', 5_000],
    ['999999999', 6 * hourMs],
    ['nonsense', 5_000],
  ])('wait as long as a receiver requests with Retry-After: %s', async (header, ms) => {
    await saveWebhook();
    receiver.answer = (_request, response) => response.writeHead(429, { 'retry-after': header }).end();
    await startProcess();
    await record();
    await receiver.waitFor(1);
    await untilIdle();
    const [delivery] = await listDeliveries();
    expect((delivery?.dueAt.getTime() ?? 0) - nowMs).toBe(ms);
    expect((await readWebhook())?.restUntil.getTime()).toBe(nowMs + ms);
  });

  it('become dead letters after a day, report the webhook once after an hour and disable it after three days', async () => {
    await saveWebhook();
    receiver.answer = (_request, response) => response.writeHead(500).end();
    await startProcess();
    await record();
    for (const hours of [0, 2, 3, 25, 73]) {
      const before = receiver.requests.length;
      nowMs += hours * hourMs;
      if (hours === 73) await record('late');
      await wake();
      await receiver.waitFor(before + 1);
      await untilIdle();
      if (hours === 25) expect(await readStates()).toEqual(['DEAD']);
      if (hours === 3) expect(await readStates()).toEqual(['PENDING']);
      if (hours === 25) await record('next');
    }
    expect(await readWebhook()).toMatchObject({
      enabled: false,
      disabledReason: expect.stringContaining('three days'),
    });
    const reported = await events(database.connection)
      .find({ type: /^webhook\./ })
      .sort({ sequence: 1 })
      .lean();
    expect(reported.map(({ type, subject }) => [type, subject])).toEqual([
      ['webhook.failing', 'acme:hook'],
      ['webhook.disabled', 'acme:hook'],
    ]);
    // That it fails is not delivered to itself.
    expect((await listDeliveries()).filter(({ event }) => event.type.startsWith('webhook.'))).toEqual([]);
  });

  it('end at once where the receiver answers 410', async () => {
    await saveWebhook();
    receiver.answer = (_request, response) => response.writeHead(410).end();
    await startProcess();
    await record();
    await vi.waitFor(async () => expect(await readWebhook()).toMatchObject({ enabled: false }), 10_000);
    expect(await events(database.connection).distinct('type')).toEqual(['key.revoked', 'webhook.disabled']);
  });

  it('are made by one process at a time, however many there are', async () => {
    await saveWebhook();
    await startProcess();
    await startProcess();
    await startProcess();
    for (let n = 0; n < 20; n++) await record(`s${n % 5}`);
    await untilStates(...Array(20).fill('DELIVERED'));
    expect(receiver.requests).toHaveLength(20);
  });

  it('are made again, with the same id, where the process dies after the request and before it is recorded', async () => {
    await saveWebhook();
    const admin = database.connection.getClient().db('admin');
    const dying = await startProcess({
      send:
        (send) =>
        async (...args) => {
          const outcome = await send(...args);
          await admin.command({
            configureFailPoint: 'failCommand',
            mode: 'alwaysOn',
            data: { failCommands: ['update', 'findAndModify'], errorCode: 50 },
          });
          return outcome;
        },
    });
    await record();
    await receiver.waitFor(1);
    await dying.disposeAsync();
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
    expect(await readStates()).toEqual(['PENDING']);
    await startProcess({ isAlone: true });
    await untilStates('DELIVERED');
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([ids[0], ids[0]]);
  });

  it.each([
    ['a redirect', (url: string) => ({ status: 302, location: url }), 302, 'Redirects are not followed.'],
    ['a broken answer', () => null, null, 'The connection failed'],
  ])(
    'follow nothing, and record what happened, where the receiver answers with %s',
    async (_what, answer, status, error) => {
      await saveWebhook();
      receiver.answer = (_request, response) => {
        const made = answer(`${receiver.url}/elsewhere`);
        if (made === null) response.socket?.end('HTTP/1.1 lies\r\n\r\n');
        else response.writeHead(made.status, { location: made.location }).end();
      };
      await startProcess();
      await record();
      await receiver.waitFor(1);
      await untilIdle();
      expect(receiver.requests).toHaveLength(1);
      expect((await listDeliveries())[0]).toMatchObject({
        state: 'PENDING',
        lastStatus: status,
        lastError: expect.stringContaining(error),
      });
    },
  );

  it('read nothing of an answer: one without an end is delivered by its status', async () => {
    await saveWebhook();
    receiver.answer = (_request, response) =>
      void response.writeHead(200, { 'content-length': '1000000000' }).write('x');
    await startProcess();
    await record();
    await untilStates('DELIVERED');
  });

  it('of a tenant are not sent into the network of the operator, whatever was allowed when the webhook was saved', async () => {
    await saveWebhook();
    await startProcess({ allow: '192.0.2.1' });
    await record();
    await vi.waitFor(async () => expect((await listDeliveries())[0]?.attempts).toBe(1), 10_000);
    expect(receiver.requests).toEqual([]);
    expect((await listDeliveries())[0]).toMatchObject({ lastError: 'The address may not be called.' });
  });

  it('of the mesh receive the events of all tenants and of the mesh', async () => {
    await saveWebhook({ _id: 'acme:hook', tenantId: null });
    await startProcess();
    for (const tenantId of ['acme', 'other', null]) await record('s', tenantId);
    await untilStates('DELIVERED', 'DELIVERED', 'DELIVERED');
    expect(receiver.requests.map(({ body }) => JSON.parse(body).data.tenantId).toSorted()).toEqual(
      ['acme', 'other', null].toSorted(),
    );
  });

  it('are signed with both secrets while one is replaced', async () => {
    await saveWebhook({ formerSecretUntil: new Date(nowMs + 1_000) });
    await startProcess();
    await record();
    await receiver.waitFor(1);
    await untilIdle();
    nowMs += 1_000;
    await record();
    await receiver.waitFor(2);
    const former = new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`);
    const [first, second] = receiver.requests;
    for (const one of [first, second]) new Webhook(secret).verify(one?.body ?? '', one?.headers ?? {});
    former.verify(first?.body ?? '', first?.headers ?? {});
    expect(() => former.verify(second?.body ?? '', second?.headers ?? {})).toThrow();
  });

  it('of one tenant with many webhooks that do not answer leave room for another', async () => {
    const hanging = opened.use(await startWebhookReceiver());
    hanging.answer = () => {};
    for (let n = 0; n < 20; n++) await saveWebhook({ _id: `acme:hook${n}`, url: hanging.url });
    await saveWebhook({ _id: 'other:hook', tenantId: 'other' });
    await startProcess();
    for (let n = 0; n < 5; n++) await record(`s${n}`);
    await hanging.waitFor(4);
    await record('s', 'other');
    await receiver.waitFor(1);
    const leased = await webhooks(database.connection).countDocuments({
      tenantId: 'acme',
      holder: { $ne: null },
    });
    expect(leased).toBe(4);
  });
});
