import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, scopes as everyScope } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TenantsData, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { findCaller } from './find-caller.ts';

let mesh: TestTenants;
let acme: TestTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  acme = await mesh.addTenant(`Names ${++count}`);
});

const create =
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id models prompts } } }';
const update =
  'mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { id models prompts } }';
const rotate = 'mutation ($id: ID!) { rotateApiKey(id: $id) { secret key { id models prompts } } }';
const setApp =
  'mutation ($id: ID!, $input: UpdateAppInput!) { updateApp(id: $id, input: $input) { id models prompts } }';
const scopes = ['inference:invoke', 'tenants:write'];

const run = (query: string, variables: Record<string, unknown>, caller: Caller) =>
  askForData<TenantsData>(mesh.subgraph, caller, query, variables);
const askForCode = async (query: string, variables: Record<string, unknown>, caller: Caller) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.[0]?.code;

async function newKey(input: object, maker: Caller = acme.caller) {
  const given = { appId: acme.appId, scopes, limits: [], ...input };
  const { secret, key } = (await run(create, { input: given }, maker)).createApiKey;
  const caller = await mesh.findCaller(secret);
  if (caller === null) throw new Error('The key is not known.');
  return { key, caller };
}

const patterns = (lists: Caller['modelLists']) => lists.map((list) => list.patterns);

describe('the models and prompts of a key', () => {
  it('bind together with those of its app and plan, and change at once', async () => {
    const { key, caller } = await newKey({ models: ['openai/*'], prompts: [] });
    expect(key).toMatchObject({ models: ['openai/*'], prompts: [] });
    expect(patterns(caller.modelLists)).toEqual([['openai/*']]);
    expect(patterns(caller.promptLists)).toEqual([[]]);

    await run(
      setApp,
      { id: acme.appId, input: { models: ['fast', 'openai/*'], prompts: ['a'] } },
      mesh.admin,
    );
    const plan = `only${count}`;
    await run(
      'mutation ($input: PlanInput!) { savePlan(input: $input) { id models } }',
      { input: { id: plan, name: plan, limits: [], models: ['openai/gpt-5'] } },
      mesh.admin,
    );
    await run(
      'mutation ($t: ID!, $p: ID!) { assignPlan(tenantId: $t, planId: $p) { id } }',
      { t: acme.tenantId, p: plan },
      mesh.admin,
    );
    await run(update, { id: key.id, input: { models: ['openai/gpt-*'], prompts: null } }, acme.caller);
    const { secret } = (await run(rotate, { id: key.id }, acme.caller)).rotateApiKey;
    const now = await mesh.findCaller(secret);
    expect(patterns(now?.modelLists ?? [])).toEqual([
      ['openai/gpt-5'],
      ['fast', 'openai/*'],
      ['openai/gpt-*'],
    ]);
    expect(patterns(now?.promptLists ?? [])).toEqual([['a']]);
  });

  it('are no wider than those of its maker, which it gets when none are sent', async () => {
    const maker = await newKey({ models: ['openai/*', 'fast'], prompts: ['support'] });
    expect((await newKey({}, maker.caller)).key).toMatchObject({
      models: ['openai/*', 'fast'],
      prompts: ['support'],
    });
    expect((await newKey({ models: ['openai/gpt-5', 'fast'] }, maker.caller)).key.models).toEqual([
      'openai/gpt-5',
      'fast',
    ]);
    const wider = [{ models: ['*'] }, { models: ['open*'] }, { models: ['faster'] }, { models: ['fast*'] }];
    for (const input of [...wider, { prompts: ['support', 'sales'] }]) {
      const made = { appId: acme.appId, scopes, limits: [], ...input };
      expect(await askForCode(create, { input: made }, maker.caller)).toBe('FORBIDDEN');
      const other = await newKey({}, maker.caller);
      expect(await askForCode(update, { id: other.key.id, input }, maker.caller)).toBe('FORBIDDEN');
    }
    const other = await newKey({}, maker.caller);
    for (const input of [{ models: null }, { prompts: null }]) {
      expect(await askForCode(update, { id: other.key.id, input }, maker.caller)).toBe('FORBIDDEN');
    }
    const free = await newKey({});
    expect(await askForCode(update, { id: free.key.id, input: { label: 'x' } }, maker.caller)).toBe(
      'FORBIDDEN',
    );
    expect(await askForCode(rotate, { id: free.key.id }, maker.caller)).toBe('FORBIDDEN');
  });

  it('of its app are not widened by it', async () => {
    await run(setApp, { id: acme.appId, input: { models: ['openai/*'] } }, mesh.admin);
    const { caller } = await newKey({});
    for (const models of [null, ['*'], ['anthropic/*']]) {
      expect(await askForCode(setApp, { id: acme.appId, input: { models } }, caller)).toBe('FORBIDDEN');
    }
    expect(
      await askForCode(setApp, { id: acme.appId, input: { models: ['openai/gpt-5'] } }, caller),
    ).toBeUndefined();
  });

  it('are refused where they are no names', async () => {
    for (const input of [{ models: ['a b'] }, { prompts: ['*x'] }, { models: [''] }]) {
      const made = { appId: acme.appId, ...input };
      expect(await askForCode(create, { input: made }, acme.caller)).toBe('BAD_USER_INPUT');
      expect(await askForCode(setApp, { id: acme.appId, input }, acme.caller)).toBe('BAD_USER_INPUT');
    }
  });
});

describe('the admin key of an older version', () => {
  it('has every scope that there is, before and after its rotation; no other key gets more', async () => {
    const older = [
      'inference:invoke',
      'models:write',
      'prompts:write',
      'tenants:write',
      'tenants:admin',
      'audit:read',
    ];
    const keys = apiKeys(mesh.database.connection);
    const alike = await newKey({ scopes: older }, mesh.admin);
    const root = await newKey({ scopes: Object.keys(everyScope) }, mesh.admin);
    await keys.updateOne({ _id: 'admin' }, { $set: { scopes: older } });
    const stored = await keys.findById('admin').lean();
    const admin = await findCaller(stored?.keyHash ?? '', mesh.deps);
    expect(admin).toMatchObject({ scopes: expect.arrayContaining(Object.keys(everyScope)) });
    expect(alike.caller.scopes).toEqual(older);
    expect(await askForCode(rotate, { id: 'admin' }, alike.caller)).toBe('FORBIDDEN');
    const { secret } = (await run(rotate, { id: 'admin' }, root.caller)).rotateApiKey;
    const successor = await mesh.findCaller(secret);
    expect(successor?.scopes.toSorted()).toEqual(Object.keys(everyScope).toSorted());
  });
});
