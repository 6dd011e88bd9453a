import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { createEgress } from '#core/egress.ts';
import { builtInRoles } from '#core/roles.ts';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import { createSendEvent } from '#deliveries/send-event.ts';
import { auditLog } from '#mongo/audit/log.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import { addDataKeyVersions } from '#mongo/keyring/rotate.ts';
import { legalHolds } from '#mongo/legal-holds.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { openWebhookTarget } from '#mongo/webhook-target.ts';
import { webhooks } from '#mongo/webhooks.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { openTestKeyring } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { startWebhookReceiver, type WebhookReceiver } from '#test/support/webhook-receiver.ts';
import { resealWebhooks } from './reseal-webhooks.ts';

const key = randomBytes(32);
const makeSecret = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const secret = makeSecret(7);
const url = 'https://hooks.example/t/HIDDEN-PATH?token=HIDDEN-TOKEN';

let mesh: TestTenants;
let keyring: Keyring;
let receiver: WebhookReceiver;
let owner: Caller & { readonly tenantId: string };
let other: Caller & { readonly tenantId: string };
let opened: AsyncDisposableStack;
beforeAll(async () => {
  opened = new AsyncDisposableStack();
  const database = await openTestDatabase();
  keyring = openTestKeyring(database.connection, key);
  receiver = opened.use(await startWebhookReceiver());
  const egress = createEgress('127.0.0.1,*.example,oncall');
  const { secrets } = keyring;
  const sending = opened.use(createSendEvent({ secrets, egress, mailer: undefined, now: Date.now }));
  mesh = await startTenants(async () => database, { secrets, egress, sendEvent: sending.send });
  const add = async (name: string) => {
    const { tenantId, caller } = await mesh.addTenant(name);
    return { ...caller, tenantId, scopes: builtInRoles.OWNER };
  };
  owner = await add('Acme');
  other = await add('Other');
});
afterAll(async () => {
  await keyring?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
  await opened?.disposeAsync();
});

const fields =
  'id name format address types enabled disabledReason secretHint formerSecretUntil deliveredAt failingSince tenant { id }';
const saving = `mutation ($input: WebhookInput!) { saveWebhook(input: $input) { ${fields} } }`;
const testing =
  'mutation ($id: ID!) { testWebhook(id: $id) { id webhookId eventType state attempts lastStatus lastError nextAttemptAt } }';
const replaying = 'mutation ($input: ReplayWebhookInput!) { replayWebhook(input: $input) { replayed } }';
const input = { id: 'ops', url, types: ['key.*'], secret };
const save = (change: object, caller: Caller = owner) =>
  askForData<{ saveWebhook: Record<string, unknown> }>(mesh.subgraph, caller, saving, {
    input: { ...input, ...change },
  });
const refuse = async (change: object, caller: Caller = owner) =>
  (await ask(mesh.subgraph, caller, saving, { input: { ...input, ...change } })).errors?.[0];
const list = async (caller: Caller, args = '') =>
  (
    await askForData<{ webhooks: { id: string }[] }>(
      mesh.subgraph,
      caller,
      `{ webhooks${args} { ${fields} } }`,
    )
  ).webhooks;
const readTarget = async (id = `${owner.tenantId}:ops`) => {
  const stored = await webhooks(mesh.database.connection).findById(id).lean();
  return stored === null ? undefined : openWebhookTarget(stored.sealed, stored, keyring.secrets);
};

describe('saveWebhook', () => {
  it('stores and shows a webhook without its secret, and the rest of its URL nowhere', async () => {
    const { saveWebhook } = await save({});
    expect(saveWebhook).toEqual({
      ...{ id: `${owner.tenantId}:ops`, name: 'ops', format: 'STANDARD', address: 'https://hooks.example' },
      ...{ types: ['key.*'], enabled: true, disabledReason: null, secretHint: secret.slice(-4) },
      ...{ formerSecretUntil: null, deliveredAt: null, failingSince: null, tenant: { id: owner.tenantId } },
    });
    expect(await readTarget()).toEqual({ url, secret, formerSecret: null });
    const { connection } = mesh.database;
    const stored = JSON.stringify([
      await webhooks(connection).find().lean(),
      await auditLog(connection)
        .find({ action: /^webhook\./ })
        .lean(),
      await list(owner),
    ]);
    for (const hidden of ['HIDDEN-PATH', 'HIDDEN-TOKEN', secret]) expect(stored).not.toContain(hidden);
  });

  it('keeps a secret that is left out, at the same URL and in the same format alone', async () => {
    await save({});
    await save({ secret: undefined, types: ['*'] });
    expect(await readTarget()).toMatchObject({ secret });
    for (const change of [{ url: 'https://other.example' }, { format: 'PAGERDUTY' }]) {
      expect(await refuse({ secret: undefined, ...change })).toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining('input.secret'),
      });
    }
  });

  it('keeps the former secret beside a new one for a day', async () => {
    await save({});
    const { saveWebhook } = await save({ secret: makeSecret(9) });
    expect(await readTarget()).toEqual({ url, secret: makeSecret(9), formerSecret: secret });
    const until = Date.parse(String(saveWebhook.formerSecretUntil));
    expect(Math.abs(until - Date.now() - 86_400_000)).toBeLessThan(600_000);
    await save({ secret: makeSecret(9) });
    expect(await readTarget()).toMatchObject({ formerSecret: secret });
  });

  it.each([
    ['url', { url: 'ftp://hooks.example' }],
    ['url', { url: 'https://user:pass@hooks.example' }],
    ['url', { url: 'https://hooks.example/#x' }],
    ['url', { url: 'http://hooks.example.org' }],
    ['url', { url: 'https://10.0.0.1/' }],
    ['url', { url: 'https://169.254.169.254/latest' }],
    ['url', { url: 'https://metadata.google.internal' }],
    ['url', { url: `https://hooks.example/${'x'.repeat(2_000)}` }],
    ['url', { url: 'not a URL' }],
    ['url', { format: 'CEF', url: 'syslog+tls://hooks.example/path', secret: null }],
    ['url', { format: 'CEF', url: 'syslog://hooks.example', secret: null }],
    ['url', { format: 'CEF', url: 'syslog+tls://10.0.0.1:6514', secret: null }],
    ['url', { url: 'syslog+tls://hooks.example' }],
    ['url', { format: 'EMAIL', url: 'mailto:a@hooks.example', secret: null }],
    ['types', { types: [] }],
    ['types[0]', { types: ['a b'] }],
    ['types', { types: Array.from({ length: 101 }, (_, n) => `t${n}`) }],
    ['secret', { secret: 'whsec_short' }],
    ['secret', { format: 'PAGERDUTY' }],
    ['secret', { format: 'SLACK' }],
    ['secret', { format: 'OCSF', secret: 'a\r\nhost: evil' }],
    ['id', { id: 'No Name' }],
  ])('refuses a wrong %s: %j', async (field, change) => {
    const error = await refuse({ id: 'wrong', ...change });
    expect(error).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(`input.${field}`),
    });
    expect(error?.message).not.toContain('HIDDEN');
  });

  it.each([
    { format: 'SLACK', secret: null },
    { format: 'PAGERDUTY', secret: 'a'.repeat(32) },
    { format: 'OCSF', url: 'syslog+tls://siem.example:6514', secret: null },
    { format: 'CEF', secret: 'Splunk abc' },
  ])('takes what the format needs: %j', async (change) => {
    const { saveWebhook } = await save({ id: 'formats', ...change });
    expect(saveWebhook).toMatchObject({ format: change.format, id: `${owner.tenantId}:formats` });
  });
});

describe('webhooks', () => {
  const own = () => `${owner.tenantId}:ops`;

  it('are seen and changed by their tenant and by operators alone, under a foreign key and under none', async () => {
    await save({});
    await askForData(mesh.subgraph, mesh.admin, saving, { input: { ...input, id: 'mesh-wide' } });
    expect((await list(owner)).map(({ id }) => id)).toContain(own());
    expect(await list(other)).toEqual([]);
    expect(await list(other, `(tenantId: "${owner.tenantId}")`)).toEqual([]);
    expect((await list(mesh.admin, `(tenantId: "${owner.tenantId}")`)).map(({ id }) => id)).toContain(own());
    expect((await list(mesh.admin)).map(({ id }) => id)).toContain('mesh-wide');
    const anonymous: Caller = { ...other, kind: 'ANONYMOUS', tenantId: null, scopes: [] };
    for (const [caller, code] of [
      [other, 'NOT_FOUND'],
      [anonymous, 'UNAUTHENTICATED'],
      [{ ...owner, scopes: builtInRoles.VIEWER }, 'FORBIDDEN'],
    ] as const) {
      for (const id of [own(), 'mesh-wide']) {
        const attempts = [
          ask(mesh.subgraph, caller, testing, { id }),
          ask(mesh.subgraph, caller, 'mutation ($id: ID!) { deleteWebhook(id: $id) }', { id }),
          ask(mesh.subgraph, caller, replaying, { input: { id } }),
        ];
        for (const { errors } of await Promise.all(attempts)) expect(errors?.[0]?.code).toBe(code);
      }
    }
    expect(await refuse({ tenantId: owner.tenantId }, other)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await readTarget()).toBeDefined();
  });

  it('are tested by one event, whose outcome is the result', async () => {
    await save({ id: 'live', url: receiver.url });
    const run = async () =>
      (
        await askForData<{ testWebhook: Record<string, unknown> }>(mesh.subgraph, owner, testing, {
          id: 'live',
        })
      ).testWebhook;
    expect(await run()).toMatchObject({
      state: 'DELIVERED',
      eventType: 'webhook.test',
      lastStatus: 204,
      attempts: 1,
    });
    receiver.answer = (_request, response) => response.writeHead(500).end('words of the receiver');
    expect(await run()).toMatchObject({
      ...{ state: 'DEAD', lastStatus: 500, lastError: 'The receiver answered with status 500.' },
      nextAttemptAt: null,
    });
  });

  it('list their deliveries, replay dead letters and certain events, and lose both when they are deleted', async () => {
    await save({ id: 'replayed' });
    const webhookId = `${owner.tenantId}:replayed`;
    const deliveries = webhookDeliveries(mesh.database.connection);
    const at = new Date();
    const make = (n: number, state: 'DEAD' | 'DELIVERED' | 'PENDING', sequence = n) => ({
      ...{ _id: `msg_${n}`, webhookId, tenantId: owner.tenantId, sequence, state, attempts: 3 },
      event: {
        id: `e${n}`,
        type: 'key.revoked',
        at: new Date(n * 1_000),
        tenantId: owner.tenantId,
        subject: 's',
        data: {},
      },
      ...{
        dueAt: at,
        giveUpAt: at,
        lastAttemptAt: at,
        lastStatus: 500,
        lastError: 'x',
        createdAt: at,
        purgeAt: at,
      },
    });
    await deliveries.create([
      make(1, 'DEAD'),
      make(2, 'DELIVERED'),
      make(3, 'DEAD'),
      make(4, 'PENDING'),
      make(5, 'DEAD', 0),
    ]);
    const read = async (caller: Caller, filter: string) =>
      (
        await askForData<{
          webhookDeliveries: { totalCount: number; edges: { node: { eventId: string } }[] };
        }>(
          mesh.subgraph,
          caller,
          `{ webhookDeliveries(filter: ${filter}) { totalCount edges { node { eventId state attempts } } } }`,
        )
      ).webhookDeliveries.totalCount;
    expect(await read(owner, '{ webhookId: "replayed", state: DEAD }')).toBe(3);
    expect(await read(owner, '{ eventId: "e2" }')).toBe(1);
    expect(await read(other, `{ webhookId: "${webhookId}" }`)).toBe(0);
    expect(await read(other, `{ tenantId: "${owner.tenantId}" }`)).toBe(0);
    expect(await read(mesh.admin, `{ webhookId: "${webhookId}" }`)).toBe(5);
    const replay = async (more: object) =>
      (
        await askForData<{ replayWebhook: { replayed: number } }>(mesh.subgraph, owner, replaying, {
          input: { id: 'replayed', ...more },
        })
      ).replayWebhook.replayed;
    expect(await replay({ from: new Date(2_000).toISOString() })).toBe(1);
    expect(await replay({ eventIds: ['e2', 'e4', 'unknown'] })).toBe(1);
    // Not what is pending, and not the test.
    expect(await replay({})).toBe(1);
    expect(await replay({})).toBe(0);
    expect(await deliveries.findById('msg_1').lean()).toMatchObject({ state: 'PENDING', attempts: 0 });
    expect((await deliveries.findById('msg_1').lean())?.purgeAt).toBeUndefined();
    await askForData(mesh.subgraph, owner, 'mutation { deleteWebhook(id: "replayed") }');
    expect(await read(mesh.admin, `{ webhookId: "${webhookId}" }`)).toBe(0);
  });

  it('leave their deliveries behind where their tenant is under a legal hold, and what is pending ends', async () => {
    const { connection } = mesh.database;
    const { tenantId } = owner;
    const _id = 'hold of the owner';
    await legalHolds(connection).collection.insertOne({ _id, tenantId, status: 'ACTIVE' } as never);
    await save({ id: 'held' });
    await webhookDeliveries(connection).collection.insertMany(
      ['DEAD', 'PENDING'].map((state) => ({
        ...{ _id: `held ${state}`, webhookId: `${tenantId}:held`, tenantId, state, event: { tenantId } },
      })) as never,
    );
    await askForData(mesh.subgraph, owner, 'mutation { deleteWebhook(id: "held") }');
    const left = await webhookDeliveries(connection)
      .find({ webhookId: `${tenantId}:held` })
      .lean();
    expect(left.map(({ state }) => state)).toEqual(['DEAD', 'DEAD']);
    await legalHolds(connection).deleteOne({ _id });
  });

  it('are sealed anew with new data keys, and open afterwards', async () => {
    await save({ id: 'sealed' });
    const { connection } = mesh.database;
    const before = await webhooks(connection).findById(`${owner.tenantId}:sealed`).lean();
    await using next = openTestKeyring(connection, key, { now: () => Date.now() + 7_200_000 });
    await addDataKeyVersions(connection, [createLocalRootKey(key)], () => Date.now() + 3_700_000);
    const box = await next.secrets.of(owner.tenantId);
    expect((await resealWebhooks(connection, next.secrets)).resealed).toBeGreaterThan(0);
    const after = await webhooks(connection).findById(`${owner.tenantId}:sealed`).lean();
    expect([box.isCurrent(before?.sealed ?? ''), box.isCurrent(after?.sealed ?? '')]).toEqual([false, true]);
    expect(after && (await openWebhookTarget(after.sealed, after, next.secrets))).toMatchObject({
      url,
      secret,
    });
    expect(await resealWebhooks(connection, next.secrets)).toEqual({ resealed: 0, unreadable: 0 });
  });
});
