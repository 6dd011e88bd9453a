import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let other: TestTenant;
let team: string;

beforeAll(async () => {
  mesh = await startTenants();
  acme = await mesh.addTenant('Acme');
  other = await mesh.addTenant('Other');
  const made = await askForData<{ createTeam: { id: string } }>(
    ...([
      mesh.subgraph,
      mesh.admin,
      'mutation ($t: ID!) { createTeam(input: { tenantId: $t, name: "team" }) { id } }',
    ] as const),
    { t: acme.tenantId },
  );
  team = made.createTeam.id;
  for (const n of [1, 2]) {
    await askForData(
      mesh.subgraph,
      mesh.admin,
      `mutation ($t: ID!, $app: ID!, $team: ID!) {
        createApp(input: { tenantId: $t, name: "app ${n}", teamId: $team }) { id }
        saveMember(input: { tenantId: $t, subject: "person ${n}", role: OWNER }) { id }
        saveBudget(input: { tenantId: $t, amount: "${n}", window: ${n === 1 ? 'DAY' : 'MONTH'} }) { id }
        createApiKey(input: { appId: $app, label: "key ${n}" }) { key { id } }
      }`,
      { t: acme.tenantId, app: acme.appId, team },
    );
  }
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const lists = `
  tenant(id: $t) { apps(first: $first) { id } members(first: $first) { id } budgets(first: $first) { id } }
  team(id: $team) { apps(first: $first) { id } }
  app(id: $app) { keys(first: $first) { id } }`;
const query = `query ($first: Int, $t: ID!, $team: ID!, $app: ID!) { ${lists} }`;
const toVariables = (first?: number) => ({ first, t: acme.tenantId, team, app: acme.appId });

type Lists = Readonly<Record<string, Readonly<Record<string, readonly { readonly id: string }[]>> | null>>;
const read = async (first?: number) => {
  const data = await askForData<Lists>(mesh.subgraph, mesh.admin, query, toVariables(first));
  return Object.values(data).flatMap((owner) =>
    Object.values(owner ?? {}).map((list) => list.map(({ id }) => id)),
  );
};

it('lists of a tenant, a team and an app have as many of the oldest as requested', async () => {
  const whole = await read();
  expect(whole.map(({ length }) => length)).toEqual([3, 2, 2, 2, 3]);
  for (const first of [0, 1, 2, 500])
    expect(await read(first)).toEqual(whole.map((ids) => ids.slice(0, first)));
  // Of one field twice, each has its own number.
  const both = `query ($t: ID!) { tenant(id: $t) { one: members(first: 1) { id } all: members { id } } }`;
  const { tenant } = await askForData<Lists>(mesh.subgraph, mesh.admin, both, { t: acme.tenantId });
  expect([tenant?.one, tenant?.all].map((list) => list?.length)).toEqual([1, 2]);
});

it('no list has more than 500, and none is another tenant’s', async () => {
  for (const first of [-1, 501]) {
    const { errors = [] } = await ask(mesh.subgraph, mesh.admin, query, toVariables(first));
    expect(errors.length).toBeGreaterThan(0);
    for (const { code } of errors) expect(code).toBe('BAD_USER_INPUT');
  }
  const { data } = await ask<Lists>(mesh.subgraph, other.caller, query, toVariables(1));
  expect(data).toEqual({ tenant: null, team: null, app: null });
});

it('the budgets of an archived tenant are shown with it', async () => {
  const archived = await mesh.addTenant('Archived');
  const run = (text: string) => askForData<Lists>(mesh.subgraph, mesh.admin, text, { t: archived.tenantId });
  await run('mutation ($t: ID!) { saveBudget(input: { tenantId: $t, amount: "1", window: DAY }) { id } }');
  await run('mutation ($t: ID!) { archiveTenant(id: $t) { id } }');
  expect(
    (await run('query ($t: ID!) { tenant(id: $t) { budgets(first: 5) { id } } }')).tenant?.budgets,
  ).toHaveLength(1);
});

it('plans continue after any of them', async () => {
  for (const n of [1, 2, 3]) {
    const input = { id: `paged-${n}`, name: `Paged ${4 - n}`, limits: [] };
    await askForData(
      mesh.subgraph,
      mesh.admin,
      'mutation ($input: PlanInput!) { savePlan(input: $input) { id } }',
      {
        input,
      },
    );
  }
  const page = async (more: string) =>
    (
      await askForData<{ plans: readonly { id: string }[] }>(
        ...([mesh.subgraph, mesh.admin, `{ plans(filter: { search: "Paged" }, ${more}) { id } }`] as const),
      )
    ).plans.map(({ id }) => id);
  expect(await page('first: 2')).toEqual(['paged-1', 'paged-2']);
  expect(await page('first: 2, after: "paged-2"')).toEqual(['paged-3']);
  expect(await page('orderBy: NAME_ASC, after: "paged-3"')).toEqual(['paged-2', 'paged-1']);
});
