import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgress } from '#core/egress.ts';
import type { Database } from '#mongo/connect.ts';
import { sealConsentSourceSecret } from '#mongo/consent-source-secret.ts';
import { consents } from '#mongo/consents.ts';
import { type ConsentSourceRecord, tenants } from '#mongo/tenants.ts';
import { createHttpFetch, type HttpFetch } from '#providers/http/http-fetch.ts';
import { startWireServer } from '#providers/testing/wire-server.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testSecrets } from '#test/support/seal.ts';
import { buildPlan, wordRule } from '#test/support/word-rules.ts';
import { Consents } from '../consents.ts';
import { ConsentSources } from './consent-sources.ts';
import { createRulePost } from './rule-posts.ts';

const log = pino({ level: 'silent' });
const named = createEgress('127.0.0.1').ofTenants;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const granted = '{"granted":true}';

type Respond = Parameters<typeof startWireServer>[0];

let database: Database;
let http: HttpFetch;
let count = 0;
beforeAll(async () => {
  database = await openTestDatabase();
  http = createHttpFetch({ egress: named, callsMax: 100, responseBytesMax: 65_536 });
});
afterAll(async () => {
  await http?.close();
  await database?.close();
});

/** A process with a tenant whose source answers so, and a clock. */
async function open(respond: Respond, { egress = named } = {}) {
  const server = await startWireServer(respond);
  const { connection } = database;
  const clock = { ms: Date.now() };
  const now = () => clock.ms;
  const bus = createMemoryBus(log);
  const post = createRulePost({ fetch: http.fetch, egress, log, now });
  const sources = new ConsentSources({ connection, post, secrets: testSecrets, log, now });
  const known = await Consents.open({ connection, bus, sources, log, now });
  const start = `sourced-${++count}`;
  const url = `${server.url}/consent`;
  /** Saves a source of a tenant, as saveConsentSource does. */
  const name = async (tenantId: string, more: Partial<ConsentSourceRecord> = {}, sealedFor = url) => {
    const sealed = await sealConsentSourceSecret(secret, { tenantId, url: sealedFor }, testSecrets);
    const stated = { url, region: null, timeoutMs: 5_000, secret: sealed, updatedAt: new Date(clock.ms) };
    await tenants(connection).collection.updateOne(
      { _id: tenantId as never },
      { $set: { name: tenantId, consentSource: { ...stated, ...more } } },
      { upsert: true },
    );
    await bus.publish('consents.changed', { tenantId, endUserId: null });
  };
  await name(start);
  const party = (endUserId: string | null, tenantId: string | null, regions: readonly string[] | null) =>
    known.of({ tenantId, allowedRegions: regions }, endUserId);
  return {
    ...{ server, clock, bus, known, name, tenantId: start, party },
    has: (
      endUserId: string | null = 'ada',
      purpose = 'analysis',
      tenantId: string | null = start,
      regions: readonly string[] | null = null,
    ) => party(endUserId, tenantId, regions).hasConsent(purpose),
    /** Of the mesh itself. */
    async record(endUserId: string, fields: object) {
      const at = { createdAt: new Date(0), updatedAt: new Date(0) };
      const _id = `${start} ${endUserId}`;
      const record = { _id, tenantId: start, endUserId, purposes: [], expiresAt: null, ...at, ...fields };
      await consents(connection).updateOne({ _id }, { $set: record }, { upsert: true });
      await bus.publish('consents.changed', { tenantId: start, endUserId });
    },
    async [Symbol.asyncDispose]() {
      await known[Symbol.asyncDispose]();
      sources[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const always =
  (body: string): Respond =>
  (response) =>
    void response.end(body);

describe('a consent source', () => {
  it('is called in a signed request for what the mesh has no record of, and its answer holds', async () => {
    await using it = await open((response, { body }) => {
      response.end(JSON.stringify({ granted: JSON.parse(body).purpose === 'analysis' }));
    });
    expect(await it.has()).toBe(true);
    expect(await it.has('ada', 'storage')).toBe(false);
    const [{ body = '', headers = {}, path } = {}] = it.server.requests;
    expect(path).toBe('/consent');
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({
      ...{ endUserId: 'ada', purpose: 'analysis', tenantId: it.tenantId },
    });
  });

  it('turns rules off as a consent of the mesh does', async () => {
    await using it = await open(always(granted));
    const plan = buildPlan(
      wordRule(/x/, 'BLOCK', { unlessConsent: 'analysis' }),
      wordRule(/y/, 'BLOCK', { unlessConsent: null }),
    );
    const bound = await it.party('ada', it.tenantId, null).bind(plan);
    expect(bound.rules.map(({ rule }) => rule)).toEqual(['word y']);
  });

  it('is called by no call without an end user or a tenant, nor of a tenant without one', async () => {
    await using it = await open(always(granted));
    expect(await it.has(null)).toBe(false);
    expect(await it.has('ada', 'analysis', null)).toBe(false);
    expect(await it.has('ada', 'analysis', `${it.tenantId}-other`)).toBe(false);
    expect(it.server.requests).toEqual([]);
  });

  it('is not called for what the mesh knows: a consent holds, and so does a withdrawal', async () => {
    await using it = await open(always(granted));
    await it.record('own', { purposes: ['analysis'] });
    expect(await it.has('own')).toBe(true);
    await it.record('some', { withdrawn: ['analysis'] });
    expect(await it.has('some')).toBe(false);
    await it.record('all', { withdrawnAll: true });
    expect(await it.has('all')).toBe(false);
    expect(it.server.requests).toEqual([]);
    expect(await it.has('some', 'storage')).toBe(true);
  });

  it('is overruled by a withdrawal also while its answer is remembered', async () => {
    await using it = await open(always(granted));
    expect(await it.has()).toBe(true);
    await it.record('ada', { withdrawn: ['analysis'] });
    expect(await it.has()).toBe(false);
  });

  it('is called where a consent of the mesh has expired, also of a record that stays', async () => {
    await using it = await open(always('{"granted":false}'));
    const over = new Date(it.clock.ms);
    await it.record('ada', { purposes: ['analysis'], purposesExpireAt: over, withdrawn: ['storage'] });
    expect(await it.has()).toBe(false);
    expect(it.server.requests).toHaveLength(1);
  });

  it('is called once by equal calls at the same time, and again after thirty seconds', async () => {
    const asked = Promise.withResolvers<void>();
    const answering = Promise.withResolvers<void>();
    await using it = await open(async (response) => {
      asked.resolve();
      await answering.promise;
      response.end(granted);
    });
    const all = Promise.all(Array.from({ length: 20 }, () => it.has()));
    await asked.promise;
    answering.resolve();
    expect(new Set(await all)).toEqual(new Set([true]));
    it.clock.ms += 29_999;
    expect(await it.has()).toBe(true);
    expect(it.server.requests).toHaveLength(1);
    it.clock.ms += 1;
    expect(await it.has()).toBe(true);
    expect(it.server.requests).toHaveLength(2);
  });

  it('grants nothing beyond the end that it states, also while that is remembered', async () => {
    const endMs = Date.now() + 10_000;
    await using it = await open(
      always(JSON.stringify({ granted: true, expiresAt: new Date(endMs).toISOString() })),
    );
    expect(await it.has()).toBe(true);
    it.clock.ms = endMs - 1;
    expect(await it.has()).toBe(true);
    expect(it.server.requests).toHaveLength(1);
    it.clock.ms = endMs;
    expect(await it.has()).toBe(false);
    expect(it.server.requests).toHaveLength(2);
  });

  it('answers for its tenant, its end user, its purpose and regions alone', async () => {
    await using it = await open((response, { body }) => {
      const { endUserId, purpose, tenantId } = JSON.parse(body);
      const isFirst = `${endUserId} ${purpose}` === 'ada analysis' && !tenantId.endsWith('-b');
      response.end(JSON.stringify({ granted: isFirst }));
    });
    const other = `${it.tenantId}-b`;
    await it.name(other, { region: 'eu' });
    expect(await it.has()).toBe(true);
    expect(await it.has('ada', 'analysis', other)).toBe(false);
    expect(await it.has('ada ', 'analysis')).toBe(false);
    expect(await it.has('ada', 'storage')).toBe(false);
    expect(await it.has('ada', 'analysis', it.tenantId, ['eu'])).toBe(false);
    expect(await it.has()).toBe(true);
  });

  it('is another one at once where the tenant saves another, and none where it is deleted', async () => {
    await using it = await open(always(granted));
    await using other = await startWireServer(always('{"granted":false}'));
    expect(await it.has()).toBe(true);
    await it.name(it.tenantId, { url: other.url }, other.url);
    expect(await it.has()).toBe(false);
    expect(other.requests).toHaveLength(1);
    await it.name(it.tenantId);
    expect(await it.has()).toBe(true);
    await tenants(database.connection).updateOne({ _id: it.tenantId }, { $unset: { consentSource: 1 } });
    await it.bus.publish('consents.changed', { tenantId: it.tenantId, endUserId: null });
    expect(await it.has()).toBe(false);
  });

  it('receives nothing where its secret was sealed for another address', async () => {
    await using it = await open(always(granted));
    await it.name(it.tenantId, {}, 'https://elsewhere.example');
    expect(await it.has()).toBe(false);
    expect(it.server.requests).toEqual([]);
  });

  it.each<[string, string | null, readonly string[] | null, boolean]>([
    ['a tenant without regions', null, null, true],
    ['one of the regions', 'eu', ['us', 'eu'], true],
    ['another region', 'us', ['eu'], false],
    ['no stated region', null, ['eu'], false],
  ])('is called within the regions of the call: %s', async (_what, region, regions, isAsked) => {
    await using it = await open(always(granted));
    await it.name(it.tenantId, { region });
    expect(await it.has('ada', 'analysis', it.tenantId, regions)).toBe(isAsked);
    expect(it.server.requests).toHaveLength(isAsked ? 1 : 0);
  });

  it('is not called where egress does not allow its address', async () => {
    await using it = await open(always(granted), { egress: createEgress().ofTenants });
    expect(await it.has()).toBe(false);
    expect(it.server.connections).toBe(0);
  });

  it.each<[string, Respond]>([
    ['no JSON', always('<html>granted</html>')],
    ['nothing', always('')],
    ['a text', always('"granted"')],
    ['null', always('null')],
    ['a list', always('[true]')],
    ['granted as a text', always('{"granted":"true"}')],
    ['granted as a number', always('{"granted":1}')],
    ['a field that is not of the form', always('{"granted":true,"purposes":["*"]}')],
    ['an end that is no time', always('{"granted":true,"expiresAt":"soon"}')],
    ['an end as a number', always('{"granted":true,"expiresAt":32503680000000}')],
    ['an end that is over', always('{"granted":true,"expiresAt":"2020-01-01T00:00:00Z"}')],
    ['a grant that is too long', always(`{"granted":true}${' '.repeat(4_096)}`)],
    ['more than is read', always(`{"granted":true}${' '.repeat(100_000)}`)],
    ['status 201', (response) => void response.writeHead(201).end(granted)],
    ['status 500', (response) => void response.writeHead(500).end(granted)],
    ['a redirect', (response) => void response.writeHead(307, { location: '/granted' }).end(granted)],
    ['a reset', (response) => void response.destroy()],
    ['half of an answer', (response) => void response.write('{"granted":', () => response.destroy())],
  ])('that answers with %s grants nothing, and is called again by the next call', async (_what, respond) => {
    let isHostile = true;
    await using it = await open((response, request) =>
      isHostile ? respond(response, request) : void response.end(granted),
    );
    expect(await it.has()).toBe(false);
    isHostile = false;
    it.clock.ms += 30_000;
    expect(await it.has()).toBe(true);
  });

  it('that hangs grants nothing, after its time', async () => {
    await using it = await open(() => undefined);
    await it.name(it.tenantId, { timeoutMs: 50 });
    expect(await it.has()).toBe(false);
    expect(await it.server.closed(0)).toBe(true);
  });

  it('that was not answering is called again by the next call, without a wait', async () => {
    let answers = 0;
    await using it = await open((response) => {
      answers += 1;
      response.end(answers === 1 ? 'no' : granted);
    });
    expect(await it.has()).toBe(false);
    expect(await it.has()).toBe(true);
  });
});
