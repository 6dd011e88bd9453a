import type { CommandStartedEvent } from 'mongodb';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Caller, type Scope, systemCaller } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { createCallers } from '#gateway/auth/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { apps } from '#mongo/apps.ts';
import { auditLog } from '#mongo/audit-log.ts';
import { tenants } from '#mongo/tenants.ts';
import { openState } from '#state/open-state.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { testPayloads } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import type { Subgraph } from '#transport/executor.ts';
import { hashOfKey } from '../keys/key-text.ts';
import { createTenantsSubgraph } from '../subgraph.ts';

const archiveApp = 'mutation ($id: ID!) { archiveApp(id: $id) }';
const restoreApp = 'mutation ($id: ID!) { restoreApp(id: $id) { id name archivedAt } }';
const archiveTenant = 'mutation ($id: ID!) { archiveTenant(id: $id) }';
const restoreTenant = 'mutation ($id: ID!) { restoreTenant(id: $id) { id name archivedAt } }';
const createKey = `mutation ($appId: ID!, $scopes: [String!], $limits: [LimitInput!]) {
  createApiKey(input: { appId: $appId, scopes: $scopes, limits: $limits }) { secret key { id } } }`;

let mesh: TestTenants;
/** The same with room for few. */
let subgraph: Subgraph;
let acme: TestTenant;
/** A second app of Acme, with a key. */
let app: { readonly id: string; readonly keyId: string; readonly secret: string };
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
  const counts = parseCountLimits('appsPerTenant=4,archivedAppsPerTenant=3');
  subgraph = createTenantsSubgraph({ ...mesh.deps, counts });
});
afterAll(async () => {
  await subgraph?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  acme = await mesh.addTenant(`Acme ${++count}`, ['inference:invoke', 'tenants:write']);
  const id = await addApp('shop');
  app = { id, ...(await addKey(id)) };
});

const run = (query: string, variables: Record<string, unknown> = {}, caller: Caller = acme.caller) =>
  askForData<Record<string, unknown>>(subgraph, caller, query, variables);
async function refusal(query: string, variables: Record<string, unknown> = {}, caller: Caller = acme.caller) {
  const { errors = [] } = await ask(subgraph, caller, query, variables);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

async function addApp(name: string, caller: Caller = acme.caller): Promise<string> {
  const query = 'mutation ($name: String!) { createApp(input: { name: $name }) { id } }';
  return ((await run(query, { name }, caller)).createApp as { id: string }).id;
}

async function addKey(
  appId: string,
  scopes: readonly Scope[] = ['inference:invoke'],
  caller: Caller = mesh.admin,
  limits: object[] = [],
) {
  const { createApiKey } = await run(createKey, { appId, scopes, limits }, caller);
  const { secret, key } = createApiKey as { secret: string; key: { id: string } };
  return { keyId: key.id, secret };
}

const findHolder = async (secret: string, of: Subgraph = subgraph) =>
  (
    await askForData<{ _caller: { archived?: string; keyId?: string } | null }>(
      of,
      systemCaller,
      'query ($hash: String!) { _caller(keyHash: $hash) }',
      { hash: hashOfKey(secret) },
    )
  )._caller;
const readRecords = (action: string, targetId: string) =>
  auditLog(mesh.database.connection).find({ action, targetId }).lean();

/** Names, labels, subjects … of each list, as the caller sees them. */
async function listed(caller: Caller, filter: object) {
  const fields = {
    apps: 'name',
    apiKeys: 'id',
    members: 'subject',
    budgets: 'amount',
    accessGrants: 'resource',
  };
  const types: Record<string, string> = {
    ...{ apps: 'AppFilter', apiKeys: 'ApiKeyFilter', members: 'MemberFilter' },
    ...{ budgets: 'BudgetFilter', accessGrants: 'AccessGrantFilter' },
  };
  const shown: Record<string, unknown[]> = {};
  for (const [list, field] of Object.entries(fields)) {
    const query = `query ($filter: ${types[list]}) { ${list}(filter: $filter) { totalCount edges { node { ${field} } } } }`;
    const page = (await run(query, { filter }, caller))[list] as {
      totalCount: number;
      edges: { node: Record<string, unknown> }[];
    };
    expect(page.totalCount).toBe(page.edges.length);
    shown[list] = page.edges.map(({ node }) => node[field]);
  }
  return shown;
}

/** One of everything below the app and the tenant. */
async function fill() {
  await run(
    'mutation ($app: ID!) { a: saveBudget(input: { amount: "1", window: DAY }) { id } b: saveBudget(input: { amount: "2", window: DAY, appId: $app }) { id } saveMember(input: { subject: "ada", role: OWNER }) { id } }',
    { app: app.id },
  );
  const shop = await mesh.findCaller(app.secret);
  await run('mutation { requestAccess(resource: "theirs") { id } }', {}, shop ?? undefined);
  await run('mutation { requestAccess(resource: "ours") { id } }');
}

describe('archiveApp', () => {
  it('refuses its keys and page tokens, and states why; those of other apps work on', async () => {
    const shop = (await mesh.findCaller(app.secret)) as Caller;
    const { createPageToken } = await run(
      'mutation { createPageToken(input: { endUserId: "ada" }) { token } }',
      {},
      shop,
    );
    const { token } = createPageToken as { token: string };
    expect(await run(archiveApp, { id: app.id })).toEqual({ archiveApp: app.id });
    for (const secret of [app.secret, token]) {
      expect(await findHolder(secret)).toMatchObject({ archived: 'app', caller: { keyId: app.keyId } });
      expect(await mesh.findCaller(secret)).toBeNull();
    }
    expect(await mesh.findCaller(acme.secret)).toEqual(acme.caller);
    await run('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: app.keyId });
    expect(await findHolder(app.secret)).toBeNull();
  });

  it('hides it and what is below it, which the filter shows and references find', async () => {
    await fill();
    const before = await listed(acme.caller, {});
    await run(archiveApp, { id: app.id });
    for (const caller of [acme.caller, mesh.admin]) {
      const ofAcme = { tenantId: acme.tenantId };
      expect(await listed(caller, ofAcme)).toEqual({
        ...{ apps: ['app'], apiKeys: [acme.keyId], members: ['ada'] },
        ...{ budgets: ['1.000000000'], accessGrants: ['ours'] },
      });
      expect(await listed(caller, { ...ofAcme, archived: false })).toEqual(await listed(caller, ofAcme));
      expect(await listed(caller, { ...ofAcme, archived: true })).toEqual({
        ...{ apps: ['shop'], apiKeys: [app.keyId], members: [] },
        ...{ budgets: ['2.000000000'], accessGrants: ['theirs'] },
      });
    }
    const query = `query ($id: ID!) {
      app(id: $id) { name archivedAt keys { id } tenant { apps { name } budgets { amount } } }
    }`;
    expect(await run(query, { id: app.id })).toEqual({
      app: {
        ...{ name: 'shop', archivedAt: expect.any(String), keys: [{ id: app.keyId }] },
        tenant: { apps: [{ name: 'app' }], budgets: [{ amount: '1.000000000' }] },
      },
    });
    const references = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on App { name } } }';
    expect(await run(references, { of: [{ __typename: 'App', id: app.id }] })).toEqual({
      _entities: [{ name: 'shop' }],
    });
    expect(await readRecords('app.archive', app.id)).toMatchObject([
      { tenantId: acme.tenantId, outcome: 'SUCCEEDED' },
    ]);
    expect(JSON.stringify(await readRecords('app.archive', app.id))).not.toContain(`shop ${app.id}`);
    await run(restoreApp, { id: app.id });
    expect(await listed(acme.caller, {})).toEqual(before);
  });

  it('is searched by its name, not by what it is stored under', async () => {
    const id = await addApp('The Old Shop');
    await run(archiveApp, { id });
    const search = async (text: string, archived: boolean) => {
      const query = 'query ($f: AppFilter) { apps(filter: $f) { edges { node { name } } } }';
      const found = await run(query, { f: { search: text, archived } });
      return (found.apps as { edges: { node: { name: string } }[] }).edges.map(({ node }) => node.name);
    };
    for (const text of ['the old', 'OLD SHOP', 'Shop', 'The Old Shop']) {
      expect(await search(text, true), text).toEqual(['The Old Shop']);
    }
    for (const text of [id, id.slice(3, 9), `shop ${id.slice(0, 3)}`])
      expect(await search(text, true)).toEqual([]);
    expect(await search('shop', false)).toEqual(['shop']);
    expect(await search('SHO', false)).toEqual(['shop']);
  });

  it('changes nothing the second time, and leaves no second record', async () => {
    await run(archiveApp, { id: app.id });
    const stored = () => apps(mesh.database.connection).findById(app.id).lean();
    const first = await stored();
    expect(await run(archiveApp, { id: app.id })).toEqual({ archiveApp: app.id });
    expect(await stored()).toEqual(first);
    expect(await readRecords('app.archive', app.id)).toHaveLength(1);
  });

  it('completes what a process that died on the way has left', async () => {
    const { connection } = mesh.database;
    await apps(connection).updateOne(
      { _id: app.id },
      { $set: { name: `shop ${app.id} `, archivedAt: new Date() } },
    );
    expect(await findHolder(app.secret)).toMatchObject({ archived: 'app' });
    expect((await listed(acme.caller, {})).apiKeys).toContain(app.keyId);
    await run(archiveApp, { id: app.id });
    expect((await listed(acme.caller, {})).apiKeys).not.toContain(app.keyId);
    await apps(connection).updateOne({ _id: app.id }, { $set: { name: 'shop', archivedAt: null } });
    await run(restoreApp, { id: app.id });
    expect((await listed(acme.caller, {})).apiKeys).toContain(app.keyId);
  });

  it.each<[string, string, () => Record<string, unknown>]>([
    ['createApiKey', createKey, () => ({ appId: app.id })],
    ['rotateApiKey', 'mutation ($id: ID!) { rotateApiKey(id: $id) { secret } }', () => ({ id: app.keyId })],
    [
      'updateApiKey',
      'mutation ($id: ID!) { updateApiKey(id: $id, input: { label: "x" }) { id } }',
      () => ({ id: app.keyId }),
    ],
    [
      'updateApp',
      'mutation ($id: ID!) { updateApp(id: $id, input: { name: "x" }) { id } }',
      () => ({ id: app.id }),
    ],
    [
      'saveBudget',
      'mutation ($id: ID!, $tenantId: ID) { saveBudget(input: { tenantId: $tenantId, appId: $id, amount: "1", window: DAY }) { id } }',
      () => ({ id: app.id, tenantId: acme.tenantId }),
    ],
  ])(
    'leaves nothing to create or change below it: %s is a CONFLICT that states what to do',
    async (_n, query, variables) => {
      await run(archiveApp, { id: app.id });
      for (const caller of [acme.caller, mesh.admin]) {
        expect(await refusal(query, variables(), caller)).toBe(
          `CONFLICT: The app "${app.id}" is archived: restore it first.`,
        );
      }
    },
  );

  it('leaves no access to request, or to decide, and lets budgets and keys below it be ended', async () => {
    await fill();
    const shop = (await mesh.findCaller(app.secret)) as Caller;
    await run(archiveApp, { id: app.id });
    expect(await refusal('mutation { requestAccess(resource: "late") { id } }', {}, shop)).toMatch(
      /^CONFLICT/,
    );
    const { accessGrants, budgets } = (await run(
      '{ accessGrants(filter: { archived: true }) { edges { node { id } } } budgets(filter: { archived: true }) { edges { node { id } } } }',
    )) as Record<string, { edges: { node: { id: string } }[] }>;
    const grant = { id: accessGrants?.edges[0]?.node.id };
    expect(
      await refusal('mutation ($id: ID!) { decideAccess(id: $id, approve: true) { id } }', grant),
    ).toMatch(/^CONFLICT/);
    const budget = { id: budgets?.edges[0]?.node.id };
    expect(
      await refusal(
        'mutation ($id: ID!) { saveBudget(input: { id: $id, amount: "1", window: MONTH }) { id } }',
        budget,
      ),
    ).toMatch(/^CONFLICT/);
    await run('mutation ($id: ID!) { deleteBudget(id: $id) }', budget);
    await run('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: app.keyId });
  });

  it('answers the same for the app of another tenant as for an unknown one, and needs tenants:write', async () => {
    const other = await mesh.addTenant(`Other ${count}`, ['tenants:write']);
    for (const query of [archiveApp, restoreApp]) {
      expect(await refusal(query, { id: app.id }, other.caller)).toBe(
        `NOT_FOUND: There is no app "${app.id}".`,
      );
      expect(await refusal(query, { id: 'none' }, other.caller)).toBe('NOT_FOUND: There is no app "none".');
      const reader = { ...acme.caller, scopes: ['tenants:read'] };
      expect(await refusal(query, { id: app.id }, reader)).toMatch(/^FORBIDDEN: .*tenants:write/);
    }
    await run(archiveApp, { id: app.id });
    expect((await listed(other.caller, { archived: true })).apps).toEqual([]);
    expect((await listed(other.caller, { archived: true, tenantId: acme.tenantId })).apps).toEqual([]);
    expect(await run('query ($id: ID!) { app(id: $id) { id } }', { id: app.id }, other.caller)).toEqual({
      app: null,
    });
  });

  it('locks no caller out: not the app of the caller, nor that of the first start', async () => {
    expect(await refusal(archiveApp, { id: acme.appId })).toMatch(/^FORBIDDEN: No key archives its own app/);
    const root = await newOperator();
    for (const id of ['default-app', 'default']) {
      expect(await refusal(archiveApp, { id }, root)).toMatch(/^CONFLICT: The app of the first start stays/);
      expect(await refusal(archiveTenant, { id: 'default' }, root)).toMatch(
        /^CONFLICT: The tenant of the first start/,
      );
    }
  });

  it('is for an operator where the app has a key with tenants:admin, and never takes the last of these', async () => {
    const keys = apiKeys(mesh.database.connection);
    await addKey(app.id, ['tenants:admin']);
    expect(await refusal(archiveApp, { id: app.id })).toMatch(/^FORBIDDEN: .*tenants:admin/);
    const operators = { scopes: 'tenants:admin', appId: { $ne: app.id } };
    const others = await keys.find({ ...operators, revokedAt: null }).lean();
    await keys.updateMany(
      { _id: { $in: others.map(({ _id }) => _id) } },
      { $set: { revokedAt: new Date() } },
    );
    for (const [query, id] of [
      [archiveApp, app.id],
      [archiveTenant, acme.tenantId],
    ] as const) {
      expect(await refusal(query, { id }, mesh.admin)).toMatch(
        /^CONFLICT: The last API keys with tenants:admin/,
      );
    }
    expect(await mesh.findCaller(app.secret)).not.toBeNull();
    await keys.updateMany({ _id: { $in: others.map(({ _id }) => _id) } }, { $set: { revokedAt: null } });
    await run(archiveApp, { id: app.id }, mesh.admin);
    expect(await refusal(restoreApp, { id: app.id })).toMatch(/^FORBIDDEN/);
  });

  it('counts no key of an archived app as a way in', async () => {
    const keys = apiKeys(mesh.database.connection);
    await addKey(app.id, ['tenants:admin']);
    const last = await addKey(acme.appId, ['tenants:admin']);
    await run(archiveApp, { id: app.id }, mesh.admin);
    const others = await keys
      .find({ scopes: 'tenants:admin', revokedAt: null, _id: { $ne: last.keyId }, appId: { $ne: app.id } })
      .lean();
    const ids = { _id: { $in: others.map(({ _id }) => _id) } };
    await keys.updateMany(ids, { $set: { revokedAt: new Date() } });
    const revoke = 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }';
    expect(await refusal(revoke, { id: last.keyId }, mesh.admin)).toMatch(/^CONFLICT: .*is the last/);
    await keys.updateMany(ids, { $set: { revokedAt: null } });
  });

  it('frees its room and its name, which restoring needs again; archived apps are bounded as well', async () => {
    const b = await addApp('b');
    await addApp('c');
    expect(await refusal('mutation { createApp(input: { name: "d" }) { id } }')).toContain(
      'raise appsPerTenant.',
    );
    await run(archiveApp, { id: app.id });
    const again = await addApp('shop');
    expect(await refusal(restoreApp, { id: app.id })).toContain('raise appsPerTenant.');
    await run(archiveApp, { id: b });
    expect(await refusal(restoreApp, { id: app.id })).toBe(
      'CONFLICT: There is an app named "shop" in this tenant already: rename or archive that one first.',
    );
    await run(archiveApp, { id: again });
    expect((await listed(acme.caller, { archived: true })).apps).toEqual(['shop', 'b', 'shop']);
    const e = await addApp('e');
    expect(await refusal(archiveApp, { id: e })).toContain('raise archivedAppsPerTenant.');
    expect(await run(restoreApp, { id: app.id })).toEqual({
      restoreApp: { id: app.id, name: 'shop', archivedAt: null },
    });
    expect(await mesh.findCaller(app.secret)).toMatchObject({ keyId: app.keyId });
  });

  it('neither widens nor ends the keys that were made with its keys for other apps', async () => {
    const limits = [{ meter: 'REQUESTS', window: 'DAY', amount: '7' }];
    const maker = await addKey(app.id, ['inference:invoke', 'tenants:write'], mesh.admin, limits);
    await run('mutation ($id: ID!) { saveBudget(input: { appId: $id, amount: "3", window: DAY }) { id } }', {
      id: app.id,
    });
    const made = await addKey(
      acme.appId,
      ['inference:invoke'],
      (await mesh.findCaller(maker.secret)) as Caller,
      limits,
    );
    const before = await mesh.findCaller(made.secret);
    expect(before?.limits.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining([`key:${maker.keyId}`, expect.stringMatching(/^budget:/)]),
    );
    await run(archiveApp, { id: app.id });
    expect(await mesh.findCaller(made.secret)).toEqual(before);
  });
});

describe('restoreApp', () => {
  it('makes its keys good again; one that is not archived stays as it is', async () => {
    await run(archiveApp, { id: app.id });
    const restored = { restoreApp: { id: app.id, name: 'shop', archivedAt: null } };
    expect(await run(restoreApp, { id: app.id })).toEqual(restored);
    expect(await run(restoreApp, { id: app.id })).toEqual(restored);
    expect(await readRecords('app.restore', app.id)).toHaveLength(1);
    expect(await mesh.findCaller(app.secret)).toMatchObject({ keyId: app.keyId });
  });

  it('is for an operator where an operator has archived it', async () => {
    await run(archiveApp, { id: app.id }, mesh.admin);
    expect(await refusal(restoreApp, { id: app.id })).toMatch(/^FORBIDDEN: .*operator.*tenants:admin/);
    expect(await mesh.findCaller(app.secret)).toBeNull();
    await run(restoreApp, { id: app.id }, mesh.admin);
    expect(await mesh.findCaller(app.secret)).not.toBeNull();
  });

  it('is for an operator too where an operator archives what the tenant has archived', async () => {
    await run(archiveApp, { id: app.id });
    await run(archiveApp, { id: app.id }, mesh.admin);
    expect(await readRecords('app.archive', app.id)).toHaveLength(2);
    expect(await refusal(restoreApp, { id: app.id })).toMatch(/^FORBIDDEN/);
  });

  it('restores no key that may do what the caller may not', async () => {
    const wide = await addKey(app.id, ['audit:read']);
    await run(archiveApp, { id: app.id });
    expect(await refusal(restoreApp, { id: app.id })).toMatch(/^FORBIDDEN: .*audit:read/);
    await run('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: wide.keyId });
    await run(restoreApp, { id: app.id });
  });
});

describe('at the same time', () => {
  it.each<[string, string, () => Record<string, unknown>]>([
    ['archiveApp', archiveApp, () => ({ id: app.id })],
    ['restoreApp', restoreApp, () => ({ id: app.id })],
    ['archiveTenant', archiveTenant, () => ({ id: acme.tenantId })],
    ['restoreTenant', restoreTenant, () => ({ id: acme.tenantId })],
    ['createApiKey', createKey, () => ({ appId: app.id })],
    ['rotateApiKey', 'mutation ($id: ID!) { rotateApiKey(id: $id) { secret } }', () => ({ id: app.keyId })],
    ...[
      'createApp(input: { tenantId: $id, name: "x" })',
      'updateTenant(id: $id, input: { cacheByDefault: true })',
      'saveMember(input: { tenantId: $id, subject: "x", role: OWNER })',
      'saveBudget(input: { tenantId: $id, amount: "1", window: DAY })',
    ].map((mutation): [string, string, () => Record<string, unknown>] => [
      mutation.split('(')[0] ?? '',
      `mutation ($id: ID!) { ${mutation} { id } }`,
      () => ({ id: acme.tenantId }),
    ]),
    [
      'updateApp',
      'mutation ($id: ID!) { updateApp(id: $id, input: { name: "x" }) { id } }',
      () => ({ id: app.id }),
    ],
  ])('%s waits while another process changes what belongs to the tenant', async (_name, query, variables) => {
    const answer = await whileHeld(`tenant ${acme.tenantId}`, query, variables());
    expect(answer.errors).toBeUndefined();
  });

  it('creating keys, renaming and archiving leave nothing in lists below what is archived', async () => {
    const rename = 'mutation ($id: ID!) { updateApp(id: $id, input: { name: "renamed" }) { id } }';
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        ask(
          subgraph,
          acme.caller,
          n === 5 ? archiveApp : n === 6 ? rename : createKey,
          n === 5 || n === 6 ? { id: app.id } : { appId: app.id },
        ),
      ),
    );
    expect(answers[5]?.errors).toBeUndefined();
    const codes = answers.flatMap(({ errors = [] }) => errors.map(({ code }) => code));
    expect(new Set(codes).difference(new Set(['CONFLICT']))).toEqual(new Set());
    expect((await listed(acme.caller, {})).apiKeys).toEqual([acme.keyId]);
    const name = answers[6]?.errors === undefined ? 'renamed' : 'shop';
    const shown = await listed(acme.caller, { archived: true });
    expect(shown.apps).toEqual([name]);
    expect(shown.apiKeys).toHaveLength(
      1 + 10 - codes.filter((_, n) => n >= 0).length + (name === 'shop' ? 1 : 0),
    );
  });

  it('creating and restoring never make more apps than there may be, and one name goes to one app', async () => {
    const b = await addApp('b');
    for (const id of [app.id, b]) await run(archiveApp, { id });
    await addApp('c');
    const create = 'mutation ($name: String!) { createApp(input: { name: $name }) { id } }';
    const answers = await Promise.all([
      ...[app.id, b].map((id) => ask(subgraph, acme.caller, restoreApp, { id })),
      ...['shop', 'b', 'x', 'y'].map((name) => ask(subgraph, acme.caller, create, { name })),
    ]);
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(2);
    const names = (await listed(acme.caller, {})).apps as string[];
    expect(names).toHaveLength(4);
    expect(new Set(names).size).toBe(4);
  });

  it.each<[string, string, () => string]>([
    ['archiveApp', archiveApp, () => app.id],
    ['archiveTenant', archiveTenant, () => acme.tenantId],
  ])(
    '%s waits while another process ends a key with tenants:admin, whether it has one',
    async (_n, query, id) => {
      const answer = await whileHeld('the keys with tenants:admin', query, { id: id() });
      expect(answer.errors).toBeUndefined();
    },
  );

  it('never archives the last keys with tenants:admin, each way in by another', async () => {
    const second = await addApp('second');
    await addKey(app.id, ['tenants:admin']);
    await addKey(second, ['tenants:admin']);
    const keys = apiKeys(mesh.database.connection);
    const others = await keys
      .find({ scopes: 'tenants:admin', revokedAt: null, appId: { $nin: [app.id, second] } })
      .lean();
    const ids = { _id: { $in: others.map(({ _id }) => _id) } };
    await keys.updateMany(ids, { $set: { revokedAt: new Date() } });
    const answers = await Promise.all(
      [app.id, second].map((id) => ask(subgraph, mesh.admin, archiveApp, { id })),
    );
    expect(answers.map(({ errors }) => errors?.[0]?.code).toSorted()).toEqual(['CONFLICT', undefined]);
    await keys.updateMany(ids, { $set: { revokedAt: null } });
  });
});

/** Asks while another process holds the lock, which it gives back once the operation waits for it. */
async function whileHeld(name: string, query: string, variables: Record<string, unknown>) {
  const { connection } = mesh.database;
  const locks = connection.collection<{ _id: string; holder: string; until: Date }>('locks');
  await locks.insertOne({ _id: name, holder: 'another', until: new Date(Date.now() + 60_000) });
  const waits = Promise.withResolvers<'waits'>();
  let tries = 0;
  const note = ({ command }: CommandStartedEvent) => {
    if (command.update === 'locks' && command.updates?.[0]?.q._id === name && ++tries === 2)
      waits.resolve('waits');
  };
  const client = connection.getClient();
  client.on('commandStarted', note);
  const answer = ask(subgraph, mesh.admin, query, variables);
  expect(await Promise.race([waits.promise, answer])).toBe('waits');
  client.off('commandStarted', note);
  await locks.deleteOne({ _id: name });
  return answer;
}

/** An operator of another app and tenant than those of the first start. */
async function newOperator(): Promise<Caller> {
  const { secret } = await addKey(app.id, ['tenants:admin', 'tenants:write']);
  return (await mesh.findCaller(secret)) as Caller;
}

describe('archiveTenant', () => {
  it('refuses all its keys, hides everything below it, and restoreTenant undoes that but for archived apps', async () => {
    await fill();
    const old = await addApp('old');
    await run(archiveApp, { id: old });
    const ofAcme = { tenantId: acme.tenantId };
    const [shown, hidden] = [
      await listed(mesh.admin, ofAcme),
      await listed(mesh.admin, { ...ofAcme, archived: true }),
    ];
    const id = acme.tenantId;
    expect(await run(archiveTenant, { id }, mesh.admin)).toEqual({ archiveTenant: id });
    for (const secret of [app.secret, acme.secret]) {
      expect(await findHolder(secret)).toMatchObject({ archived: 'tenant' });
      expect(await mesh.findCaller(secret)).toBeNull();
    }
    expect(await listed(mesh.admin, ofAcme)).toEqual({
      ...{ apps: [], apiKeys: [], members: [], budgets: [], accessGrants: [] },
    });
    const all = await listed(mesh.admin, { ...ofAcme, archived: true });
    for (const list of Object.keys(shown)) {
      expect(new Set(all[list]), list).toEqual(new Set([...(shown[list] ?? []), ...(hidden[list] ?? [])]));
    }
    const query =
      'query ($id: ID!) { tenant(id: $id) { name archivedAt apps { name } members { subject } budgets { amount } } }';
    expect(await run(query, { id }, mesh.admin)).toEqual({
      tenant: {
        ...{ name: `Acme ${count}`, archivedAt: expect.any(String) },
        ...{ apps: [{ name: 'app' }, { name: 'shop' }], members: [{ subject: 'ada' }] },
        budgets: [{ amount: '1.000000000' }, { amount: '2.000000000' }],
      },
    });
    expect(await run(archiveTenant, { id }, mesh.admin)).toEqual({ archiveTenant: id });
    expect(await readRecords('tenant.archive', id)).toHaveLength(1);
    expect(await refusal(restoreApp, { id: old }, mesh.admin)).toBe(
      `CONFLICT: The tenant "${id}" is archived: restore it first.`,
    );
    const restored = { restoreTenant: { id, name: `Acme ${count}`, archivedAt: null } };
    expect(await run(restoreTenant, { id }, mesh.admin)).toEqual(restored);
    expect(await run(restoreTenant, { id }, mesh.admin)).toEqual(restored);
    expect(await readRecords('tenant.restore', id)).toHaveLength(1);
    expect(await listed(mesh.admin, ofAcme)).toEqual(shown);
    expect(await listed(mesh.admin, { ...ofAcme, archived: true })).toEqual(hidden);
    expect(await mesh.findCaller(app.secret)).toMatchObject({ keyId: app.keyId });
  });

  it('leaves the list, is found by the filter and its name, and its name is free', async () => {
    const id = acme.tenantId;
    const name = `Acme ${count}`;
    await run(archiveTenant, { id }, mesh.admin);
    const found = async (filter: object) =>
      (
        (
          await run(
            'query ($f: TenantFilter) { tenants(filter: $f) { edges { node { id name } } } }',
            { f: filter },
            mesh.admin,
          )
        ).tenants as { edges: { node: object }[] }
      ).edges.map(({ node }) => node);
    expect(await found({ search: name })).toEqual([]);
    expect(await found({ search: name, archived: true })).toEqual([{ id, name }]);
    const next = await mesh.addTenant(name);
    expect(next.tenantId).not.toBe(id);
    expect(await refusal(restoreTenant, { id }, mesh.admin)).toBe(
      `CONFLICT: There is a tenant named "${name}" already: rename or archive that one first.`,
    );
  });

  it.each<[string, () => string]>([
    ['createApp', () => `createApp(input: { tenantId: "${acme.tenantId}", name: "x" }) { id }`],
    ['updateApp', () => `updateApp(id: "${app.id}", input: { name: "x" }) { id }`],
    ['createApiKey', () => `createApiKey(input: { appId: "${app.id}" }) { secret }`],
    ['rotateApiKey', () => `rotateApiKey(id: "${app.keyId}") { secret }`],
    ['updateApiKey', () => `updateApiKey(id: "${app.keyId}", input: { label: "x" }) { id }`],
    [
      'saveMember',
      () => `saveMember(input: { tenantId: "${acme.tenantId}", subject: "x", role: OWNER }) { id }`,
    ],
    [
      'saveBudget',
      () => `saveBudget(input: { tenantId: "${acme.tenantId}", amount: "1", window: DAY }) { id }`,
    ],
    ['updateTenant', () => `updateTenant(id: "${acme.tenantId}", input: { name: "x" }) { id }`],
  ])('leaves nothing to create or change below it: %s is a CONFLICT', async (_name, mutation) => {
    await run(archiveTenant, { id: acme.tenantId }, mesh.admin);
    expect(await refusal(`mutation { ${mutation()} }`, {}, mesh.admin)).toBe(
      `CONFLICT: The tenant "${acme.tenantId}" is archived: restore it first.`,
    );
  });

  it('is for operators, of another tenant, and reports an unknown one as missing', async () => {
    for (const query of [archiveTenant, restoreTenant]) {
      expect(await refusal(query, { id: acme.tenantId })).toMatch(/^FORBIDDEN: .*tenants:admin/);
      expect(await refusal(query, { id: 'none' }, mesh.admin)).toBe('NOT_FOUND: There is no tenant "none".');
    }
    expect(await refusal(archiveTenant, { id: acme.tenantId }, await newOperator())).toMatch(
      /^FORBIDDEN: No key archives its own tenant/,
    );
  });

  it('can be assigned another plan, so that plans can be deleted', async () => {
    await run(archiveTenant, { id: acme.tenantId }, mesh.admin);
    await run(
      'mutation { savePlan(input: { id: "other", name: "Other", limits: [] }) { id } }',
      {},
      mesh.admin,
    );
    const assign = 'mutation ($id: ID!) { assignPlan(tenantId: $id, planId: "other") { name plan { id } } }';
    expect(await run(assign, { id: acme.tenantId }, mesh.admin)).toEqual({
      assignPlan: { name: `Acme ${count}`, plan: { id: 'other' } },
    });
  });

  it('is bounded, frees its room, and needs it again', async () => {
    const { connection } = mesh.database;
    const [live, archived] = await Promise.all([
      tenants(connection).countDocuments({ archivedAt: null }),
      tenants(connection).countDocuments({ archivedAt: { $ne: null } }),
    ]);
    const counts = parseCountLimits(`tenants=${live},archivedTenants=${archived + 1}`);
    await using small = createTenantsSubgraph({ ...mesh.deps, counts });
    const create = 'mutation ($name: String!) { createTenant(input: { name: $name }) { id } }';
    const made = async (name: string) => {
      const { data, errors } = await ask<{ createTenant: { id: string } }>(small, mesh.admin, create, {
        name,
      });
      return errors?.[0]?.message ?? data.createTenant.id;
    };
    expect(await made(`More ${count}`)).toContain('raise tenants.');
    await askForData(small, mesh.admin, archiveTenant, { id: acme.tenantId });
    const more = await made(`More ${count}`);
    const readErrors = async (query: string, id: string) =>
      (await ask(small, mesh.admin, query, { id })).errors?.[0]?.message;
    expect(await readErrors(restoreTenant, acme.tenantId)).toContain('raise tenants.');
    expect(await readErrors(archiveTenant, more)).toContain('raise archivedTenants.');
  });
});

if (!hasRedis()) console.warn('Left out: archiving in many processes. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('in many processes', () => {
  it('a key that a gateway knows is refused by all of them as soon as they hear of it, and good again once restored', async () => {
    await using opened = new AsyncDisposableStack();
    const log = pino({ level: 'silent' });
    const { url } = opened.use(await startRedis());
    const [first, second] = [
      opened.use(await openState(url, log, { seal: testPayloads })),
      opened.use(await openState(url, log, { seal: testPayloads })),
    ];
    const writing = opened.use(createTenantsSubgraph({ ...mesh.deps, bus: first.bus }));
    // A clock that stands: no answer is forgotten by its age.
    const now = () => 1_000_000;
    const gateways = [
      opened.use(await createCallers({ tenants: writing, bus: first.bus, now })),
      opened.use(await createCallers({ tenants: writing, bus: second.bus, now })),
    ];
    const answers = (secret: string) =>
      Promise.all(
        gateways.map((gateway) =>
          gateway.identify({ apiKey: secret }, { requestId: 'r', clientAddress: null }).then(
            ({ keyId }) => keyId,
            ({ code, message, problem }) => ({ code, message, problem }),
          ),
        ),
      );
    for (const [archive, restore, id, secret, what] of [
      [archiveApp, restoreApp, app.id, app.secret, 'app'],
      [archiveTenant, restoreTenant, acme.tenantId, app.secret, 'tenant'],
    ] as const) {
      expect(await answers(secret)).toEqual([app.keyId, app.keyId]);
      await askForData(writing, mesh.admin, archive, { id });
      const refused = {
        ...{ code: 'UNAUTHENTICATED', message: `The ${what} of this API key is archived.` },
        problem: 'ARCHIVED',
      };
      await vi.waitFor(async () => expect(await answers(secret)).toEqual([refused, refused]));
      expect(gateways.map((gateway) => gateway.isKnown({ apiKey: secret }))).toEqual([false, false]);
      await askForData(writing, mesh.admin, restore, { id });
      await vi.waitFor(async () => expect(await answers(secret)).toEqual([app.keyId, app.keyId]));
    }
  });
});
