import type { CommandStartedEvent } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { apiKeys } from '#mongo/api-keys.ts';
import {
  acme,
  addApp,
  addKey,
  app,
  archiveApp,
  archiveTenant,
  createKey,
  listed,
  mesh,
  readRecords,
  refusal,
  restoreApp,
  restoreTenant,
  run,
  subgraph,
  useArchiving,
} from '#test/support/setups/archiving.ts';
import { ask } from '#test/support/subgraph.ts';

useArchiving();

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
