import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDataKeyId } from '#core/secrets/data-box.ts';
import { meshOwner } from '#core/secrets/owner-boxes.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { destroyTenantKey, tenantKeys } from '#mongo/tenant-keys.ts';
import { tenants } from '#mongo/tenants.ts';
import { type ModelsMesh, modelsAdmin, openModelsMesh } from '#test/support/models-mesh.ts';
import { askForData, testCaller } from '#test/support/subgraph.ts';

const acme = testCaller('acme', 'providers:write', 'models:read', 'tenants:write');

let mesh: ModelsMesh;
beforeAll(async () => {
  mesh = await openModelsMesh();
  await tenants(mesh.database.connection).create({
    ...{ _id: 'acme', name: 'acme', planId: 'p', allowedRegions: null, payloadLogging: 'NONE' },
    ...{ cacheByDefault: false, createdAt: new Date(), archivedAt: null },
  });
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const read = async (caller = acme) => {
  const { provider } = await askForData<{ provider: { credentials: { id: string; state: string }[] } }>(
    mesh.subgraph,
    caller,
    '{ provider(id: "openai") { credentials { id state } } }',
  );
  return provider.credentials;
};

it('seals every secret of a provider with the key of its owner, which ends with the tenant and leaves those of the mesh', async () => {
  const { connection } = mesh.database;
  const create =
    'mutation { createProvider(input: { id: "openai", kind: OPENAI, apiKey: "sk-first" }) { id } }';
  for (const caller of [modelsAdmin, acme]) await askForData(mesh.subgraph, caller, create);
  const [own] = await read();
  for (const change of [
    'addProviderCredential(providerId: "acme:openai", label: "b", secret: "sk-second") { id }',
    `rotateProviderCredential(id: "${own?.id}", secret: "sk-third", overlapSeconds: 60) { id }`,
  ]) {
    await askForData(mesh.subgraph, acme, `mutation { ${change} }`);
  }
  const findKeyId = async (owner: string) =>
    (await tenantKeys(connection).findById(owner).lean())?.keys[0]?.keyId;
  const records = await providerCredentials(connection).find().lean();
  expect(records).toHaveLength(3);
  for (const { tenantId, sealed, previous } of records) {
    const texts = [sealed, ...(previous == null ? [] : [previous.sealed])];
    expect(texts.map(readDataKeyId)).toEqual(texts.map(() => expect.any(String)));
    for (const text of texts) expect(readDataKeyId(text)).toBe(await findKeyId(tenantId ?? meshOwner));
  }
  expect(await findKeyId('acme')).not.toBe(await findKeyId(meshOwner));
  await destroyTenantKey(connection, 'acme');
  expect((await read()).map(({ state }) => state)).toEqual(['UNREADABLE', 'UNREADABLE']);
  expect((await read(testCaller('other', 'models:write'))).map(({ state }) => state)).toEqual(['READY']);
});
