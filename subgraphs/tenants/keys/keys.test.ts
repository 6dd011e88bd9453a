import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, systemCaller } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';
import { startTenants, type TenantsData, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  mesh.clock.ms = null;
  acme = await mesh.addTenant(`Acme ${++count}`);
});

const create = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    secret
    key { id label hint scopes limits { meter window amount } allowedIps expiresAt lastUsedAt revokedAt app { id } }
  }
}`;
const rotate = `mutation ($id: ID!, $overlap: Int) {
  rotateApiKey(id: $id, overlapSeconds: $overlap) { secret key { id label scopes expiresAt } }
}`;
const revoke = 'mutation ($id: ID!) { revokeApiKey(id: $id) { id revokedAt } }';

const run = (query: string, variables = {}, caller: Caller = acme.caller) =>
  askForData<TenantsData>(mesh.subgraph, caller, query, variables);
const refusal = async (query: string, variables = {}, caller: Caller = acme.caller) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.[0];

describe('createApiKey', () => {
  it('shows the secret once and keeps only its hash', async () => {
    const { secret, key } = (
      await run(create, {
        input: {
          appId: acme.appId,
          label: 'ci',
          limits: [
            { meter: 'COST', window: 'DAY', amount: '0.5' },
            { meter: 'CONCURRENCY', window: 'INFLIGHT', amount: 3 },
          ],
          allowedIps: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'],
          expiresAt: '2100-01-01T00:00:00Z',
        },
      })
    ).createApiKey;
    expect(secret).toMatch(new RegExp(`^hd_${key.id}_[0-9A-Za-z]{43}$`));
    expect(key).toEqual({
      id: key.id,
      label: 'ci',
      hint: `hd_…${secret.slice(-4)}`,
      scopes: ['inference:invoke'],
      limits: [
        { meter: 'COST', window: 'DAY', amount: '0.500000000' },
        { meter: 'CONCURRENCY', window: 'INFLIGHT', amount: '3' },
      ],
      allowedIps: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'],
      expiresAt: '2100-01-01T00:00:00.000Z',
      lastUsedAt: null,
      revokedAt: null,
      app: { id: acme.appId },
    });
    const { connection } = mesh.database;
    const everything = [await apiKeys(connection).find().lean(), await auditLog(connection).find().lean()];
    const text = JSON.stringify(everything, (_key, value) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    expect(text).toContain(key.id);
    expect(text).not.toContain(secret.split('_')[2]);
  });

  it('never grants a scope that its maker lacks', async () => {
    for (const scope of ['tenants:admin', 'models:write', 'audit:read']) {
      const error = await refusal(create, {
        input: { appId: acme.appId, scopes: ['inference:invoke', scope] },
      });
      expect(error).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining(scope) });
    }
    const admins = { input: { appId: acme.appId, scopes: ['audit:read'] } };
    expect((await run(create, admins, mesh.admin)).createApiKey.key.scopes).toEqual(['audit:read']);
  });

  it.each([
    ['input.scopes', { scopes: ['inference:invoke', 'everything'] }],
    ['input.scopes', { scopes: ['constructor'] }],
    ['input.label', { label: '  ' }],
    ['input.allowedIps', { allowedIps: [] }],
    ['input.allowedIps[1]', { allowedIps: ['10.0.0.1', '10.0.0.0/33'] }],
    ['input.allowedIps[0]', { allowedIps: ['example.com'] }],
    ['input.expiresAt', { expiresAt: '2020-01-01T00:00:00Z' }],
    ['input.limits[0].window', { limits: [{ meter: 'CONCURRENCY', window: 'MINUTE', amount: 1 }] }],
    ['input.limits[0].window', { limits: [{ meter: 'TOKENS', window: 'INFLIGHT', amount: 1 }] }],
    ['input.limits[0].amount', { limits: [{ meter: 'REQUESTS', window: 'MINUTE', amount: 0 }] }],
    ['input.limits[0].amount', { limits: [{ meter: 'REQUESTS', window: 'MINUTE', amount: '1.5' }] }],
    ['input.limits[0].amount', { limits: [{ meter: 'TOKENS', window: 'DAY', amount: '9007199254740992' }] }],
    ['input.limits[0].amount', { limits: [{ meter: 'COST', window: 'DAY', amount: '0.0000000001' }] }],
    ['input.limits[0].amount', { limits: [{ meter: 'COST', window: 'DAY', amount: '-1' }] }],
    [
      'input.limits',
      {
        limits: [
          { meter: 'REQUESTS', window: 'DAY', amount: 1 },
          { meter: 'REQUESTS', window: 'DAY', amount: 2 },
        ],
      },
    ],
  ])('names %s when it is wrong: %j', async (field, input) => {
    const error = await refusal(create, { input: { appId: acme.appId, ...input } });
    expect(error?.code).toBe('BAD_USER_INPUT');
    expect(error?.message.startsWith(`${field} `)).toBe(true);
  });
});

describe('the caller that a key stands for', () => {
  it('is bound by the limits of plan, app, key and budgets, and set as its tenant and app are', async () => {
    const id = acme.tenantId;
    await run(
      `mutation ($id: ID!, $appId: ID!) {
        savePlan(input: { id: "small", name: "Small", limits: [{ meter: REQUESTS, window: MINUTE, amount: 60 }] }) { id }
        assignPlan(tenantId: $id, planId: "small") { id }
        updateTenant(id: $id, input: { allowedRegions: ["eu"], payloadLogging: FULL, cacheByDefault: true }) { id }
        updateApp(id: $appId, input: { limits: [{ meter: TOKENS, window: DAY, amount: 1000 }] }) { id }
      }`,
      { id, appId: acme.appId },
      mesh.admin,
    );
    const other = (await run('mutation { createApp(input: { name: "other" }) { id } }')).createApp.id;
    const budget = `mutation ($appId: ID, $hard: Boolean) {
      saveBudget(input: { appId: $appId, amount: "2.5", window: MONTH, hard: $hard }) { id }
    }`;
    const whole = (await run(budget)).saveBudget.id;
    const own = (await run(budget, { appId: acme.appId, hard: false })).saveBudget.id;
    await run(budget, { appId: other });
    const limits = [{ meter: 'REQUESTS', window: 'SECOND', amount: 2 }];
    const { secret, key } = (await run(create, { input: { appId: acme.appId, limits } })).createApiKey;

    expect(await mesh.findCaller(secret)).toEqual({
      kind: 'API_KEY',
      tenantId: id,
      planId: 'small',
      appId: acme.appId,
      keyId: key.id,
      keyLineId: key.id,
      subject: null,
      scopes: ['inference:invoke'],
      limits: [
        { subject: `tenant:${id}`, meter: 'REQUESTS', window: 'MINUTE', amount: '60' },
        { subject: `app:${acme.appId}`, meter: 'TOKENS', window: 'DAY', amount: '1000' },
        { subject: `key:${key.id}`, meter: 'REQUESTS', window: 'SECOND', amount: '2' },
        ...[
          { id: whole, budget: { hard: true } },
          { id: own, budget: { hard: false, appId: acme.appId } },
        ].map(({ id, budget }) => ({
          subject: `budget:${id}`,
          meter: 'COST',
          window: 'MONTH',
          amount: '2500000000',
          budget,
        })),
      ],
      allowedRegions: ['eu'],
      payloadLogging: 'FULL',
      cacheByDefault: true,
      allowedIps: null,
      expiresAtMs: null,
      endUserId: null,
      modelLists: [],
      promptLists: [],
    });
    await run('mutation ($id: ID!) { updateApp(id: $id, input: { cacheByDefault: false }) { id } }', {
      id: acme.appId,
    });
    expect((await mesh.findCaller(secret))?.cacheByDefault).toBe(false);
  });

  it.each(['create', 'update'])(
    'cannot get an end that has come already, to the millisecond: %s',
    async (how) => {
      const nowMs = Date.now() + 5_000;
      mesh.clock.ms = nowMs;
      const endingAt = (ms: number) => ({ expiresAt: new Date(ms).toISOString() });
      const end = async (ms: number) =>
        how === 'create'
          ? refusal(create, { input: { appId: acme.appId, ...endingAt(ms) } })
          : refusal(
              'mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { id } }',
              {
                id: acme.keyId,
                input: endingAt(ms),
              },
              mesh.admin,
            );
      expect(await end(nowMs)).toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringMatching(/expiresAt/),
      });
      expect(await end(nowMs + 1)).toBeUndefined();
    },
  );

  it('is no caller for a text that no key has, also to the millisecond of its end', async () => {
    expect(await mesh.findCaller('hd_nobody_at_all')).toBeNull();
    const expiresAt = new Date(Date.now() + 60_000);
    const { secret } = (await run(create, { input: { appId: acme.appId, expiresAt } })).createApiKey;
    mesh.clock.ms = expiresAt.getTime() - 1;
    expect((await mesh.findCaller(secret))?.expiresAtMs).toBe(expiresAt.getTime());
    mesh.clock.ms = expiresAt.getTime();
    expect(await mesh.findCaller(secret)).toBeNull();
  });

  it.each([
    ['rotated', rotate, {}],
    [
      'changed',
      'mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { id } }',
      { input: { label: 'late' } },
    ],
  ])('is not %s from the very millisecond of its end', async (_what, query, more) => {
    const expiresAt = new Date(Date.now() + 60_000);
    const { key } = (await run(create, { input: { appId: acme.appId, expiresAt } })).createApiKey;
    mesh.clock.ms = expiresAt.getTime();
    expect(await refusal(query, { id: key.id, ...more })).toMatchObject({ code: 'CONFLICT' });
    mesh.clock.ms = expiresAt.getTime() - 1;
    expect(await refusal(query, { id: key.id, ...more })).toBeUndefined();
  });

  it('is visible to the mesh alone', async () => {
    for (const caller of [mesh.admin, testCaller(null)]) {
      expect((await refusal('{ _caller(keyHash: "x") }', {}, caller))?.code).toBe('FORBIDDEN');
    }
    expect(await run('{ _caller(keyHash: "x") }', {}, systemCaller)).toEqual({ _caller: null });
  });

  it('notes the last use of a key at most once a minute', async () => {
    const lastUse = async () =>
      (await apiKeys(mesh.database.connection).findById(acme.keyId).lean())?.lastUsedAt;
    const start = Date.now() + 3_600_000;
    for (const ms of [start, start + 59_999, start + 60_000]) {
      mesh.clock.ms = ms;
      await mesh.findCaller(acme.secret);
    }
    await expect.poll(lastUse).toEqual(new Date(start + 60_000));
    const writes = new Set<string>();
    mesh.database.connection.getClient().on('commandStarted', (event) => writes.add(event.commandName));
    await mesh.findCaller(acme.secret);
    expect(writes).toEqual(new Set(['find']));
  });
});

describe('revokeApiKey and updateApiKey', () => {
  it('ends a key at once and for ever, and reports it to every process', async () => {
    const told: unknown[] = [];
    await using _listener = await mesh.deps.bus.subscribe('callers.changed', (message) => {
      told.push(message);
    });
    const { revokedAt } = (await run(revoke, { id: acme.keyId })).revokeApiKey;
    expect(await mesh.findCaller(acme.secret)).toBeNull();
    expect(told).toEqual([{ tenantId: acme.tenantId }]);
    expect((await run(revoke, { id: acme.keyId })).revokeApiKey.revokedAt).toBe(revokedAt);
    const update = 'mutation ($id: ID!) { updateApiKey(id: $id, input: { expiresAt: null }) { id } }';
    expect((await refusal(update, { id: acme.keyId }, mesh.admin))?.code).toBe('CONFLICT');
  });

  it('changes the specified fields and leaves the rest', async () => {
    const update = `mutation ($id: ID!, $input: UpdateApiKeyInput!) {
      updateApiKey(id: $id, input: $input) { label limits { meter amount } allowedIps expiresAt }
    }`;
    const limits = [{ meter: 'TOKENS', window: 'DAY', amount: 7 }];
    await run(update, { id: acme.keyId, input: { limits, allowedIps: ['10.0.0.1'] } }, mesh.admin);
    const change = { label: 'new', allowedIps: null };
    expect((await run(update, { id: acme.keyId, input: change }, mesh.admin)).updateApiKey).toEqual({
      label: 'new',
      limits: [{ meter: 'TOKENS', amount: '7' }],
      allowedIps: null,
      expiresAt: null,
    });
  });

  it('ends a key with more scopes than the caller has, and changes none of its bounds', async () => {
    const input = { appId: acme.appId, scopes: ['audit:read'], allowedIps: ['10.0.0.1'] };
    const { id } = (await run(create, { input }, mesh.admin)).createApiKey.key;
    const lift = 'mutation ($id: ID!) { updateApiKey(id: $id, input: { allowedIps: null }) { id } }';
    const error = await refusal(lift, { id });
    expect(error).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('audit:read') });
    expect((await run(revoke, { id })).revokeApiKey.revokedAt).not.toBeNull();
  });

  it('keeps at most 100 keys of an app: an ended one makes room', async () => {
    const { connection } = mesh.database;
    const [pattern] = await apiKeys(connection).find({ appId: acme.appId }).lean();
    if (!pattern) throw new Error('there is no key');
    await apiKeys(connection).insertMany(
      Array.from({ length: 99 }, (_, i) => ({
        ...pattern,
        _id: `${acme.appId}-${i}`,
        keyHash: `${acme.appId}-${i}`,
      })),
    );
    expect((await refusal(create, { input: { appId: acme.appId } }))?.code).toBe('CONFLICT');
    await run(revoke, { id: `${acme.appId}-7` });
    await run(create, { input: { appId: acme.appId } });
    expect(await apiKeys(connection).countDocuments({ appId: acme.appId })).toBe(100);
    expect(await apiKeys(connection).findById(`${acme.appId}-7`).lean()).toBeNull();
  });
});
