import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller, CallerLimit } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { listScopes } from '#state/quota/caller-bounds.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
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
  acme = await mesh.addTenant(`Narrow ${++count}`);
});

const fields = 'id limits { meter window amount setBy } allowedIps expiresAt';
const create = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { ${fields} } } }`;
const update = `mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { ${fields} } }`;
const rotate = 'mutation ($id: ID!) { rotateApiKey(id: $id) { secret key { id expiresAt } } }';
const revoke = 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }';
const setApp =
  'mutation ($id: ID!, $limits: [LimitInput!]) { updateApp(id: $id, input: { limits: $limits }) { limits { meter window amount setBy } } }';
const scopes = ['inference:invoke', 'tenants:write'];

const run = (query: string, variables: Record<string, unknown>, caller: Caller) =>
  askForData<TenantsData>(mesh.subgraph, caller, query, variables);
const askForCode = async (query: string, variables: Record<string, unknown>, caller: Caller) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.[0]?.code;
const limit = (meter: string, window: string, amount: string | number) => ({ meter, window, amount });

/** A key of acme, made by its admin key unless another caller is named, and the caller that it stands for. */
async function newKey(input: object, maker: Caller = acme.caller) {
  const { secret, key } = (await run(create, { input: { appId: acme.appId, scopes, ...input } }, maker))
    .createApiKey;
  const caller = await mesh.findCaller(secret);
  if (caller === null) throw new Error('The key is not known.');
  return { id: key.id, key, secret, caller };
}

const inFourDays = () => new Date(Date.now() + 4 * 86_400_000).toISOString();
const bounded = () => ({
  limits: [limit('REQUESTS', 'DAY', 1)],
  allowedIps: ['127.0.0.1'],
  expiresAt: inFourDays(),
});

describe('the scopes of a key', () => {
  const change =
    'mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { scopes } }';

  it('are changed within those of the caller, and count from the next operation on', async () => {
    const { id, secret } = await newKey({});
    const { updateApiKey } = await run(change, { id, input: { scopes: ['inference:invoke'] } }, acme.caller);
    expect(updateApiKey).toEqual({ scopes: ['inference:invoke'] });
    expect((await mesh.findCaller(secret))?.scopes).toEqual(['inference:invoke']);
    await run(change, { id, input: { scopes } }, acme.caller);
    expect((await mesh.findCaller(secret))?.scopes).toEqual(scopes);
  });

  it('never become more than the caller has, nor are those of a wider key changed', async () => {
    const { caller } = await newKey({});
    const narrow = await newKey({ scopes: ['inference:invoke'] });
    const wide = await newKey({ scopes: ['usage:read'] }, mesh.admin);
    const add = (scope: string) => ({ id: narrow.id, input: { scopes: [scope] } });
    expect(await askForCode(change, add('tenants:admin'), acme.caller)).toBe('FORBIDDEN');
    expect(await askForCode(change, add('usage:read'), caller)).toBe('FORBIDDEN');
    expect(await askForCode(change, add('no:scope'), acme.caller)).toBe('BAD_USER_INPUT');
    expect(await askForCode(change, { id: wide.id, input: { scopes: [] } }, caller)).toBe('FORBIDDEN');
    expect((await mesh.findCaller(narrow.secret))?.scopes).toEqual(['inference:invoke']);
  });
});

describe('a key with bounds', () => {
  it('does not change or rotate itself, before or after its rotation; it may revoke itself', async () => {
    const { id, secret, caller } = await newKey(bounded());
    for (const input of [
      { limits: [] },
      { allowedIps: null },
      { expiresAt: null },
      { label: 'x' },
      { scopes: [] },
    ]) {
      expect(await askForCode(update, { id, input }, caller)).toBe('FORBIDDEN');
    }
    expect(await askForCode(rotate, { id }, caller)).toBe('FORBIDDEN');
    const { rotateApiKey } = await run(
      'mutation ($id: ID!) { rotateApiKey(id: $id, overlapSeconds: 60) { secret key { id } } }',
      { id },
      acme.caller,
    );
    expect(await mesh.findCaller(secret)).not.toBeNull();
    expect(await askForCode(update, { id: rotateApiKey.key.id, input: { limits: [] } }, caller)).toBe(
      'FORBIDDEN',
    );
    expect(await askForCode(revoke, { id }, caller)).toBeUndefined();
    expect(await mesh.findCaller(secret)).toBeNull();
  });

  it.each([
    ['limits', { limits: [] }],
    ['limits', { limits: [limit('REQUESTS', 'DAY', 2)] }],
    ['limits', { limits: [limit('REQUESTS', 'MONTH', 2)] }],
    ['allowedIps', { allowedIps: ['127.0.0.0/8'] }],
    ['expiresAt', { expiresAt: '2100-01-01T00:00:00Z' }],
  ])('makes no key that is wider in %s: %j', async (dimension, input) => {
    const { caller } = await newKey(bounded());
    const { errors } = await ask(mesh.subgraph, caller, create, {
      input: { appId: acme.appId, scopes, ...input },
    });
    expect(errors?.[0]).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining(dimension) });
  });

  it('hands its bounds to a key that is made without any', async () => {
    const own = bounded();
    const { caller } = await newKey(own);
    const { key } = await newKey({}, caller);
    expect(key).toMatchObject({ allowedIps: own.allowedIps, expiresAt: own.expiresAt });
    expect(key.limits).toContainEqual({ ...limit('REQUESTS', 'DAY', '1'), setBy: 'TENANT' });
  });

  it('changes no key that is wider than itself, and widens none beyond itself', async () => {
    const wide = await newKey({ limits: [] });
    const { caller } = await newKey({ limits: [limit('COST', 'DAY', 5)] });
    expect(await askForCode(update, { id: wide.id, input: { label: 'mine' } }, caller)).toBe('FORBIDDEN');
    expect(await askForCode(rotate, { id: wide.id }, caller)).toBe('FORBIDDEN');
    const narrow = await newKey({ limits: [limit('COST', 'DAY', 1)] }, caller);
    expect(
      await askForCode(update, { id: narrow.id, input: { limits: [limit('COST', 'DAY', 6)] } }, caller),
    ).toBe('FORBIDDEN');
    expect(
      await askForCode(update, { id: narrow.id, input: { limits: [limit('COST', 'DAY', 5)] } }, caller),
    ).toBeUndefined();
  });

  it('is not widened or outlived by a key that it made with equal rights', async () => {
    const maker = await newKey(bounded());
    const child = await newKey({ limits: bounded().limits }, maker.caller);
    expect(await askForCode(update, { id: maker.id, input: { limits: [] } }, child.caller)).toBe('FORBIDDEN');
    expect(await askForCode(update, { id: maker.id, input: { expiresAt: null } }, child.caller)).toBe(
      'FORBIDDEN',
    );
    mesh.clock.ms = Date.now() + 86_400_000;
    const { rotateApiKey } = await run(rotate, { id: maker.id }, child.caller);
    expect(rotateApiKey.key.expiresAt).toBe(child.key.expiresAt);
  });

  it('lifts the limits of its own app by no way', async () => {
    await run(setApp, { id: acme.appId, limits: [limit('REQUESTS', 'DAY', 9)] }, acme.caller);
    const caller = await mesh.findCaller(acme.secret);
    if (caller === null) throw new Error('The key is not known.');
    expect(await askForCode(setApp, { id: acme.appId, limits: [] }, caller)).toBe('FORBIDDEN');
    expect(
      await askForCode(setApp, { id: acme.appId, limits: [limit('REQUESTS', 'DAY', 8)] }, caller),
    ).toBeUndefined();
    const { createApp } = await run('mutation { createApp(input: { name: "other" }) { id } }', {}, caller);
    expect(await askForCode(create, { input: { appId: createApp.id, limits: [] } }, caller)).toBe(
      'FORBIDDEN',
    );
    const elsewhere = await newKey({ appId: createApp.id }, caller);
    expect(elsewhere.caller.limits).toContainEqual({
      subject: `app:${acme.appId}`,
      meter: 'REQUESTS',
      window: 'DAY',
      amount: '8',
    });
  });
});

describe('keys made with a limited key', () => {
  const drawn = async (callers: readonly Caller[], calls: number) => {
    let granted = 0;
    for (let call = 0; call < calls; call++) {
      const caller = callers[call % callers.length];
      const decision = await mesh.deps.quota.reserve({
        id: `${acme.tenantId} ${call}`,
        partition: acme.tenantId,
        scopes: listScopes(caller as Caller),
        amounts: { REQUESTS: 1n },
        limits: listLimits(caller as Caller),
        ttlMs: 60_000,
      });
      if (decision.granted) granted += 1;
    }
    return granted;
  };

  it('get no more than it together, through generations and when it is revoked', async () => {
    const root = await newKey({ limits: [limit('REQUESTS', 'DAY', 7)] });
    const children = [];
    for (let child = 0; child < 5; child++) children.push(await newKey({}, root.caller));
    const grandchild = await newKey({}, (children[0] as (typeof children)[number]).caller);
    await run(revoke, { id: root.id }, acme.caller);
    const callers = await Promise.all([...children, grandchild].map(({ secret }) => mesh.findCaller(secret)));
    expect(
      await drawn(
        callers.filter((caller) => caller !== null),
        40,
      ),
    ).toBe(7);
  });

  it('follow its limits when those are changed', async () => {
    const root = await newKey({ limits: [limit('REQUESTS', 'DAY', 7)] });
    const child = await newKey({}, root.caller);
    await run(update, { id: root.id, input: { limits: [limit('REQUESTS', 'DAY', 2)] } }, acme.caller);
    const caller = (await mesh.findCaller(child.secret)) as Caller;
    expect(await drawn([caller], 10)).toBe(2);
  });

  it('have no end while the record of their limits is there to be deleted', async () => {
    const root = await newKey({ limits: [limit('REQUESTS', 'DAY', 7)] });
    const child = await newKey({}, root.caller);
    await run(revoke, { id: root.id }, acme.caller);
    const record = await apiKeys(mesh.database.connection).findById(child.id).lean();
    await apiKeys(mesh.database.connection).insertMany(
      Array.from({ length: 600 }, (_, n) => ({
        ...record,
        _id: `${acme.tenantId}-${n}`,
        lineId: `${acme.tenantId}-${n}`,
        keyHash: `${acme.tenantId}-${n}`,
        makerScopes: [],
        revokedAt: new Date(),
      })),
    );
    await newKey({});
    expect(await mesh.findCaller(child.secret)).not.toBeNull();
  });
});

describe('what an operator set', () => {
  const budget = 'mutation ($input: BudgetInput!) { saveBudget(input: $input) { id setBy amount } }';
  const remove = 'mutation ($id: ID!) { deleteBudget(id: $id) }';

  it('is not lifted by the tenant: limits of apps', async () => {
    const other = (await run('mutation { createApp(input: { name: "limited" }) { id } }', {}, acme.caller))
      .createApp.id;
    await run(setApp, { id: other, limits: [limit('REQUESTS', 'DAY', 100)] }, mesh.admin);
    for (const limits of [[], null, [limit('REQUESTS', 'DAY', 101)], [limit('TOKENS', 'DAY', 1)]]) {
      expect(await askForCode(setApp, { id: other, limits }, acme.caller)).toBe('FORBIDDEN');
    }
    const operators = { ...limit('REQUESTS', 'DAY', '100'), setBy: 'OPERATOR' };
    const own = { ...limit('REQUESTS', 'DAY', '50'), setBy: 'TENANT' };
    const set = (amount: number) =>
      run(setApp, { id: other, limits: [limit('REQUESTS', 'DAY', amount)] }, acme.caller);
    expect(await set(50)).toEqual({ updateApp: { limits: [operators, own] } });
    expect(await set(100)).toEqual({ updateApp: { limits: [operators] } });
  });

  it('is not lifted by the tenant: limits of keys', async () => {
    const { id } = await newKey({ limits: [limit('COST', 'DAY', 5)] }, mesh.admin);
    for (const limits of [[], null, [limit('COST', 'DAY', 6)], [limit('COST', 'MONTH', 6)]]) {
      const code = await askForCode(update, { id, input: { limits } }, acme.caller);
      expect(code).toBe(limits === null ? undefined : 'FORBIDDEN');
    }
    expect(
      (await mesh.deps.connection.collection('api_keys').findOne({ _id: id as never }))?.limits,
    ).toContainEqual(expect.objectContaining({ meter: 'COST', window: 'DAY', setBy: 'OPERATOR' }));
  });

  it('is not lifted by the tenant: budgets, which both may set beside each other', async () => {
    const input = { tenantId: acme.tenantId, amount: '1', window: 'DAY' };
    const operators = (await run(budget, { input }, mesh.admin)).saveBudget;
    expect(operators).toMatchObject({ setBy: 'OPERATOR' });
    expect(
      await askForCode(budget, { input: { ...input, id: operators.id, amount: '9' } }, acme.caller),
    ).toBe('FORBIDDEN');
    expect(await askForCode(remove, { id: operators.id }, acme.caller)).toBe('FORBIDDEN');
    const own = (await run(budget, { input: { ...input, amount: '9' } }, acme.caller)).saveBudget;
    expect(own).toMatchObject({ setBy: 'TENANT' });
    expect(own.id).not.toBe(operators.id);
    const bound = (await mesh.findCaller(acme.secret))?.limits.map(({ amount }: CallerLimit) => amount);
    expect(bound?.sort()).toEqual(['1000000000', '9000000000']);
    expect(await run(remove, { id: own.id }, acme.caller)).toEqual({ deleteBudget: expect.any(String) });
    expect(await run(remove, { id: operators.id }, mesh.admin)).toEqual({ deleteBudget: expect.any(String) });
  });
});

describe('saveBudget', () => {
  const save = 'mutation ($input: BudgetInput!) { saveBudget(input: $input) { id amount } }';
  const all = async () =>
    (
      await askForData<{ tenant: { budgets: unknown[] } }>(
        mesh.subgraph,
        acme.caller,
        '{ tenant { budgets { id } } }',
      )
    ).tenant.budgets;

  it('saves one budget of a tenant, app and window, however often and at once it runs', async () => {
    const inputs = [
      { amount: '1', window: 'DAY' },
      { amount: '1', window: 'MONTH' },
      { amount: '1', window: 'DAY', appId: acme.appId },
    ];
    const save5 = inputs.flatMap((input) =>
      [1, 2, 3, 4, 5].map((n) =>
        ask(mesh.subgraph, acme.caller, save, { input: { ...input, amount: `${n}` } }),
      ),
    );
    for (const { errors = [] } of await Promise.all(save5)) {
      expect(errors.map(({ code }) => code).filter((code) => code !== 'CONFLICT')).toEqual([]);
    }
    expect(await all()).toHaveLength(3);
    const first = (await run(save, { input: inputs[0] }, acme.caller)).saveBudget;
    expect((await run(save, { input: { ...inputs[0], amount: '7' } }, acme.caller)).saveBudget).toEqual({
      id: first.id,
      amount: '7.000000000',
    });
    expect(await all()).toHaveLength(3);
  });

  it('refuses to move a budget to where there is one', async () => {
    const { id } = (await run(save, { input: { amount: '1', window: 'DAY' } }, acme.caller)).saveBudget;
    await run(save, { input: { amount: '1', window: 'HOUR' } }, acme.caller);
    expect(await askForCode(save, { input: { id, amount: '1', window: 'HOUR' } }, acme.caller)).toBe(
      'CONFLICT',
    );
    expect(
      await askForCode(save, { input: { id, amount: '1', window: 'MONTH' } }, acme.caller),
    ).toBeUndefined();
  });
});

describe('the keys with tenants:admin', () => {
  const input = { appId: 'default', scopes: ['tenants:admin', 'tenants:write'], limits: [] };
  const newOperator = async () => {
    const { secret, key } = (await run(create, { input }, mesh.admin)).createApiKey;
    return { id: key.id, caller: (await mesh.findCaller(secret)) as Caller };
  };

  it('are revoked with tenants:admin alone', async () => {
    const weak = { appId: 'default', scopes: ['tenants:write'], limits: [] };
    const { secret } = (await run(create, { input: weak }, mesh.admin)).createApiKey;
    const caller = (await mesh.findCaller(secret)) as Caller;
    const operator = await newOperator();
    expect(await askForCode(revoke, { id: 'admin' }, caller)).toBe('FORBIDDEN');
    expect(await askForCode(revoke, { id: operator.id }, caller)).toBe('FORBIDDEN');
    expect(await askForCode(revoke, { id: operator.id }, mesh.admin)).toBeUndefined();
  });

  it('are never all revoked or narrowed, also when they do it to each other at once', async () => {
    for (let round = 0; round < 6; round++) {
      const [one, other] = [await newOperator(), await newOperator()];
      await apiKeys(mesh.database.connection).updateMany(
        { _id: { $nin: [one.id, other.id] }, scopes: 'tenants:admin' },
        { $set: { revokedAt: new Date() } },
      );
      const narrow = { allowedIps: ['10.0.0.1'] };
      const codes = await Promise.all([
        askForCode(revoke, { id: other.id }, one.caller),
        [
          () => askForCode(revoke, { id: one.id }, other.caller),
          () => askForCode(update, { id: one.id, input: { expiresAt: inFourDays() } }, other.caller),
          () => askForCode(update, { id: one.id, input: { scopes: ['tenants:write'] } }, other.caller),
        ][round % 3]?.(),
      ]);
      expect(codes.sort()).toEqual(['CONFLICT', undefined]);
      const [last] = await apiKeys(mesh.database.connection)
        .find({ scopes: 'tenants:admin', revokedAt: null, expiresAt: null })
        .lean();
      const survivor = last?._id === one.id ? one : other;
      expect(await askForCode(revoke, { id: survivor.id }, survivor.caller)).toBe('CONFLICT');
      await apiKeys(mesh.database.connection).updateOne({ _id: 'admin' }, { $set: { revokedAt: null } });
      expect(await askForCode(update, { id: survivor.id, input: narrow }, mesh.admin)).toBeUndefined();
    }
  });
});

describe('what is created without limits', () => {
  it('shows the default limits in the answer, and is bound by them', async () => {
    const { key, caller } = await newKey({});
    const defaults = [
      { ...limit('CONCURRENCY', 'INFLIGHT', '20'), setBy: 'TENANT' },
      { ...limit('REQUESTS', 'MINUTE', '600'), setBy: 'TENANT' },
      { ...limit('COST', 'DAY', '10.000000000'), setBy: 'TENANT' },
      { ...limit('READS', 'MINUTE', '60000'), setBy: 'TENANT' },
    ];
    expect(key.limits).toEqual(defaults);
    expect(caller.limits.map(({ meter }) => meter)).toEqual(['CONCURRENCY', 'REQUESTS', 'COST', 'READS']);
    expect((await newKey({ limits: [] })).key.limits).toEqual([]);
  });
});
