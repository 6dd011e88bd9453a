import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { accessGrants } from '#mongo/access-grants.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import { listScopes } from '#state/quota/caller-bounds.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
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
  acme = await mesh.addTenant(`Acme ${++count}`);
});

const data = (query: string, variables = {}, caller: Caller = acme.caller) =>
  askForData<TenantsData>(mesh.subgraph, caller, query, variables);
const asAdmin = (query: string, variables = {}) => data(query, variables, mesh.admin);
const refusal = async (query: string, variables = {}, caller: Caller = acme.caller) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.[0];

const createTenant = `mutation ($input: CreateTenantInput!) {
  createTenant(input: $input) { id name plan { id limits { meter window amount setBy } } allowedRegions payloadLogging cacheByDefault }
}`;

describe('tenants', () => {
  it('get an id that begins with the name, and the plan with the default limits', async () => {
    const input = {
      name: ' Zürich & Söhne, Ltd. ',
      allowedRegions: ['eu', 'eu', 'ch'],
      payloadLogging: 'METADATA',
    };
    expect(await asAdmin(createTenant, { input })).toEqual({
      createTenant: {
        id: expect.stringMatching(/^zu-rich-so-hne-ltd-[0-9a-v]{8}$/),
        name: 'Zürich & Söhne, Ltd.',
        plan: {
          id: 'default',
          limits: [
            { meter: 'CONCURRENCY', window: 'INFLIGHT', amount: '100', setBy: 'OPERATOR' },
            { meter: 'REQUESTS', window: 'MINUTE', amount: '3000', setBy: 'OPERATOR' },
            { meter: 'COST', window: 'DAY', amount: '100.000000000', setBy: 'OPERATOR' },
            { meter: 'READS', window: 'MINUTE', amount: '300000', setBy: 'OPERATOR' },
          ],
        },
        allowedRegions: ['eu', 'ch'],
        payloadLogging: 'METADATA',
        cacheByDefault: false,
      },
    });
    expect((await refusal(createTenant, { input }, mesh.admin))?.code).toBe('CONFLICT');
    const alike = (await asAdmin(createTenant, { input: { name: 'Zürich Söhne ltd' } })).createTenant.id;
    expect(alike).toMatch(/^zu-rich-so-hne-ltd-[0-9a-v]{8}$/);
    expect((await asAdmin(createTenant, { input: { name: '北京' } })).createTenant.id).toMatch(
      /^[0-9a-v]{16}$/,
    );
  });

  it.each([
    ['BAD_USER_INPUT', /^input\.name /, { name: ' ' }],
    ['BAD_USER_INPUT', /^input\.name /, { name: 'x'.repeat(201) }],
    ['BAD_USER_INPUT', /^input\.allowedRegions /, { name: 'a', allowedRegions: [] }],
    ['BAD_USER_INPUT', /^input\.allowedRegions\[1\] /, { name: 'a', allowedRegions: ['eu', ''] }],
    ['BAD_USER_INPUT', /^input\.name .*several scripts/, { name: 'The Gооgle' }],
    ['BAD_USER_INPUT', /^input\.name .*direction/, { name: 'emcA\u202e' }],
    ['BAD_USER_INPUT', /^input\.name .*visible/, { name: '\u200b' }],
    ['NOT_FOUND', /plan "none"/, { name: 'a', planId: 'none' }],
  ])('are refused with %s, naming %s', async (code, message, input) => {
    const error = await refusal(createTenant, { input }, mesh.admin);
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(message);
  });

  it('change the specified fields and keep the rest; null clears regions and nothing else', async () => {
    const update = `mutation ($id: ID!, $input: UpdateTenantInput!) {
      updateTenant(id: $id, input: $input) { name allowedRegions payloadLogging cacheByDefault }
    }`;
    const change = (input: object) => asAdmin(update, { id: acme.tenantId, input });
    const name = `Acme ${count} renamed`;
    await change({ name, allowedRegions: ['eu'], cacheByDefault: true });
    expect(await change({ payloadLogging: 'FULL' })).toEqual({
      updateTenant: { name, allowedRegions: ['eu'], payloadLogging: 'FULL', cacheByDefault: true },
    });
    expect(await change({ allowedRegions: null })).toMatchObject({ updateTenant: { allowedRegions: null } });
    for (const field of ['name', 'payloadLogging', 'cacheByDefault']) {
      const error = await refusal(update, { id: acme.tenantId, input: { [field]: null } }, mesh.admin);
      expect(error?.message).toMatch(new RegExp(`^input\\.${field} `));
    }
    expect((await refusal(update, { id: acme.tenantId, input: { name: 'default' } }, mesh.admin))?.code).toBe(
      'CONFLICT',
    );
    expect((await refusal(update, { id: 'nobody', input: {} }, mesh.admin))?.code).toBe('NOT_FOUND');
  });

  it('are returned page by page, each once, oldest first', async () => {
    const query = `query ($after: String) {
      tenants(first: 2, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } }
    }`;
    const seen: string[] = [];
    let after: unknown = null;
    for (let more: unknown = true; more; ) {
      const { edges, pageInfo } = (await asAdmin(query, { after })).tenants;
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...edges.map(({ node }) => node.id));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(seen[0]).toBe('default');
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain(acme.tenantId);
    const whole = (await asAdmin('{ tenants(first: 200) { edges { node { id } } } }')).tenants.edges;
    expect(seen).toEqual(whole.map(({ node }) => node.id));
  });
});

describe('apps', () => {
  const create = 'mutation ($input: CreateAppInput!) { createApp(input: $input) { id name tenant { id } } }';

  it('have a name of their own within the tenant', async () => {
    expect(await data(create, { input: { name: 'web' } })).toMatchObject({
      createApp: { name: 'web', tenant: { id: acme.tenantId } },
    });
    expect((await refusal(create, { input: { name: 'web' } }))?.code).toBe('CONFLICT');
    const elsewhere = await mesh.addTenant(`Elsewhere ${count}`);
    await data(create, { input: { name: 'web' } }, elsewhere.caller);
    expect((await refusal(create, { input: { name: '' } }))?.message).toMatch(/^input\.name /);
  });

  it('change name, limits and caching', async () => {
    const update = `mutation ($id: ID!, $input: UpdateAppInput!) {
      updateApp(id: $id, input: $input) { name limits { meter window amount } cacheByDefault }
    }`;
    const limits = [{ meter: 'REQUESTS', window: 'HOUR', amount: '10' }];
    await data(update, { id: acme.appId, input: { limits, cacheByDefault: true } });
    expect(await data(update, { id: acme.appId, input: { name: 'new', cacheByDefault: null } })).toEqual({
      updateApp: { name: 'new', limits, cacheByDefault: null },
    });
    await data(create, { input: { name: 'taken' } });
    expect((await refusal(update, { id: acme.appId, input: { name: 'taken' } }))?.code).toBe('CONFLICT');
  });
});

describe('members', () => {
  it('are saved by subject and removed by id', async () => {
    const save = `mutation ($input: MemberInput!) { saveMember(input: $input) { id subject email role } }`;
    const owner: Caller = { ...acme.caller, scopes: builtInRoles.OWNER };
    const ada = { subject: 'ada', email: 'ada@example.com', role: 'OWNER' };
    const first = (await data(save, { input: ada }, owner)).saveMember;
    await data(save, { input: { subject: 'grace', role: 'OWNER' } }, owner);
    const again = (await data(save, { input: { subject: 'ada', role: 'VIEWER' } }, owner)).saveMember;
    expect(again).toEqual({ id: first.id, subject: 'ada', email: null, role: 'VIEWER' });
    expect(
      (await refusal(save, { input: { subject: 'a', email: 'nowhere', role: 'OWNER' } }))?.message,
    ).toMatch(/^input\.email /);
    const remove = 'mutation ($id: ID!) { removeMember(id: $id) }';
    expect(await data(remove, { id: first.id }, owner)).toEqual({ removeMember: first.id });
    expect((await refusal(remove, { id: first.id }))?.code).toBe('NOT_FOUND');
  });
});

describe('plans', () => {
  const save = `mutation ($input: PlanInput!) { savePlan(input: $input) { id name limits { meter window amount } } }`;

  it('are saved whole and take effect on the tenants that have them', async () => {
    const limits = [{ meter: 'COST', window: 'MONTH', amount: '20.000000000' }];
    await asAdmin(save, { input: { id: `plan-${count}`, name: `Plan ${count}`, limits: [] } });
    await asAdmin('mutation ($t: ID!, $p: ID!) { assignPlan(tenantId: $t, planId: $p) { id } }', {
      t: acme.tenantId,
      p: `plan-${count}`,
    });
    expect((await mesh.findCaller(acme.secret))?.limits).toEqual([]);
    await asAdmin(save, { input: { id: `plan-${count}`, name: `Plan ${count}`, limits } });
    expect((await mesh.findCaller(acme.secret))?.limits).toEqual([
      { subject: `tenant:${acme.tenantId}`, meter: 'COST', window: 'MONTH', amount: '20000000000' },
    ]);
    expect(await data('{ tenant { plan { limits { meter window amount } } } }')).toEqual({
      tenant: { plan: { limits } },
    });
  });

  it('have an id that can be typed and a name of their own', async () => {
    const wrong = await refusal(save, { input: { id: 'A plan', name: 'x', limits: [] } }, mesh.admin);
    expect(wrong?.message).toMatch(/^input\.id /);
    const taken = await refusal(
      save,
      { input: { id: 'another', name: 'Unlimited', limits: [] } },
      mesh.admin,
    );
    expect(taken?.code).toBe('CONFLICT');
  });
});

describe('an empty id', () => {
  it.each([
    ['createTenant', 'createTenant(input: { name: "Empty", planId: "" }) { id }'],
    ['saveBudget', 'saveBudget(input: { id: "", amount: 1, window: DAY }) { id }'],
    ['saveBudget', 'saveBudget(input: { appId: "", amount: 1, window: DAY }) { id }'],
  ])('is no id of anything, and not the same as none: %s', async (_name, mutation) => {
    expect((await refusal(`mutation { ${mutation} }`, {}, mesh.admin))?.code).toBe('NOT_FOUND');
  });
});

describe('budgets', () => {
  const save = `mutation ($input: BudgetInput!) {
    saveBudget(input: $input) { id amount window spent reserved alertAt hard app { id } }
  }`;

  it('report what was spent and what is held of them', async () => {
    const saved = (await data(save, { input: { amount: '12.5', window: 'MONTH', alertAt: [1, 0.8, 0.8] } }))
      .saveBudget;
    expect(saved).toMatchObject({
      amount: '12.500000000',
      spent: '0.000000000',
      reserved: '0.000000000',
      alertAt: [0.8, 1],
      hard: true,
      app: null,
    });
    const { quota } = mesh.deps;
    const caller = await mesh.findCaller(acme.secret);
    if (caller === null) throw new Error('The key is not known.');
    const asked = {
      partition: acme.tenantId,
      scopes: listScopes(caller),
      limits: listLimits(caller),
      ttlMs: 60_000,
    };
    const amounts = { COST: 3_000_000_000n };
    await quota.reserve({ id: 'a', amounts, ...asked });
    await quota.reserve({ id: 'b', amounts, ...asked });
    await quota.settle(acme.tenantId, 'a', { COST: 1_234n });
    expect(await data('{ tenant { budgets { id spent reserved } } }')).toEqual({
      tenant: { budgets: [{ id: saved.id, spent: '0.000001234', reserved: '3.000000000' }] },
    });
  });

  it('are replaced whole by id, and deleted', async () => {
    const { id } = (await data(save, { input: { amount: 1, window: 'DAY', appId: acme.appId } })).saveBudget;
    expect(await data(save, { input: { id, amount: 2, window: 'HOUR', hard: false } })).toMatchObject({
      saveBudget: { id, amount: '2.000000000', window: 'HOUR', hard: false, app: null },
    });
    const remove = 'mutation ($id: ID!) { deleteBudget(id: $id) }';
    expect(await data(remove, { id })).toEqual({ deleteBudget: id });
    expect((await refusal(remove, { id }))?.code).toBe('NOT_FOUND');
    expect((await refusal(save, { input: { id, amount: 2, window: 'HOUR' } }))?.code).toBe('NOT_FOUND');
  });

  it.each([
    [/^input\.amount /, { amount: '0', window: 'DAY' }],
    [/^input\.amount /, { amount: '10000000', window: 'DAY' }],
    [/^input\.window /, { amount: '1', window: 'INFLIGHT' }],
    [/^input\.alertAt /, { amount: '1', window: 'DAY', alertAt: [0] }],
    [/^input\.alertAt /, { amount: '1', window: 'DAY', alertAt: [11] }],
  ])('name the field that is wrong: %s', async (message, input) => {
    const error = await refusal(save, { input });
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(message) });
  });
});

describe('access', () => {
  const request = `mutation ($reason: String) {
    requestAccess(resource: "openai/gpt", reason: $reason) { id status reason decidedBy decidedAt app { id } }
  }`;
  const decide = `mutation ($id: ID!, $approve: Boolean!, $reason: String) {
    decideAccess(id: $id, approve: $approve, reason: $reason) { id status reason decidedBy decidedAt }
  }`;
  const withdraw = 'mutation ($id: ID!) { withdrawAccess(id: $id) }';

  it('is requested, decided, taken back, and requested again', async () => {
    const asked = (await data(request, { reason: 'a demo' })).requestAccess;
    expect(asked).toMatchObject({
      status: 'PENDING',
      reason: 'a demo',
      decidedBy: null,
      app: { id: acme.appId },
    });
    expect((await data(request)).requestAccess).toEqual(asked);
    const steps = [
      [true, 'APPROVED'],
      [true, 'APPROVED'],
      [false, 'REVOKED'],
      [false, 'REVOKED'],
    ] as const;
    for (const [approve, status] of steps) {
      const decided = (await data(decide, { id: asked.id, approve, reason: status })).decideAccess;
      expect(decided).toMatchObject({ status, reason: status, decidedBy: acme.keyId });
      expect(decided.decidedAt).not.toBeNull();
    }
    expect((await data(request, { reason: 'please' })).requestAccess).toMatchObject({
      id: asked.id,
      status: 'PENDING',
      reason: 'please',
      decidedBy: null,
    });
    expect((await data(decide, { id: asked.id, approve: false })).decideAccess.status).toBe('DENIED');
    const list = (status: string) =>
      data(`{ accessGrants(filter: { status: ${status} }) { edges { node { id } } } }`);
    expect((await list('DENIED')).accessGrants.edges).toEqual([{ node: { id: asked.id } }]);
    expect((await list('PENDING')).accessGrants.edges).toEqual([]);
  });

  it('is granted to apps alone', async () => {
    const user = { ...testCaller(acme.tenantId), kind: 'USER', appId: null, subject: 'ada' } as const;
    expect((await refusal(request, {}, user))?.code).toBe('FORBIDDEN');
  });

  it('is requested by one app 100 times at most, and what was requested can still be requested again', async () => {
    const { tenantId, appId, caller } = await mesh.addTenant('Asking');
    const grant = { tenantId, appId, status: 'PENDING', createdAt: new Date() } as const;
    await accessGrants(mesh.database.connection).insertMany(
      Array.from({ length: 100 }, (_, n) => ({ ...grant, _id: `asked${n}`, resource: `model${n}` })),
    );
    expect(await refusal(request, {}, caller)).toMatchObject({ code: 'CONFLICT' });
    const again = 'mutation { requestAccess(resource: "model7") { id } }';
    expect((await data(again, {}, caller)).requestAccess).toEqual({ id: 'asked7' });
    await data(withdraw, { id: 'asked8' }, caller);
    expect((await data(request, {}, caller)).requestAccess).toMatchObject({ status: 'PENDING' });
    expect(
      await refusal('mutation { requestAccess(resource: "one more") { id } }', {}, caller),
    ).toMatchObject({
      code: 'CONFLICT',
    });
  });

  it.each(['PENDING', 'APPROVED', 'DENIED', 'REVOKED'] as const)(
    'is withdrawn when it is %s, for good, and requested anew',
    async (status) => {
      const { id } = (await data(request, { reason: 'a demo' })).requestAccess;
      if (status === 'REVOKED') await data(decide, { id, approve: true });
      if (status !== 'PENDING') await data(decide, { id, approve: status === 'APPROVED' });
      expect(await data(withdraw, { id })).toEqual({ withdrawAccess: id });
      const reads = `query ($of: [_Any!]!) { accessGrants { edges { node { id } } }
        _entities(representations: $of) { ... on AccessGrant { id } } }`;
      expect(await data(reads, { of: [{ __typename: 'AccessGrant', id }] })).toEqual({
        accessGrants: { edges: [] },
        _entities: [null],
      });
      expect(await findNodeRecords(mesh.database.connection, 'AccessGrant', [id])).toEqual([]);
      for (const gone of [id, 'never']) {
        const message = `There is no access request "${gone}".`;
        expect(await refusal(withdraw, { id: gone })).toMatchObject({ code: 'NOT_FOUND', message });
        expect(await refusal(decide, { id: gone, approve: true })).toMatchObject({
          code: 'NOT_FOUND',
          message,
        });
      }
      const record = await auditLog(mesh.database.connection)
        .findOne({ action: 'access.withdraw', targetId: id, outcome: 'SUCCEEDED' })
        .lean();
      expect(record).toMatchObject({ targetType: 'AccessGrant', before: { status }, after: null });
      const anew = (await data(request)).requestAccess;
      expect(anew).toMatchObject({ status: 'PENDING', reason: null });
      expect(anew.id).not.toBe(id);
    },
  );

  it('is withdrawn with tenants:write alone, since what a page or a script requests has a record for ever', async () => {
    const { id } = (await data(request)).requestAccess;
    const weak = { ...acme.caller, scopes: ['inference:invoke'] };
    expect(await refusal(withdraw, { id }, weak)).toMatchObject({ code: 'FORBIDDEN' });
    expect((await data(request)).requestAccess.id).toBe(id);
  });

  it('is requested, decided or withdrawn, one after the other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id } = (await data(request)).requestAccess;
      await data(decide, { id, approve: false });
      const [asked, withdrawn] = await Promise.all([
        ask(mesh.subgraph, acme.caller, request, {}),
        ask(mesh.subgraph, acme.caller, withdraw, { id }),
      ]);
      expect(withdrawn.errors).toBeUndefined();
      const answer = (asked.data as { requestAccess: { id: string; status: string } } | null)?.requestAccess;
      if (answer) expect(answer.status).toBe('PENDING');
      else expect(asked.errors?.map(({ code }) => code)).toEqual(['CONFLICT']);
      await accessGrants(mesh.database.connection).deleteMany({ appId: acme.appId });
    }
  });

  it('makes one request of three at once', async () => {
    const answers = await Promise.all([data(request), data(request), data(request)]);
    expect(new Set(answers.map(({ requestAccess }) => requestAccess.id)).size).toBe(1);
  });
});
