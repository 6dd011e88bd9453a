import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TenantsData, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  mesh.clock.ms = null;
  acme = await mesh.addTenant(`Acme ${++count}`);
});

const create = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    secret
    key { id label hint scopes limits { meter window amount } allowedIps expiresAt lastUsedAt revokedAt app { id } }
  }
}`;
const rotate = `mutation ($id: ID!, $overlap: Int) {
  rotateApiKey(id: $id, overlapSeconds: $overlap) { secret key { id label scopes expiresAt } }
}`;
const run = (query: string, variables = {}, caller: Caller = acme.caller) =>
  askForData<TenantsData>(mesh.subgraph, caller, query, variables);
const refusal = async (query: string, variables = {}, caller: Caller = acme.caller) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.[0];

describe('rotateApiKey', () => {
  it('lets the old key live out the overlap, and counts both on the same meters', async () => {
    const limits = [{ meter: 'REQUESTS', window: 'DAY', amount: 5 }];
    const { secret, key } = (await run(create, { input: { appId: acme.appId, label: 'ci', limits } }))
      .createApiKey;
    const start = Date.now();
    mesh.clock.ms = start;
    const rotated = (await run(rotate, { id: key.id, overlap: 60 })).rotateApiKey;
    expect(rotated.key).toMatchObject({ label: 'ci', scopes: ['inference:invoke'], expiresAt: null });
    expect(rotated.secret).not.toBe(secret);
    const [before, after] = await Promise.all([mesh.findCaller(secret), mesh.findCaller(rotated.secret)]);
    expect(before?.expiresAtMs).toBe(start + 60_000);
    expect(after?.keyId).toBe(rotated.key.id);
    expect(after?.limits).toEqual(before?.limits);
    mesh.clock.ms = start + 60_000;
    expect(await mesh.findCaller(secret)).toBeNull();
    expect(await mesh.findCaller(rotated.secret)).not.toBeNull();
  });

  it('has no successor in force before the old key names it, so that a kill leaves none that is unknown', async () => {
    const { secret, key } = (await run(create, { input: { appId: acme.appId } })).createApiKey;
    const written: unknown[] = [];
    const client = mesh.database.connection.getClient();
    const note = ({ commandName, command }: { commandName: string; command: Record<string, unknown> }) => {
      if (command.insert === 'api_keys') written.push(command.documents);
      if (commandName === 'update' && command.update === 'api_keys') written.push(command.updates);
    };
    client.on('commandStarted', note);
    const rotated = (await run(rotate, { id: key.id })).rotateApiKey;
    client.off('commandStarted', note);
    const id = rotated.key.id;
    expect(written.slice(0, 3)).toMatchObject([
      [{ _id: id, revokedAt: expect.any(Date) }],
      [{ q: { _id: key.id }, u: { $set: { replacedById: id } } }],
      [{ q: { _id: id }, u: { $set: { revokedAt: null } } }],
    ]);
    expect(await mesh.findCaller(rotated.secret)).not.toBeNull();
    expect(await mesh.findCaller(secret)).toBeNull();
  });

  it.each([0, 60])(
    'names the successor to whoever lost its secret, which then rotates: overlap %d',
    async (overlap) => {
      const { key } = (await run(create, { input: { appId: acme.appId } })).createApiKey;
      const lost = (await run(rotate, { id: key.id, overlap })).rotateApiKey.key.id;
      const again = await refusal(rotate, { id: key.id });
      expect(again).toMatchObject({ code: 'CONFLICT' });
      expect(again?.message).toContain(`its successor is ${lost}; rotate that one`);
      const { secret } = (await run(rotate, { id: lost })).rotateApiKey;
      expect(await mesh.findCaller(secret)).not.toBeNull();
    },
  );

  it('ends the old key at once without an overlap, and rotates nothing twice', async () => {
    const { secret } = (await run(rotate, { id: acme.keyId }, mesh.admin)).rotateApiKey;
    expect(await mesh.findCaller(acme.secret)).toBeNull();
    expect(await mesh.findCaller(secret)).not.toBeNull();
    expect((await refusal(rotate, { id: acme.keyId }, mesh.admin))?.code).toBe('CONFLICT');
  });

  it('makes one successor of two rotations at once', async () => {
    const { key } = (await run(create, { input: { appId: acme.appId } })).createApiKey;
    const answers = await Promise.all(
      [1, 2, 3].map(() => ask(mesh.subgraph, acme.caller, rotate, { id: key.id, overlap: 9 })),
    );
    expect(answers.map(({ errors }) => errors?.[0]?.code).sort()).toEqual([
      'CONFLICT',
      'CONFLICT',
      undefined,
    ]);
    const { keys } = (await run('{ me { app { keys { id } } } }')).me.app;
    expect(keys).toHaveLength(3);
  });

  it('loses no change that is made at the same time', async () => {
    const update = `mutation ($id: ID!) {
      updateApiKey(id: $id, input: { allowedIps: ["10.0.0.1"], expiresAt: null }) { id }
    }`;
    const limits = [{ meter: 'COST', window: 'DAY', amount: '0.5' }];
    for (let round = 0; round < 10; round++) {
      const { key } = (await run(create, { input: { appId: acme.appId, limits } })).createApiKey;
      const [rotated, updated] = await Promise.all([
        ask<TenantsData>(mesh.subgraph, acme.caller, rotate, { id: key.id, overlap: 60 }),
        ask(mesh.subgraph, acme.caller, update, { id: key.id }),
      ]);
      const refusals = [rotated, updated].flatMap(({ errors = [] }) => errors.map(({ code }) => code));
      if (refusals.length > 0) expect(refusals).toEqual(['CONFLICT']);
      const old = await apiKeys(mesh.database.connection).findById(key.id).lean();
      if (rotated.errors !== undefined) expect(old).toMatchObject({ replacedById: null });
      else {
        expect(old?.expiresAt).not.toBeNull();
        const successor = await apiKeys(mesh.database.connection)
          .findById(rotated.data.rotateApiKey.key.id)
          .lean();
        expect(successor?.allowedIps).toEqual(updated.errors === undefined ? ['10.0.0.1'] : null);
      }
    }
  });

  it('grants no successor a scope that was taken from its key meanwhile', async () => {
    const narrow =
      'mutation ($id: ID!) { updateApiKey(id: $id, input: { scopes: ["inference:invoke"] }) { id } }';
    for (let round = 0; round < 10; round++) {
      const scopes = ['inference:invoke', 'tenants:write'];
      const { key } = (await run(create, { input: { appId: acme.appId, scopes } })).createApiKey;
      const [rotated, narrowed] = await Promise.all([
        ask<TenantsData>(mesh.subgraph, acme.caller, rotate, { id: key.id, overlap: 60 }),
        ask(mesh.subgraph, acme.caller, narrow, { id: key.id }),
      ]);
      if (rotated.errors !== undefined) expect(rotated.errors[0]?.code).toBe('CONFLICT');
      else if (narrowed.errors === undefined) {
        expect(rotated.data.rotateApiKey.key.scopes).toEqual(['inference:invoke']);
      } else expect(narrowed.errors[0]?.code).toBe('CONFLICT');
    }
  });

  it('grants a key with an end the same lifetime again', async () => {
    const start = Date.now();
    mesh.clock.ms = start;
    const expiresAt = new Date(start + 10_000);
    const { key } = (await run(create, { input: { appId: acme.appId, expiresAt } })).createApiKey;
    mesh.clock.ms = start + 4_000;
    const rotated = (await run(rotate, { id: key.id, overlap: 3600 })).rotateApiKey;
    expect(rotated.key.expiresAt).toBe(new Date(start + 14_000).toISOString());
    const old = await apiKeys(mesh.database.connection).findById(key.id).lean();
    expect(old?.expiresAt).toEqual(expiresAt);
  });

  it('hands the secret of a stronger key to no weaker caller', async () => {
    const input = { appId: acme.appId, scopes: ['tenants:admin'] };
    const { key } = (await run(create, { input }, mesh.admin)).createApiKey;
    expect(await refusal(rotate, { id: key.id })).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('tenants:admin'),
    });
  });

  it.each([-1, 30 * 24 * 3600 + 1])('refuses an overlap of %d seconds', async (overlap) => {
    expect(await refusal(rotate, { id: acme.keyId, overlap })).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^overlapSeconds /),
    });
  });
});
