import { Webhook } from 'standardwebhooks';
import { describe, expect, it, vi } from 'vitest';
import { events } from '#mongo/events.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { notDue, webhooks } from '#mongo/webhooks.ts';
import { DeliveryMesh, formerWebhookSecret, webhookSecret } from '#test/support/delivery-mesh.ts';
import { startWebhookReceiver } from '#test/support/webhook-receiver.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const mesh = new DeliveryMesh();
const { openEvents, record, saveWebhook, startProcess, wake } = mesh;
const { listDeliveries, readStates, readWebhook, untilIdle, untilStates } = mesh;
const received = () => mesh.receiver.requests.map(({ body }) => JSON.parse(body).data.data.n as number);

describe('deliveries to webhooks', () => {
  it('send each event of their types once, in order for each subject, as signed requests with an id of their own', async () => {
    await record();
    await saveWebhook();
    await startProcess();
    const first = mesh.count + 1;
    for (let n = 0; n < 6; n++) await record(n % 2 === 0 ? 'even' : 'odd');
    await openEvents().record({ type: 'access.requested', tenantId: 'acme', subject: 'x', data: {} });
    await record('theirs', 'other');
    await untilStates(...Array(6).fill('DELIVERED'));
    expect(mesh.measured).toEqual([[0, 0]]);
    for (const subject of ['even', 'odd']) {
      const ofSubject = mesh.receiver.requests
        .map(({ body }) => JSON.parse(body).data)
        .filter((data) => data.subject === subject);
      const numbers = ofSubject.map(({ data }) => data.n);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
    expect(received().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5].map((n) => first + n));
    expect(new Set(mesh.receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(6);
    for (const { body, headers } of mesh.receiver.requests) new Webhook(webhookSecret).verify(body, headers);
  });

  it('lose nothing while the receiver is down for an hour: all come afterwards, in order, with the ids that they had', async () => {
    await saveWebhook();
    mesh.receiver.answer = (_request, response) => response.writeHead(503).end();
    const own = await startProcess();
    await record();
    await mesh.receiver.waitFor(1);
    for (let n = 0; n < 5; n++) await record();
    await untilIdle();
    const failed = mesh.receiver.requests.length;
    // New events do not have a failing receiver called.
    expect(failed).toBe(1);
    expect(await readWebhook()).toMatchObject({ failures: 1 });
    await own.disposeAsync();
    mesh.receiver.answer = (_request, response) => response.writeHead(204).end();
    mesh.nowMs += hourMs;
    await startProcess();
    await untilStates(...Array(6).fill('DELIVERED'));
    const numbers = received().slice(failed);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(mesh.receiver.requests[1]?.headers['webhook-id']).toBe(
      mesh.receiver.requests[0]?.headers['webhook-id'],
    );
    expect(await readWebhook()).toMatchObject({
      failures: 0,
      failingSince: null,
      deliveredAt: new Date(mesh.nowMs),
    });
    expect((await listDeliveries())[0]).toMatchObject({
      ...{ attempts: 2, lastStatus: 204, lastError: null, lastAttemptAt: new Date(mesh.nowMs) },
      purgeAt: new Date(mesh.nowMs + 7 * dayMs),
    });
    expect(mesh.outcomes).toEqual(['unavailable', ...Array(6).fill('delivered')]);
  });

  it('wait for an event that is refused within its subject alone', async () => {
    await saveWebhook();
    mesh.receiver.answer = ({ body }, response) =>
      void response.writeHead(JSON.parse(body).data.subject === 'bad' ? 422 : 200).end();
    await startProcess();
    await record('bad');
    await record('good');
    await record('bad');
    await record('good');
    await untilStates('PENDING', 'DELIVERED', 'PENDING', 'DELIVERED');
    await untilIdle();
    expect(mesh.receiver.requests).toHaveLength(3);
    expect((await listDeliveries())[0]).toMatchObject({ attempts: 1, lastStatus: 422 });
    // Refused ten times it is a dead letter, and the next one has its turn.
    mesh.receiver.answer = ({ body }, response) =>
      void response.writeHead(JSON.parse(body).data.data.n === mesh.count - 3 ? 422 : 200).end();
    const first = { state: 'PENDING', sequence: 1 } as const;
    await webhookDeliveries(mesh.database.connection).updateOne(first, { $set: { attempts: 8 } });
    mesh.nowMs += hourMs;
    await wake();
    await vi.waitFor(async () => expect((await listDeliveries())[0]?.attempts).toBe(9), 10_000);
    await untilIdle();
    expect(await readStates()).toEqual(['PENDING', 'DELIVERED', 'PENDING', 'DELIVERED']);
    mesh.nowMs += hourMs;
    await wake();
    await untilStates('DEAD', 'DELIVERED', 'DELIVERED', 'DELIVERED');
    expect((await listDeliveries())[0]?.purgeAt).toEqual(new Date(mesh.nowMs + 30 * dayMs));
    expect(mesh.outcomes.toSorted()).toEqual(['dead', ...Array(3).fill('delivered'), 'refused', 'refused']);
  });

  it.each([
    ['120', 120_000],
    ['1', 5_000],
    ['999999999', 6 * hourMs],
    ['nonsense', 5_000],
  ])('wait as long as a receiver requests with Retry-After: %s', async (header, ms) => {
    await saveWebhook();
    mesh.receiver.answer = (_request, response) => response.writeHead(429, { 'retry-after': header }).end();
    await startProcess();
    await record();
    await mesh.receiver.waitFor(1);
    await untilIdle();
    const [delivery] = await listDeliveries();
    expect((delivery?.dueAt.getTime() ?? 0) - mesh.nowMs).toBe(ms);
    expect((await readWebhook())?.restUntil.getTime()).toBe(mesh.nowMs + ms);
  });

  it('become dead letters after a day, report the webhook once after an hour and disable it after three days', async () => {
    await saveWebhook();
    mesh.receiver.answer = (_request, response) => response.writeHead(500).end();
    await record();
    await record('another');
    await startProcess();
    for (const hours of [0, 2, 3, 25, 73]) {
      const before = mesh.receiver.requests.length;
      mesh.nowMs += hours * hourMs;
      if (hours === 73) await record('late');
      await wake();
      await mesh.receiver.waitFor(before + 1);
      await untilIdle();
      if (hours === 3) expect(await readStates()).toEqual(['PENDING', 'PENDING']);
      if (hours === 25) {
        // Of a receiver that fails one event is tried; the other has been pending for as long.
        const [first, second] = await listDeliveries();
        expect([first?.attempts, second?.attempts]).toEqual([4, 1]);
        const dead = {
          state: 'DEAD',
          dueAt: notDue,
          lastError: 'The receiver answered with status 500.',
        };
        const purgeAt = new Date(mesh.nowMs + 30 * dayMs);
        for (const delivery of [first, second]) expect(delivery).toMatchObject({ ...dead, purgeAt });
        expect(mesh.outcomes.at(-1)).toBe('dead');
      }
      if (hours === 25) await record('next');
    }
    expect(await readWebhook()).toMatchObject({
      enabled: false,
      disabledReason: expect.stringContaining('three days'),
    });
    const reported = await events(mesh.database.connection)
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
    mesh.receiver.answer = (_request, response) => response.writeHead(410).end();
    await startProcess();
    await record();
    await vi.waitFor(async () => expect(await readWebhook()).toMatchObject({ enabled: false }), 10_000);
    expect(await events(mesh.database.connection).distinct('type')).toEqual([
      'key.revoked',
      'webhook.disabled',
    ]);
  });

  it('are made by one process at a time, however many there are', async () => {
    await saveWebhook();
    await startProcess();
    await startProcess();
    await startProcess();
    for (let n = 0; n < 20; n++) await record(`s${n % 5}`);
    await untilStates(...Array(20).fill('DELIVERED'));
    expect(mesh.receiver.requests).toHaveLength(20);
  });

  it('are measured: how long the oldest has been pending, and how many are dead letters', async () => {
    const at = (agoMs: number) => new Date(mesh.nowMs - agoMs);
    await webhookDeliveries(mesh.database.connection).collection.insertMany([
      { _id: 'p1', state: 'PENDING', createdAt: at(60_000) },
      { _id: 'p2', state: 'PENDING', createdAt: at(1_000) },
      { _id: 'd1', state: 'DEAD', createdAt: at(90_000) },
      { _id: 'd2', state: 'DEAD', createdAt: at(1_000) },
      { _id: 'done', state: 'DELIVERED', createdAt: at(90_000) },
    ] as never);
    await startProcess();
    await vi.waitFor(() => expect(mesh.measured).toEqual([[60_000, 2]]), 10_000);
  });

  it('are made again, with the same id, where the process dies after the request and before it is recorded', async () => {
    await saveWebhook();
    const admin = mesh.database.connection.getClient().db('admin');
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
    await mesh.receiver.waitFor(1);
    await dying.disposeAsync();
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
    expect(await readStates()).toEqual(['PENDING']);
    await startProcess({ isAlone: true });
    await untilStates('DELIVERED');
    const ids = mesh.receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([ids[0], ids[0]]);
  });

  it.each([
    ['a redirect', (url: string) => ({ status: 302, location: url }), 302, 'Redirects are not followed.'],
    ['a broken answer', () => null, null, 'The connection failed'],
  ])(
    'follow nothing, and record what happened, where the receiver answers with %s',
    async (_what, answer, status, error) => {
      await saveWebhook();
      mesh.receiver.answer = (_request, response) => {
        const made = answer(`${mesh.receiver.url}/elsewhere`);
        if (made === null) response.socket?.end('HTTP/1.1 lies\r\n\r\n');
        else response.writeHead(made.status, { location: made.location }).end();
      };
      await startProcess();
      await record();
      await mesh.receiver.waitFor(1);
      await untilIdle();
      expect(mesh.receiver.requests).toHaveLength(1);
      expect((await listDeliveries())[0]).toMatchObject({
        state: 'PENDING',
        lastStatus: status,
        lastError: expect.stringContaining(error),
      });
    },
  );

  it('read nothing of an answer: one without an end is delivered by its status', async () => {
    await saveWebhook();
    mesh.receiver.answer = (_request, response) =>
      void response.writeHead(200, { 'content-length': '1000000000' }).write('x');
    await startProcess();
    await record();
    await untilStates('DELIVERED');
  });

  it('of a tenant are not sent into the network of the operator, whatever was allowed when the webhook was saved; those of the mesh are', async () => {
    await saveWebhook();
    await saveWebhook({ _id: 'of the mesh', tenantId: null });
    await startProcess({ allow: null });
    await record();
    await vi.waitFor(async () => {
      const sent = (await listDeliveries()).map(({ tenantId, state, lastError }) => [
        ...[tenantId, state, lastError],
      ]);
      expect(sent).toHaveLength(2);
      expect(sent).toContainEqual(['acme', 'PENDING', 'The address may not be called.']);
      expect(sent).toContainEqual([null, 'DELIVERED', null]);
    }, 10_000);
    expect(mesh.receiver.requests).toHaveLength(1);
  });

  it('of the mesh receive the events of all tenants and of the mesh', async () => {
    await saveWebhook({ _id: 'acme:hook', tenantId: null });
    await startProcess();
    for (const tenantId of ['acme', 'other', null]) await record('s', tenantId);
    await untilStates('DELIVERED', 'DELIVERED', 'DELIVERED');
    expect(mesh.receiver.requests.map(({ body }) => JSON.parse(body).data.tenantId).toSorted()).toEqual(
      ['acme', 'other', null].toSorted(),
    );
    // Also when nothing else is due.
    await vi.waitFor(async () => expect(await readWebhook()).toMatchObject({ holder: null, dueAt: notDue }));
    await record('s', 'other');
    await untilStates(...Array(4).fill('DELIVERED'));
  });

  it('are signed with both secrets while one is replaced', async () => {
    await saveWebhook({ formerSecretUntil: new Date(mesh.nowMs + 1_000) });
    await startProcess();
    await record();
    await mesh.receiver.waitFor(1);
    await untilIdle();
    mesh.nowMs += 1_000;
    await record();
    await mesh.receiver.waitFor(2);
    const former = new Webhook(formerWebhookSecret);
    const [first, second] = mesh.receiver.requests;
    for (const one of [first, second]) new Webhook(webhookSecret).verify(one?.body ?? '', one?.headers ?? {});
    former.verify(first?.body ?? '', first?.headers ?? {});
    expect(() => former.verify(second?.body ?? '', second?.headers ?? {})).toThrow();
  });

  it('of one tenant with many webhooks that do not answer leave room for another', async () => {
    const hanging = mesh.opened.use(await startWebhookReceiver());
    hanging.answer = () => {};
    for (let n = 0; n < 20; n++) await saveWebhook({ _id: `acme:hook${n}`, url: hanging.url });
    await saveWebhook({ _id: 'other:hook', tenantId: 'other' });
    await startProcess();
    for (let n = 0; n < 5; n++) await record(`s${n}`);
    await hanging.waitFor(4);
    await record('s', 'other');
    await mesh.receiver.waitFor(1);
    const leased = await webhooks(mesh.database.connection).countDocuments({
      tenantId: 'acme',
      holder: { $ne: null },
    });
    expect(leased).toBe(4);
  });

  it('are made for 16 webhooks at once, and for others when one of them ends', async () => {
    const tenants = Array.from({ length: 17 }, (_, n) => `tenant${n}`);
    for (const tenantId of tenants) await saveWebhook({ _id: `${tenantId}:hook`, tenantId });
    for (const tenantId of tenants) await record('s', tenantId);
    const held = Promise.withResolvers<void>();
    let waiting = 0;
    await startProcess({
      send:
        (send) =>
        async (...args) => {
          waiting += 1;
          await held.promise;
          return send(...args);
        },
    });
    await vi.waitFor(() => expect(waiting).toBe(16));
    const found = await webhooks(mesh.database.connection).find().lean();
    expect(found.filter(({ holder }) => holder !== null)).toHaveLength(16);
    held.resolve();
    await untilStates(...Array(17).fill('DELIVERED'));
  });
});
