import { describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { apps } from '#mongo/apps.ts';
import {
  acme,
  addApp,
  addKey,
  app,
  archiveApp,
  archiveTenant,
  count,
  createKey,
  fill,
  findHolder,
  listed,
  mesh,
  newOperator,
  readRecords,
  refusal,
  restoreApp,
  run,
  useArchiving,
} from '#test/support/setups/archiving.ts';

useArchiving();

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
