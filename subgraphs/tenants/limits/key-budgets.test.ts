import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { openRow } from '#inference/ledger/rows.ts';
import { callerBounds } from '#state/quota/caller-bounds.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let other: TestTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
  other = await mesh.addTenant('Other');
});
beforeEach(async () => {
  acme = await mesh.addTenant(`Acme ${++count}`);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const run = <T = Record<string, { id: string }>>(query: string, caller: Caller = acme.caller) =>
  askForData<T>(mesh.subgraph, caller, query);
const refusal = async (query: string, caller: Caller = acme.caller) => {
  const { errors = [] } = await ask(mesh.subgraph, caller, query);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
};
type Made = { secret: string; key: { id: string } };
const find = async (secret: string) => (await mesh.findCaller(secret)) as Caller;

async function addKey(maker: Caller = acme.caller, appId = acme.appId) {
  const { createApiKey } = await run<{ createApiKey: Made }>(
    `mutation { createApiKey(input: { appId: "${appId}", scopes: ["inference:invoke", "tenants:write"], limits: [] }) { secret key { id } } }`,
    maker,
  );
  return { id: createApiKey.key.id, secret: createApiKey.secret };
}
const save = async (place: string, amount: number, caller?: Caller) => {
  const { saveBudget } = await run(
    `mutation { saveBudget(input: { ${place}, amount: ${amount}, window: DAY }) { id } }`,
    caller,
  );
  return saveBudget?.id ?? '';
};
const listBudgets = ({ limits }: Caller) =>
  limits.flatMap(({ subject, amount, budget }) => (budget ? [`${subject} ${amount}`] : []));

it('binds the calls of its key beside those of app and tenant, and no other key', async () => {
  const [key, sibling] = [await addKey(), await addKey()];
  const ofKey = await save(`keyId: "${key.id}"`, 1);
  const ofApp = await save(`appId: "${acme.appId}"`, 2);
  const caller = await find(key.secret);
  expect(listBudgets(caller)).toEqual([`budget:${ofKey} 1000000000`, `budget:${ofApp} 2000000000`]);
  expect(callerBounds(caller).limits.map(({ scope }) => scope)).toEqual([
    `key:${key.id}`,
    `app:${acme.appId}`,
  ]);
  expect(listBudgets(await find(sibling.secret))).toEqual([`budget:${ofApp} 2000000000`]);
});

it('refuses beyond the narrowest of key and app, counts what was spent, and is kept by a rotation', async () => {
  const key = await addKey();
  const ofKey = await save(`keyId: "${key.id}"`, 1);
  const ofApp = await save(`appId: "${acme.appId}"`, 2);
  const spend = async (caller: Caller, id: string, dollars: number) => {
    const { limits, scopes } = callerBounds(caller);
    const amounts = { REQUESTS: 1n, COST: BigInt(dollars * 1e9) };
    const asked = { id, partition: acme.tenantId, scopes, amounts, limits, ttlMs: 60_000 };
    const decision = await mesh.deps.quota.reserve(asked);
    return decision.granted ? 'granted' : decision.refused.subject;
  };
  expect(await spend(await find(key.secret), 'a', 0.75)).toBe('granted');
  expect(await spend(await find(key.secret), 'b', 0.5)).toBe(`budget:${ofKey}`);
  const { rotateApiKey } = await run<{ rotateApiKey: Made }>(
    `mutation { rotateApiKey(id: "${key.id}") { secret key { id } } }`,
  );
  expect(await spend(await find(rotateApiKey.secret), 'c', 0.5)).toBe(`budget:${ofKey}`);
  expect(await spend(await find((await addKey()).secret), 'd', 1.5)).toBe(`budget:${ofApp}`);
  const { apiKey } = await run<{ apiKey: object }>(
    `{ apiKey(id: "${rotateApiKey.key.id}") { budgets { id amount reserved key { id } app { id } team { id } } } }`,
  );
  const holder = { key: { id: rotateApiKey.key.id }, app: { id: acme.appId }, team: null };
  expect(apiKey).toEqual({
    budgets: [{ id: ofKey, amount: '1.000000000', reserved: '0.750000000', ...holder }],
  });
  expect(await save(`keyId: "${rotateApiKey.key.id}"`, 3)).toBe(ofKey);
});

it('binds the keys that its key makes, which cannot change it, nor can the key itself', async () => {
  const key = await addKey();
  const id = await save(`keyId: "${key.id}"`, 1);
  const caller = await find(key.secret);
  const { createApp } = await run('mutation { createApp(input: { name: "elsewhere" }) { id } }', caller);
  const made = await find((await addKey(caller, createApp?.id)).secret);
  expect(listBudgets(made)).toEqual([`budget:${id} 1000000000`]);
  const start = { id: 'c', kind: 'completion', model: { id: 'm/a', provider: { id: 'm' } } } as const;
  const row = openRow({
    ...start,
    ...{ caller: made, promptId: null, promptVersionId: null, cache: 'MISS', startedAtMs: 0, ownerId: 'o' },
    ...{ opening: null, labels: { requestId: 'r', clientRequestId: null, endUserId: null, tags: [] } },
  });
  expect(row.makerScopes).toEqual([`key:${key.id}`]);
  const raise = `mutation { saveBudget(input: { keyId: "${key.id}", amount: 9, window: DAY }) { id } }`;
  const move = `mutation { saveBudget(input: { id: "${id}", amount: 1, window: DAY }) { id } }`;
  const remove = `mutation { deleteBudget(id: "${id}") }`;
  for (const query of [raise, move, remove]) {
    expect(await refusal(query, caller)).toMatch(/^FORBIDDEN: No key changes a budget of its own/);
    expect(await refusal(query, made)).toMatch(/^FORBIDDEN: No key changes a budget of its own/);
  }
  expect(await refusal(remove)).toBe('');
  expect(listBudgets(await find(key.secret))).toEqual([]);
});

it('is one for each key, window and setter, moves to an app, and is listed by key and app', async () => {
  const [one, two] = [await addKey(), await addKey()];
  const first = await save(`keyId: "${one.id}"`, 1);
  const second = await save(`keyId: "${two.id}"`, 1);
  const ofOperator = await save(`keyId: "${one.id}", tenantId: "${acme.tenantId}"`, 1, mesh.admin);
  expect(new Set([first, second, ofOperator]).size).toBe(3);
  expect(await save(`keyId: "${one.id}"`, 2)).toBe(first);
  const list = async (filter: string) => {
    const { budgets } = await run<{ budgets: { edges: { node: { id: string } }[] } }>(
      `{ budgets(filter: { ${filter} }) { edges { node { id } } } }`,
    );
    return budgets.edges.map(({ node }) => node.id);
  };
  expect(await list(`keyId: "${one.id}"`)).toEqual([first, ofOperator]);
  expect(await list(`appId: "${acme.appId}"`)).toEqual([first, second, ofOperator]);
  expect(await list('keyId: "none"')).toEqual([]);
  const taken = `mutation { saveBudget(input: { id: "${second}", keyId: "${one.id}", amount: 1, window: DAY }) { id } }`;
  expect(await refusal(taken)).toBe(
    `CONFLICT: There is a budget per DAY of the API key ${one.id} already: save that one.`,
  );
  await save(`id: "${second}", appId: "${acme.appId}"`, 1);
  const { budget } = await run(`{ budget(id: "${second}") { key { id } app { id } } }`);
  expect(budget).toEqual({ key: null, app: { id: acme.appId } });
  expect(listBudgets(await find(one.secret))).toHaveLength(3);
});

it('is of a key of its tenant alone, and of nothing else at once', async () => {
  const key = await addKey();
  const of = (more: string) => `mutation { saveBudget(input: { ${more}, amount: 1, window: DAY }) { id } }`;
  expect(await refusal(of(`keyId: "${key.id}"`), other.caller)).toBe(
    `NOT_FOUND: There is no API key "${key.id}".`,
  );
  expect(await refusal(of(`keyId: "${key.id}", tenantId: "${other.tenantId}"`), mesh.admin)).toBe(
    `NOT_FOUND: There is no API key "${key.id}".`,
  );
  expect(await refusal(of(`keyId: "${key.id}", appId: "${acme.appId}"`))).toMatch(
    /^BAD_USER_INPUT: input.appId/,
  );
  const { createTeam } = await run('mutation { createTeam(input: { name: "search" }) { id } }');
  expect(await refusal(of(`keyId: "${key.id}", teamId: "${createTeam?.id}"`))).toMatch(
    /^BAD_USER_INPUT: input.teamId/,
  );
  const { budgets } = await run<{ budgets: { totalCount: number } }>(
    `{ budgets(filter: { keyId: "${key.id}" }) { totalCount } }`,
    other.caller,
  );
  expect(budgets.totalCount).toBe(0);
});
