import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller, Scope } from '#core/caller.ts';
import { openRow } from '#inference/ledger/rows.ts';
import { callerBounds } from '#state/quota/caller-bounds.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

const scopes: readonly Scope[] = ['inference:invoke', 'tenants:write'];
let mesh: TestTenants;
let acme: TestTenant;
let other: TestTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
  other = await mesh.addTenant('Other', scopes);
});
beforeEach(async () => {
  acme = await mesh.addTenant(`Acme ${++count}`, scopes);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

type Ids = Record<string, { id: string; [field: string]: unknown }>;
const run = <T = Ids>(query: string, caller: Caller = acme.caller) =>
  askForData<T>(mesh.subgraph, caller, query);
const refusal = async (query: string, caller: Caller = acme.caller) => {
  const { errors = [] } = await ask(mesh.subgraph, caller, query);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
};
const requests = (amount: number) => `limits: [{ meter: REQUESTS, window: DAY, amount: ${amount} }]`;
const addTeam = async (name: string, more = '', caller?: Caller) => {
  const { createTeam } = await run(
    `mutation { createTeam(input: { name: "${name}" ${more} }) { id } }`,
    caller,
  );
  return createTeam?.id ?? '';
};
/** An app of the team with a key, and the caller that the key stands for. */
const addApp = async (name: string, teamId: string | null, maker?: Caller, limits = 'limits: []') => {
  const team = teamId === null ? '' : `teamId: "${teamId}"`;
  const { createApp } = await run(`mutation { createApp(input: { name: "${name}" ${team} }) { id } }`, maker);
  const id = createApp?.id ?? '';
  const { createApiKey } = await run<{ createApiKey: { secret: string } }>(
    `mutation { createApiKey(input: { appId: "${id}", scopes: ["inference:invoke", "tenants:write"], ${limits} }) { secret } }`,
    maker,
  );
  const findCaller = async () => (await mesh.findCaller(createApiKey.secret)) as Caller;
  return { id, findCaller };
};
const move = (appId: string, teamId: string | null) =>
  `mutation { updateApp(id: "${appId}", input: { teamId: ${JSON.stringify(teamId)} }) { id team { id } } }`;
const subjects = ({ limits }: Caller) => limits.map(({ subject, amount }) => `${subject} ${amount}`);
const row = (caller: Caller) =>
  openRow({
    ...{ id: 'c', kind: 'completion', caller, model: { id: 'm/a', provider: { id: 'm' } } },
    ...{ promptId: null, promptVersionId: null, cache: 'MISS', startedAtMs: 0, ownerId: 'o', opening: null },
    labels: { requestId: 'r', clientRequestId: null, endUserId: null, tags: [] },
  });

describe('a team', () => {
  it('binds the calls of its apps at once with the limits of tenant, app and key', async () => {
    const teamId = await addTeam('search', requests(7));
    const app = await addApp('shop', teamId);
    await run(`mutation { updateApp(id: "${app.id}", input: { ${requests(5)} }) { id } }`);
    const { saveBudget } = await run(
      `mutation { saveBudget(input: { teamId: "${teamId}", amount: 3, window: DAY }) { id team { name } app { id } } }`,
    );
    expect(saveBudget).toMatchObject({ team: { name: 'search' }, app: null });
    const caller = await app.findCaller();
    expect(subjects(caller)).toEqual([
      `team:${teamId} 7`,
      `app:${app.id} 5`,
      `budget:${saveBudget?.id} 3000000000`,
    ]);
    expect(callerBounds(caller).limits.map(({ subject, scope }) => scope ?? subject)).toEqual([
      `team:${teamId}`,
      `app:${app.id}`,
      `team:${teamId}`,
    ]);
    expect(callerBounds(caller).scopes).toContain(`team:${teamId}`);
    expect(row(caller)).toMatchObject({ teamId, makerScopes: [`team:${teamId}`] });
    const stranger = await addApp('blog', null);
    expect(subjects(await stranger.findCaller())).toEqual([]);
    expect(row(await stranger.findCaller())).not.toHaveProperty('teamId');
  });

  it('has the budgets of each team apart, and one of each window and setter', async () => {
    const [one, two] = [await addTeam('one'), await addTeam('two')];
    const save = (teamId: string, amount: number) =>
      run(`mutation { saveBudget(input: { teamId: "${teamId}", amount: ${amount}, window: DAY }) { id } }`);
    const [first, second, again] = [await save(one, 1), await save(two, 2), await save(one, 3)];
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
    const { budgets } = await run<{ budgets: { edges: { node: { amount: string } }[] } }>(
      `{ budgets(filter: { teamId: "${one}" }) { edges { node { amount } } } }`,
    );
    expect(budgets.edges.map(({ node }) => node.amount)).toEqual(['3.000000000']);
    const app = await addApp('shop', one);
    expect(
      await refusal(
        `mutation { saveBudget(input: { teamId: "${one}", appId: "${app.id}", amount: 1, window: DAY }) { id } }`,
      ),
    ).toMatch(/^BAD_USER_INPUT: input.teamId/);
    expect((await app.findCaller()).limits).toHaveLength(1);
  });

  it('counts the calls of an app from the move on, and keeps those that were made', async () => {
    const [one, two] = [await addTeam('one'), await addTeam('two', requests(2))];
    const app = await addApp('shop', one);
    const before = row(await app.findCaller());
    expect(await run(move(app.id, two))).toEqual({ updateApp: { id: app.id, team: { id: two } } });
    const caller = await app.findCaller();
    expect(subjects(caller)).toEqual([`team:${two} 2`]);
    expect([before.teamId, row(caller).teamId]).toEqual([one, two]);
    const { team } = await run(`{ team(id: "${two}") { id name apps { id } limits { amount } } }`);
    expect(team).toEqual({ id: two, name: 'two', apps: [{ id: app.id }], limits: [{ amount: '2' }] });
    await run(move(app.id, null));
    expect(subjects(await app.findCaller())).toEqual([]);
  });

  it('keeps what operators set: tenants neither raise it, nor move an app out of it', async () => {
    const teamId = await addTeam('search', `tenantId: "${acme.tenantId}" ${requests(5)}`, mesh.admin);
    const app = await addApp('shop', teamId);
    const raise = (amount: number) =>
      `mutation { updateTeam(id: "${teamId}", input: { ${requests(amount)} }) { id } }`;
    expect(await refusal(raise(6))).toMatch(/^FORBIDDEN: .*operator/);
    await run(raise(4));
    expect(await refusal(move(app.id, null))).toMatch(/^FORBIDDEN: An operator/);
    await run(move(app.id, null), mesh.admin);
  });

  it('binds keys that its keys make for other apps, and lets none of them lift its limits', async () => {
    const teamId = await addTeam('search', requests(5));
    const app = await addApp('shop', teamId);
    const caller = await app.findCaller();
    await expect(addApp('unbound', null, caller)).rejects.toThrow('exceeds the bounds');
    const made = await addApp('outside', null, caller, requests(5));
    expect(subjects(await made.findCaller())[0]).toBe(`team:${teamId} 5`);
    expect(row(await made.findCaller()).makerScopes).toEqual([`team:${teamId}`]);
    expect(await refusal(move(app.id, null), caller)).toMatch(/^FORBIDDEN: No key moves its own app/);
    const raise = `mutation { updateTeam(id: "${teamId}", input: { ${requests(6)} }) { id } }`;
    expect(await refusal(raise, caller)).toMatch(/^FORBIDDEN: .*exceed/);
    const inside = await addApp('inside', teamId, caller);
    expect(row(await inside.findCaller()).makerScopes).toEqual([`team:${teamId}`]);
  });

  it('is archived when it is empty, and its name is free until it is restored', async () => {
    const teamId = await addTeam('search');
    const app = await addApp('shop', teamId);
    const archive = `mutation { archiveTeam(id: "${teamId}") }`;
    expect(await refusal(archive)).toMatch(/^CONFLICT: The app "shop"/);
    await run(`mutation { archiveApp(id: "${app.id}") }`);
    expect(await run(archive)).toEqual({ archiveTeam: teamId });
    expect(await refusal(`mutation { restoreApp(id: "${app.id}") { id } }`)).toMatch(/^CONFLICT: The team/);
    const list = async (filter: string) => {
      const { teams } = await run<{ teams: { edges: { node: { name: string } }[] } }>(
        `{ teams(filter: { ${filter} }) { edges { node { name } } } }`,
      );
      return teams.edges.map(({ node }) => node.name);
    };
    expect([await list('archived: false'), await list('archived: true')]).toEqual([[], ['search']]);
    expect(await refusal(`mutation { updateTeam(id: "${teamId}", input: { name: "x" }) { id } }`)).toMatch(
      /^CONFLICT/,
    );
    expect(await refusal(`mutation { createApp(input: { name: "x", teamId: "${teamId}" }) { id } }`)).toMatch(
      /^CONFLICT/,
    );
    const again = await addTeam('search');
    const restore = `mutation { restoreTeam(id: "${teamId}") { name } }`;
    expect(await refusal(restore)).toMatch(/^CONFLICT: There is a team named "search"/);
    await run(`mutation { updateTeam(id: "${again}", input: { name: "other" }) { id } }`);
    expect(await run(restore)).toEqual({ restoreTeam: { name: 'search' } });
    await run(`mutation { restoreApp(id: "${app.id}") { id } }`);
  });

  it('is one of its tenant alone: its id answers like a missing one elsewhere', async () => {
    const teamId = await addTeam('secret');
    const uses = (id: string) => [
      `mutation { updateTeam(id: "${id}", input: { name: "x" }) { id } }`,
      `mutation { archiveTeam(id: "${id}") }`,
      `mutation { restoreTeam(id: "${id}") { id } }`,
      `mutation { createApp(input: { name: "x", teamId: "${id}" }) { id } }`,
      `mutation { updateApp(id: "${other.appId}", input: { teamId: "${id}" }) { id } }`,
      `mutation { saveBudget(input: { teamId: "${id}", amount: 1, window: DAY }) { id } }`,
    ];
    for (const [n, use] of uses(teamId).entries()) {
      const expected = `NOT_FOUND: There is no team "${teamId}".`;
      expect(await refusal(use, other.caller)).toBe(expected);
      expect(await refusal(uses('none')[n] ?? '', other.caller)).toBe(expected.replace(teamId, 'none'));
    }
    expect(await run(`{ team(id: "${teamId}") { id } }`, other.caller)).toEqual({ team: null });
    const { teams } = await run<{ teams: { totalCount: number } }>('{ teams { totalCount } }', other.caller);
    expect(teams.totalCount).toBe(0);
    const foreign = `mutation { createApp(input: { tenantId: "${other.tenantId}", name: "x", teamId: "${teamId}" }) { id } }`;
    expect(await refusal(foreign, mesh.admin)).toBe(`NOT_FOUND: There is no team "${teamId}".`);
  });
});
