import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { tenants } from '#mongo/tenants.ts';
import { ask, askForData, countCommands } from '#test/support/subgraph.ts';
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

describe('every mutation', () => {
  it('leaves a record of who changed what, from where, before and after', async () => {
    const before = await auditLog(mesh.database.connection).countDocuments({});
    const update = 'mutation ($id: ID!) { updateApp(id: $id, input: { name: "renamed" }) { id } }';
    await data(update, { id: acme.appId });
    await refusal(update, { id: 'nothing' });
    const records = await auditLog(mesh.database.connection).find().sort({ _id: 1 }).skip(before).lean();
    expect(records).toMatchObject([
      {
        tenantId: acme.tenantId,
        actor: { kind: 'API_KEY', keyId: acme.keyId, appId: acme.appId, subject: null },
        action: 'app.update',
        outcome: 'SUCCEEDED',
        errorCode: null,
        targetType: 'App',
        targetId: acme.appId,
        arguments: { id: acme.appId, input: { name: 'renamed' } },
        before: { name: 'app' },
        after: { name: 'renamed' },
        clientAddress: '127.0.0.1',
      },
      { action: 'app.update', outcome: 'FAILED', errorCode: 'NOT_FOUND', before: null, after: null },
    ]);
  });
});

describe('a page of 50 tenants with all that hangs on them', () => {
  it('is read along an index, however many tenants there are', async () => {
    const { collection } = tenants(mesh.database.connection);
    const { queryPlanner } = await collection.find().sort({ createdAt: 1, _id: 1 }).limit(51).explain();
    expect(inspect(queryPlanner.winningPlan, { depth: null })).toMatch(/^(?!.*'SORT').*'IXSCAN'/s);
  });

  const joined = `query ($first: Int) {
    tenants(first: $first) {
      edges { node {
        id plan { name } members { subject } budgets { amount spent reserved app { name } }
        apps { name tenant { name } limits { amount } keys { label app { name tenant { name } } } }
      } }
    }
  }`;

  it('costs as many database commands as a page of 5', async () => {
    for (let i = 0; i < 50; i++) {
      const { caller } = await mesh.addTenant(`Counted ${i}`);
      await data('mutation { saveBudget(input: { amount: 1, window: DAY }) { id } }', {}, caller);
      await asAdmin(
        'mutation ($id: ID!) { saveMember(input: { tenantId: $id, subject: "ada", role: OWNER }) { id } }',
        { id: caller.tenantId },
      );
    }
    const listCommands = (first: number) =>
      countCommands(mesh.database, async () => {
        const { edges } = (await asAdmin(joined, { first })).tenants;
        expect(edges).toHaveLength(first);
      });
    // The meters of each tenant are read from the ledger once.
    await listCommands(50);
    const five = await listCommands(5);
    const fifty = await listCommands(50);
    expect(five.length).toBeLessThanOrEqual(8);
    expect(fifty).toEqual(five);
  });

  it('costs one command for 50 references from other subgraphs', async () => {
    const representations = (
      await asAdmin('{ tenants(first: 50) { edges { node { id } } } }')
    ).tenants.edges.map(({ node }) => ({ __typename: 'Tenant', id: node.id }));
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Tenant { id name } } }`;
    const commands = await countCommands(mesh.database, () => asAdmin(query, { r: representations }));
    expect(commands).toEqual(['find']);
  });
});
