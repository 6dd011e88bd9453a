import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { callPolicies } from '#core/policies.ts';
import { auditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { readSupergraph } from '#schema/compose.ts';
import { readFieldRequirements } from '#schema/field-policies.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { ask, testServices } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createUsageSubgraph } from '../usage/subgraph.ts';

let opened: AsyncDisposableStack;
let mesh: TestInference;
let usage: Subgraph;
let connection: Database['connection'];

beforeAll(async () => {
  opened = new AsyncDisposableStack();
  const database = await openTestDatabase();
  opened.defer(() => database.close());
  connection = database.connection;
  await fillCatalog(database);
  mesh = opened.use(await startInference(database, { now: () => Date.parse('2026-06-01T12:00:00Z') }));
  usage = opened.use(createUsageSubgraph({ ...testServices(database), connection: database.connection }));
});
afterAll(() => opened?.disposeAsync());

/** What a caller of a field sees of one call. */
type Read = (id: string, caller: Caller) => Promise<boolean>;

const range = 'from: "2026-06-01T00:00:00Z", to: "2026-06-02T00:00:00Z"';
const holds = (answer: unknown) =>
  /"(id|requests|deleteCompletion|completionId)":("[^"]|[1-9])/.test(JSON.stringify(answer));
const inInference =
  (query: string): Read =>
  async (id, caller) =>
    holds((await mesh.ask(query, { id }, caller)).data);
const inUsage =
  (query: string): Read =>
  async (id, caller) =>
    holds((await ask(usage, caller, query, { id })).data);
const joined = (type: string, read: (caller: Caller) => string | null): Read => {
  const query = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on ${type} { usage(${range}) { requests } } } }`;
  return async (_id, caller) => {
    const refs = [{ __typename: type, id: read(caller) }];
    return holds((await ask(usage, caller, query, { refs })).data);
  };
};

/** How each field with a policy of calls is read. */
const reads: Readonly<Record<string, Read>> = {
  'Query.completion': inInference('query ($id: ID!) { completion(id: $id) { id } }'),
  'Mutation.cancelCompletion': inInference('mutation ($id: ID!) { cancelCompletion(id: $id) { id } }'),
  'Mutation.deleteCompletion': inInference('mutation ($id: ID!) { deleteCompletion(id: $id) }'),
  'Mutation.rateInvocation': inInference('mutation ($id: ID!) { rateInvocation(id: $id, rating: 5) { id } }'),
  'Subscription.resumeCompletion': async (id, caller) => {
    const query = 'subscription ($id: ID!) { resumeCompletion(id: $id, after: -1) { completionId } }';
    try {
      return (await Array.fromAsync(await mesh.stream(query, { id }, { caller }))).length > 0;
    } catch (error) {
      expect((error as Error).message).toBe('There is no completion of this id that you may read.');
      return false;
    }
  },
  'Query.invocation': inUsage('query ($id: ID!) { invocation(id: $id) { id } }'),
  'Query.invocations': inUsage('{ invocations { edges { node { id } } } }'),
  'Query.usage': inUsage(`{ usage(${range}) { requests } }`),
  'Tenant.usage': joined('Tenant', ({ tenantId }) => tenantId),
  'App.usage': joined('App', ({ appId }) => appId),
  'Model.usage': joined('Model', () => 'alpha/one'),
  'Prompt.usage': joined('Prompt', ({ keyId }) => `prompt of ${keyId}`),
};

/** Sums of all calls of a tenant, never shown in part: subgraphs/usage/exports and subgraphs/usage/forecast have their tests. */
const ofWholeTenants: ReadonlySet<string> = new Set([
  'Budget.forecast',
  'Query.costForecast',
  ...['Query.usageExport', 'Query.usageExports', 'Mutation.startUsageExport', 'Mutation.deleteUsageExport'],
]);

const requirements = readFieldRequirements(readSupergraph() ?? '').filter(({ policies }) =>
  policies.some((set) => set.some((name) => Object.hasOwn(callPolicies, name))),
);

async function call(caller: Caller): Promise<string> {
  mesh.alpha.always((provider) => provider.say('Hello.').finish(buildUsage(3, 3)));
  const query = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
  const input = { model: 'alpha/one', messages: [{ role: 'USER', content: 'Hi' }], cache: 'BYPASS' };
  const { complete } = await mesh.data<{ complete: { id: string } }>(query, { input }, caller);
  return complete.id;
}

describe('a policy of calls', () => {
  it('stands on the fields that return what one caller has called, and on no other', () => {
    const read = requirements.map(({ coordinate }) => coordinate).filter((one) => !ofWholeTenants.has(one));
    expect(Object.keys(reads).toSorted()).toEqual(read);
  });

  it.each(Object.entries(reads))('lets %s return own calls, and none of others', async (coordinate, read) => {
    const { scopes = [] } = requirements.find((one) => one.coordinate === coordinate) ?? {};
    const line = { keyId: coordinate, keyLineId: coordinate, appId: `app of ${coordinate}` };
    const ofTenant = { ...mesh.caller, ...line, tenantId: `tenant of ${coordinate}` };
    const all = ['inference:invoke', 'usage:read', 'completions:read'];
    const ada: Caller = { ...ofTenant, scopes: all, endUserId: 'ada' };
    const id = await call(ada);
    await invocations(connection).updateOne({ _id: id }, { $set: { promptId: `prompt of ${coordinate}` } });
    const strangers: readonly Caller[] = [
      { ...ada, endUserId: 'eve' },
      { ...ada, tenantId: 'elsewhere', endUserId: null },
      // What is refused for want of scopes is no matter of the policy.
      ...(scopes.some((set) => set.join() === 'inference:invoke')
        ? [{ ...ada, endUserId: null, scopes: ['inference:invoke'], keyId: 'k2', keyLineId: 'k2' }]
        : []),
    ];
    for (const stranger of strangers) expect(await read(id, stranger)).toBe(false);
    expect(await read(id, ada)).toBe(true);
  });
});

describe('a read of what another caller has called', () => {
  const reference: Read = async (id, caller) => {
    const query =
      'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Completion { id text } } }';
    return holds((await mesh.ask(query, { refs: [{ __typename: 'Completion', id }] }, caller)).data);
  };
  const ways: readonly string[] = [
    ...['Query.completion', 'Mutation.cancelCompletion', 'Subscription.resumeCompletion'],
    'a reference',
  ];

  it.each(ways)('by %s is noted in the audit log, and one of an own call is not', async (way) => {
    const read = reads[way] ?? reference;
    const line = { keyId: way, keyLineId: way, appId: `app of ${way}`, tenantId: `tenant of ${way} noted` };
    const maker: Caller = { ...mesh.caller, ...line, scopes: ['inference:invoke'] };
    const overseer: Caller = {
      ...{ ...maker, keyId: `overseer ${way}`, keyLineId: `overseer ${way}` },
      scopes: ['inference:invoke', 'completions:read'],
    };
    const id = await call(maker);
    const noted = () =>
      auditLog(connection).find({ action: 'completion.read', tenantId: line.tenantId }).lean();
    expect(await read(id, maker)).toBe(true);
    expect(await noted()).toEqual([]);
    expect(await read(id, overseer)).toBe(true);
    expect(await noted()).toMatchObject([{ outcome: 'SUCCEEDED', actor: { keyId: overseer.keyId } }]);
  });
});
