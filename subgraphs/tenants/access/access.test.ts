import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, scopes } from '#core/caller.ts';
import { events } from '#mongo/events.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { createTenantsSubgraph } from '../subgraph.ts';

let mesh: TestTenants;
let subgraph: TestTenants['subgraph'];
let acme: TestTenant;
let count = 0;
const needing = (id: string) => (id.startsWith('dear') ? { requiresApproval: true } : undefined);

beforeAll(async () => {
  mesh = await startTenants();
  const promptRuns = async (_: unknown, name: string) =>
    name.startsWith('costly')
      ? { ownerId: name === 'costlyOwn' ? acme.tenantId : null, requiresApproval: true }
      : undefined;
  const catalog = { model: needing, route: needing, promptRuns };
  subgraph = createTenantsSubgraph({ ...mesh.deps, catalog });
});
beforeEach(async () => {
  mesh.clock.ms = Date.parse('2026-01-01T00:00:00Z');
  acme = await mesh.addTenant(`Access ${++count}`);
});
afterAll(async () => {
  await subgraph?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});

type Grant = Readonly<Record<string, unknown>> & { readonly id: string };
const run = (query: string, variables: Record<string, unknown> = {}, caller: Caller = acme.caller) =>
  askForData<Record<string, Grant>>(subgraph, caller, query, variables);
const code = async (query: string, variables: Record<string, unknown> = {}, caller: Caller = acme.caller) =>
  (await ask(subgraph, caller, query, variables)).errors?.[0]?.code;
const fields = 'id status reason requestedBy requestedAt decidedBy decidedAt expiresAt';
const request = async (resource: string) =>
  (await run(`mutation ($r: String!) { requestAccess(resource: $r) { ${fields} } }`, { r: resource }))
    .requestAccess as Grant;
const decide = `mutation ($id: ID!, $approve: Boolean = true, $expiresAt: DateTime) {
  decideAccess(id: $id, approve: $approve, expiresAt: $expiresAt) { ${fields} } }`;
const grants = async () => (await mesh.findCaller(acme.secret))?.grants;
const readTypes = async (id: string) =>
  (await events(mesh.database.connection).find({ subject: id }).sort({ sequence: 1 }).lean()).map(
    ({ type }) => type,
  );

describe('an access request', () => {
  it('is part of the caller in its present state, and its changes are events', async () => {
    expect(await grants()).toBeUndefined();
    const { id, requestedBy } = await request('dear/model');
    expect(requestedBy).toBe(acme.keyId);
    const at = '2026-01-01T00:00:00.000Z';
    expect(await grants()).toEqual([{ resource: 'dear/model', status: 'PENDING', at }]);
    const expiresAt = '2026-01-02T00:00:00.000Z';
    expect((await run(decide, { id, expiresAt }, mesh.admin)).decideAccess).toMatchObject({
      ...{ status: 'APPROVED', expiresAt, decidedBy: mesh.admin.keyId },
    });
    expect(await grants()).toEqual([
      { resource: 'dear/model', status: 'APPROVED', at, byOperator: true, endsAtMs: Date.parse(expiresAt) },
    ]);
    expect((await run(decide, { id, approve: false })).decideAccess).toMatchObject({
      ...{ status: 'REVOKED', expiresAt: null, decidedBy: acme.keyId },
    });
    expect(await grants()).toMatchObject([{ status: 'REVOKED' }]);
    await run('mutation ($id: ID!) { withdrawAccess(id: $id) }', { id });
    expect(await grants()).toBeUndefined();
    expect(await readTypes(id)).toEqual([
      'access.requested',
      'access.decided',
      'access.revoked',
      'access.withdrawn',
    ]);
  });

  it('names the issuers of the people that requested and decided, for which alone their subjects are unique', async () => {
    const person = (issuerId: string): Caller => ({
      ...{
        ...acme.caller,
        kind: 'USER',
        keyId: null,
        keyLineId: `user-${issuerId}`,
        subject: 'ada',
        issuerId,
      },
    });
    const named = 'id requestedBy requestedByIssuerId decidedBy decidedByIssuerId';
    const { requestAccess } = await run(
      `mutation { requestAccess(resource: "a/model") { ${named} } }`,
      {},
      person('first'),
    );
    expect(requestAccess).toMatchObject({
      ...{ requestedBy: 'ada', requestedByIssuerId: 'first', decidedBy: null, decidedByIssuerId: null },
    });
    const { id = '' } = requestAccess ?? {};
    const list = async (filter: string) =>
      (
        await run(
          `{ accessGrants(filter: { requestedBy: "ada", ${filter} }) { edges { node { ${named} } } } }`,
        )
      ).accessGrants?.edges;
    expect(await list('requestedByIssuerId: "partner"')).toEqual([]);
    const deciding = `mutation ($id: ID!) { decideAccess(id: $id, approve: false) { ${named} } }`;
    await run(deciding, { id }, person('partner'));
    expect(await list('requestedByIssuerId: "first"')).toEqual([
      {
        node: {
          ...{ id, requestedBy: 'ada', requestedByIssuerId: 'first' },
          ...{ decidedBy: 'ada', decidedByIssuerId: 'partner' },
        },
      },
    ]);
    const last = await events(mesh.database.connection)
      .findOne({ subject: id })
      .sort({ sequence: -1 })
      .lean();
    expect(last?.data).toMatchObject({ requestedByIssuerId: 'first', decidedByIssuerId: 'partner' });
    // Requested again with a key: nothing of the person is left.
    expect((await run(`mutation { requestAccess(resource: "a/model") { ${named} } }`)).requestAccess).toEqual(
      {
        ...{
          id,
          requestedBy: acme.keyId,
          requestedByIssuerId: null,
          decidedBy: null,
          decidedByIssuerId: null,
        },
      },
    );
  });

  it('that has ended is ENDED everywhere, and can be requested or approved again', async () => {
    const { id } = await request('dear/model');
    await run(decide, { id, expiresAt: '2026-01-02T00:00:00Z' }, mesh.admin);
    const list = async (filter: string) =>
      (await run(`{ accessGrants(filter: { ${filter} }) { edges { node { status } } } }`)).accessGrants
        ?.edges;
    expect(await list('status: APPROVED')).toHaveLength(1);
    expect(await list('status: ENDED')).toEqual([]);
    expect(await list('expiresBefore: "2026-01-03T00:00:00Z", search: "DEAR"')).toHaveLength(1);
    expect(await list('expiresBefore: "2026-01-01T12:00:00Z"')).toEqual([]);
    mesh.clock.ms = Date.parse('2026-01-02T00:00:00Z');
    expect(await list('status: APPROVED')).toEqual([]);
    expect(await list('status: ENDED')).toEqual([{ node: { status: 'ENDED' } }]);
    expect((await run(decide, { id }, mesh.admin)).decideAccess).toMatchObject({
      ...{ status: 'APPROVED', expiresAt: null },
    });
    await run(decide, { id, expiresAt: '2026-01-03T00:00:00Z' }, mesh.admin);
    mesh.clock.ms = Date.parse('2026-01-04T00:00:00Z');
    expect(await request('dear/model')).toMatchObject({
      id,
      status: 'PENDING',
      expiresAt: null,
      decidedBy: null,
    });
    expect(await list(`requestedBy: "${acme.keyId}"`)).toHaveLength(1);
    expect(await list('requestedBy: "another"')).toEqual([]);
  });

  it.each(['dear/model', 'dear-route', 'costlyPrompt', 'plan:pro'])(
    'for %s, which the mesh owns, is approved by an operator alone, and denied by the tenant too',
    async (resource) => {
      const { id } = await request(resource);
      expect(await code(decide, { id })).toBe('FORBIDDEN');
      expect((await run(decide, { id, approve: false })).decideAccess).toMatchObject({ status: 'DENIED' });
      expect((await run(decide, { id }, mesh.admin)).decideAccess).toMatchObject({ status: 'APPROVED' });
    },
  );

  it('for a prompt that the tenant owns is approved by the tenant', async () => {
    const { id } = await request('costlyOwn');
    expect((await run(decide, { id })).decideAccess).toMatchObject({ status: 'APPROVED' });
  });

  it('that the tenant approved before the mesh required it is pending again when it is requested', async () => {
    const early = await askForData<Record<string, Grant>>(
      mesh.subgraph,
      acme.caller,
      'mutation { requestAccess(resource: "dear/early") { id } }',
    );
    const id = early.requestAccess?.id ?? '';
    await askForData(mesh.subgraph, acme.caller, decide, { id });
    expect(await grants()).toMatchObject([{ status: 'APPROVED' }]);
    expect((await grants())?.[0]).not.toHaveProperty('byOperator');
    expect(await request('dear/early')).toMatchObject({ id, status: 'PENDING' });
  });

  it.each([
    ['in the past', { expiresAt: '2025-12-31T00:00:00Z' }],
    ['of a denial', { approve: false, expiresAt: '2027-01-01T00:00:00Z' }],
  ])('has no end %s', async (_what, variables) => {
    const { id } = await request('own');
    expect(await code(decide, { id, ...variables })).toBe('BAD_USER_INPUT');
  });
});

describe('a plan that requires approval', () => {
  const assign =
    'mutation ($t: ID!, $p: ID!) { assignPlan(tenantId: $t, planId: $p) { plan { id requiresApproval } } }';

  it('is assigned to a tenant with an approved request alone, whatever the scopes of the caller', async () => {
    const plan = `gold-${count}`;
    await run(
      `mutation ($p: ID!) { savePlan(input: { id: $p, name: $p, limits: [], requiresApproval: true }) { id } }`.replace(
        'name: $p',
        `name: "${plan}"`,
      ),
      { p: plan },
      mesh.admin,
    );
    const all: Caller = { ...mesh.admin, scopes: Object.keys(scopes) };
    expect(await code(assign, { t: acme.tenantId, p: plan }, all)).toBe('ACCESS_PENDING');
    const create = 'mutation ($p: ID!) { createTenant(input: { name: "new", planId: $p }) { id } }';
    expect(await code(create, { p: plan }, all)).toBe('ACCESS_PENDING');
    const { id } = await request(`plan:${plan}`);
    expect(await code(assign, { t: acme.tenantId, p: plan }, all)).toBe('ACCESS_PENDING');
    await run(decide, { id }, all);
    expect((await run(assign, { t: acme.tenantId, p: plan }, all)).assignPlan).toEqual({
      plan: { id: plan, requiresApproval: true },
    });
    await run(decide, { id, approve: false }, all);
    expect(await code(assign, { t: acme.tenantId, p: plan }, all)).toBeUndefined();
  });
});

it('is requested by people for the app that a rule assigns to them, and otherwise by none', async () => {
  const { caller } = await mesh.addTenant('People', ['inference:invoke', 'tenants:write']);
  const person: Caller = { ...caller, kind: 'USER', keyId: null, subject: 'ada', issuerId: 'main' };
  const request = 'mutation { requestAccess(resource: "dear") { status } }';
  expect(await ask(mesh.subgraph, { ...person, appId: null }, request)).toMatchObject({
    errors: [
      { code: 'FORBIDDEN', message: expect.stringContaining('have a rule of your issuer assign you to one') },
    ],
  });
  expect((await ask(mesh.subgraph, person, request)).data).toEqual({ requestAccess: { status: 'PENDING' } });
  const list = '{ accessGrants { totalCount } }';
  expect((await ask(mesh.subgraph, { ...person, appId: null }, list)).data).toEqual({
    accessGrants: { totalCount: 1 },
  });
  const token = 'mutation { createPageToken(input: { endUserId: "e" }) { token } }';
  expect((await ask(mesh.subgraph, person, token)).errors?.[0]?.code).toBe('FORBIDDEN');
});
