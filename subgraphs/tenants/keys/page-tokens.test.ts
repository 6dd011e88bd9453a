import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller, Scope } from '#core/caller.ts';
import { pageTokens } from '#mongo/page-tokens.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  mesh.clock.ms = null;
  acme = await mesh.addTenant(`Pages ${++count}`, [
    'inference:invoke',
    'tenants:write',
    'models:read',
    'usage:read',
  ]);
});

const CREATE = 'mutation ($input: PageTokenInput!) { createPageToken(input: $input) { token expiresAt } }';
const UPDATE =
  'mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { id } }';
const REVOKE = 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }';
const ROTATE = 'mutation ($id: ID!) { rotateApiKey(id: $id) { key { id } } }';

interface Made {
  readonly createPageToken: { readonly token: string; readonly expiresAt: string };
}

const make = async (input: object = {}, maker: Caller = acme.caller) =>
  (await askForData<Made>(mesh.subgraph, maker, CREATE, { input: { endUserId: 'ada', ...input } }))
    .createPageToken;
const askForCode = async (query: string, variables: Record<string, unknown>, caller: Caller) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.[0]?.code;
const refused = (input: object, maker: Caller = acme.caller) =>
  askForCode(CREATE, { input: { endUserId: 'ada', ...input } }, maker);

async function findCaller(token: string): Promise<Caller> {
  const caller = await mesh.findCaller(token);
  if (caller === null) throw new Error('The token is not known.');
  return caller;
}

describe('a page token', () => {
  it('is its key, for one end user, with inference:invoke alone, for 15 minutes', async () => {
    mesh.clock.ms = Date.parse('2026-05-01T12:00:00Z');
    const { token, expiresAt } = await make();
    expect(expiresAt).toBe('2026-05-01T12:15:00.000Z');
    expect(await findCaller(token)).toEqual({
      ...acme.caller,
      scopes: ['inference:invoke'],
      endUserId: 'ada',
      expiresAtMs: Date.parse(expiresAt),
    });
    mesh.clock.ms = Date.parse(expiresAt) - 1;
    expect(await mesh.findCaller(token)).not.toBeNull();
    mesh.clock.ms += 1;
    expect(await mesh.findCaller(token)).toBeNull();
  });

  it('is within the scopes, models, prompts, limits, addresses and end of its key, also when these change', async () => {
    const { data } = await ask<{ createApiKey: { secret: string; key: { id: string } } }>(
      mesh.subgraph,
      acme.caller,
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id } } }',
      {
        input: {
          appId: acme.appId,
          scopes: ['inference:invoke', 'models:read'],
          models: ['openai/*'],
          prompts: ['support'],
          limits: [{ meter: 'REQUESTS', window: 'DAY', amount: '3' }],
          allowedIps: ['10.0.0.0/8'],
          expiresAt: new Date(Date.now() + 60_000).toISOString(),
        },
      },
    );
    const { secret, key } = data.createApiKey;
    const maker = await findCaller(secret);
    const { token } = await make(
      { scopes: ['models:read'], models: ['openai/gpt-5'], expiresInSeconds: 3_600 },
      maker,
    );
    const caller = await findCaller(token);
    expect(caller).toMatchObject({
      scopes: ['models:read'],
      limits: maker.limits,
      allowedIps: ['10.0.0.0/8'],
      expiresAtMs: maker.expiresAtMs,
    });
    expect(caller.modelLists.map(({ patterns }) => patterns)).toEqual([['openai/*'], ['openai/gpt-5']]);
    expect(caller.promptLists.map(({ patterns }) => patterns)).toEqual([['support']]);
    for (const input of [
      { scopes: ['usage:read'] },
      { models: ['*'] },
      { models: ['anthropic/x'] },
      { prompts: ['support', 'sales'] },
    ]) {
      expect(await refused(input, maker), JSON.stringify(input)).toBe('FORBIDDEN');
    }
    await askForData(mesh.subgraph, acme.caller, UPDATE, { id: key.id, input: { models: ['openai/gpt-4'] } });
    const narrowed = await findCaller(token);
    expect(narrowed.modelLists.map(({ patterns }) => patterns)).toEqual([['openai/gpt-4'], ['openai/gpt-5']]);
  });

  it.each([
    [600_000, 600_000],
    [899_999, 899_999],
    [900_001, 900_000],
    [null, 900_000],
  ])('of 15 minutes whose key gets an end after %s ms ends after %i', async (keyMs, tokenMs) => {
    const nowMs = Date.parse('2026-05-01T12:00:00Z');
    mesh.clock.ms = nowMs;
    const { token } = await make();
    const expiresAt = keyMs === null ? null : new Date(nowMs + keyMs).toISOString();
    await askForData(mesh.subgraph, mesh.admin, UPDATE, { id: acme.keyId, input: { expiresAt } });
    expect(await findCaller(token)).toMatchObject({ expiresAtMs: nowMs + tokenMs });
    mesh.clock.ms = nowMs + tokenMs;
    expect(await mesh.findCaller(token)).toBeNull();
  });

  it.each([
    ['revoked', REVOKE],
    ['rotated', ROTATE],
  ])('ends when its key is %s', async (_what, query) => {
    const { token } = await make();
    expect(await mesh.findCaller(token)).not.toBeNull();
    await askForData(mesh.subgraph, mesh.admin, query, { id: acme.keyId });
    expect(await mesh.findCaller(token)).toBeNull();
  });

  it('makes no token and no key, and requests no access', async () => {
    const token = await findCaller((await make({ scopes: ['inference:invoke', 'models:read'] })).token);
    expect(await refused({ endUserId: 'eve' }, token)).toBe('FORBIDDEN');
    expect(await askForCode('mutation { requestAccess(resource: "x") { id } }', {}, token)).toBe('FORBIDDEN');
    const create = 'mutation ($a: ID!) { createApiKey(input: { appId: $a }) { secret } }';
    expect(await askForCode(create, { a: acme.appId }, token)).toBe('FORBIDDEN');
    expect(await askForCode(REVOKE, { id: acme.keyId }, token)).toBe('FORBIDDEN');
  });

  it('never writes, oversees or reads the audit log, whatever its maker may', async () => {
    const scopes: Scope[] = ['models:write', 'prompts:write', 'tenants:write', 'tenants:admin', 'audit:read'];
    for (const scope of scopes) expect(await refused({ scopes: [scope] }, mesh.admin)).toBe('BAD_USER_INPUT');
    const reads: Scope[] = ['models:read', 'prompts:read', 'tenants:read', 'usage:read', 'completions:read'];
    expect((await findCaller((await make({ scopes: reads }, mesh.admin)).token)).scopes).toEqual(reads);
  });

  it.each<[string, object]>([
    ['no end user', { endUserId: '' }],
    ['an end user with a line break', { endUserId: 'a\nb' }],
    ['an end user of 257 characters', { endUserId: 'x'.repeat(257) }],
    ['no lifetime', { expiresInSeconds: 0 }],
    ['more than an hour', { expiresInSeconds: 3_601 }],
    ['an unknown scope', { scopes: ['everything'] }],
    ['what is no name', { models: ['a b'] }],
  ])('is refused with %s', async (_what, input) => {
    expect(await refused(input)).toBe('BAD_USER_INPUT');
  });

  it('is made with a key alone, and at most 10,000 are in force of one', async () => {
    expect(await refused({}, { ...testCaller(null, 'inference:invoke') })).toBe('FORBIDDEN');
    const { token } = await make();
    const tokens = pageTokens(mesh.database.connection);
    const one = await tokens.findOne({ keyId: acme.keyId }).lean();
    if (one === null) throw new Error('The token was not kept.');
    expect(JSON.stringify(one)).not.toContain(token.slice(-20));
    const rows = Array.from({ length: 9_999 }, (_, at) => ({
      ...one,
      _id: `${acme.keyId} ${at}`,
      tokenHash: `${acme.keyId} ${at}`,
    }));
    await tokens.insertMany(rows);
    expect(await refused({})).toBe('CONFLICT');
    await tokens.updateOne({ _id: `${acme.keyId} 0` }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    expect(await refused({})).toBeUndefined();
  });
});
