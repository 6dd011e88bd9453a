import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { modelAliases } from '#mongo/model-aliases.ts';
import { tenants } from '#mongo/tenants.ts';
import {
  createModel,
  createProvider,
  type ModelsMesh,
  modelsAdmin,
  openModelsMesh,
} from '#test/support/models-mesh.ts';
import { ask, askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createModelsSubgraph } from '../subgraph.ts';

const save = `mutation ($input: ModelAliasInput!) { saveModelAlias(input: $input) { tenantId name target } }`;
const remove = `mutation ($name: ID!, $tenantId: ID) { deleteModelAlias(name: $name, tenantId: $tenantId) }`;
const list = `query ($tenantId: ID) { modelAliases(tenantId: $tenantId) { name target } }`;

const owner = testCaller('acme', 'tenants:write', 'tenants:read');
const stranger = testCaller('other', 'tenants:write', 'tenants:read');
const operator = testCaller('ops', 'tenants:write', 'tenants:admin', 'models:read');
const limitedTo = (tenantId: string, pattern: string): Caller => ({
  ...testCaller(tenantId, 'tenants:write', 'inference:invoke'),
  modelLists: [{ subject: `key:${tenantId}-key`, patterns: [pattern] }],
});

let mesh: ModelsMesh;
let subgraph: Subgraph;

beforeAll(async () => {
  mesh = await openModelsMesh();
  ({ subgraph } = mesh);
  await askForData(subgraph, modelsAdmin, createProvider, { input: { id: 'p', kind: 'OLLAMA' } });
  for (const name of ['a', 'b', 'gone']) {
    await askForData(subgraph, modelsAdmin, createModel, { input: { providerId: 'p', name } });
  }
  await askForData(subgraph, modelsAdmin, 'mutation { retireModel(id: "p/gone") { id } }');
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const saved = (caller: Caller, input: object) => askForData(subgraph, caller, save, { input });

describe('aliases of a tenant', () => {
  it('are found by a process that was not notified, on a name that is nothing else', async () => {
    const at = new Date();
    await modelAliases(mesh.database.connection).create({
      ...{ _id: 'acme:silent', tenantId: 'acme', name: 'silent', target: 'p/a' },
      ...{ createdAt: at, updatedAt: at },
    });
    expect(await mesh.catalog.resolveName('silent', { tenantId: 'acme' })).toBe('p/a');
  });

  it('stand for their target within their tenant alone, until they are deleted', async () => {
    await saved(owner, { name: 'gpt-4o', target: 'p/a' });
    await saved(stranger, { name: 'gpt-4o', target: 'p/b' });
    const { catalog } = mesh;
    expect(await catalog.resolveName('gpt-4o', { tenantId: 'acme' })).toBe('p/a');
    expect(await catalog.resolveName('gpt-4o', { tenantId: 'other' })).toBe('p/b');
    expect(await catalog.resolveName('gpt-4o', { tenantId: 'third' })).toBe('gpt-4o');
    expect(await catalog.resolveName('gpt-4o', { tenantId: null })).toBe('gpt-4o');
    await saved(owner, { name: 'gpt-4o', target: 'p/b' });
    expect(await catalog.resolveName('gpt-4o', { tenantId: 'acme' })).toBe('p/b');
    expect(await askForData(subgraph, owner, remove, { name: 'gpt-4o' })).toEqual({
      deleteModelAlias: 'gpt-4o',
    });
    expect(await catalog.resolveName('gpt-4o', { tenantId: 'acme' })).toBe('gpt-4o');
    expect(await askForData(subgraph, stranger, list)).toEqual({
      modelAliases: [{ name: 'gpt-4o', target: 'p/b' }],
    });
  });

  it('of another tenant are not found without tenants:admin, and operators save them for tenants that exist', async () => {
    const { refusal } = mesh;
    const input = { tenantId: 'acme', name: 'theirs', target: 'p/a' };
    await tenants(mesh.database.connection).create({
      ...{ _id: 'acme', name: 'Acme', planId: 'unlimited', allowedRegions: null, cacheByDefault: false },
      ...{ payloadLogging: 'FULL', createdAt: new Date() },
    });
    expect(await refusal(save, { input }, stranger)).toMatch(/^NOT_FOUND.*tenant "acme"/);
    expect(await refusal(list, { tenantId: 'acme' }, stranger)).toMatch(/^NOT_FOUND/);
    expect(await refusal(remove, { name: 'theirs', tenantId: 'acme' }, stranger)).toMatch(/^NOT_FOUND/);
    await saved(operator, input);
    expect(await refusal(remove, { name: 'theirs' }, stranger)).toMatch(/^NOT_FOUND.*alias "theirs"/);
    expect(await refusal(save, { input: { ...input, tenantId: 'none' } }, operator)).toMatch(/^NOT_FOUND/);
    expect(await askForData(subgraph, operator, remove, { name: 'theirs', tenantId: 'acme' })).toEqual({
      deleteModelAlias: 'theirs',
    });
  });

  it('grant nothing: their target must be one that their maker may call, and is hidden from who may not', async () => {
    const { refusal } = mesh;
    const input = { name: 'p/a-wide', target: 'p/b' };
    const maker = limitedTo('acme', 'p/a*');
    const hidden = await refusal(save, { input }, maker);
    expect(hidden).toMatch(/^BAD_USER_INPUT.*that you may call/);
    expect(await refusal(save, { input: { ...input, target: 'p/none' } }, maker)).toBe(
      hidden.replace('p/b', 'p/none'),
    );
    await saved(owner, input);
    const query = '{ modelAliases { name } modelAlias(name: "p/a-wide") { name } }';
    const invoker = { ...maker, scopes: ['inference:invoke'] } as const;
    expect(await askForData(subgraph, invoker, query)).toEqual({
      modelAliases: [{ name: 'silent' }],
      modelAlias: null,
    });
    expect(await askForData(subgraph, owner, query)).toMatchObject({ modelAlias: { name: 'p/a-wide' } });
    await askForData(subgraph, owner, remove, { name: 'p/a-wide' });
  });

  it.each([
    [{ name: 'x y' }, 'input.name'],
    [{ name: '' }, 'input.name'],
    [{ name: 'x'.repeat(201) }, 'input.name'],
    [{ name: 'p/a' }, 'input.target must differ'],
    [{ target: 'p/none' }, 'no AI model and no route'],
    [{ target: 'p/gone' }, 'is retired'],
    [{ target: 'silent' }, 'no AI model and no route'],
  ])('refuses %j', async (wrong, message) => {
    const refused = await mesh.refusal(save, { input: { name: 'wrong', target: 'p/a', ...wrong } }, owner);
    expect(refused).toMatch(/^BAD_USER_INPUT/);
    expect(refused).toContain(message);
  });

  it('keep their target from being deleted, named for who may see them', async () => {
    await saved(stranger, { name: 'kept', target: 'p/b' });
    const deletion = 'mutation { deleteModel(id: "p/b") }';
    expect(await mesh.refusal(deletion)).toMatch(/^CONFLICT(?!.*kept)/);
    const seer = testCaller('ops', 'models:write', 'tenants:admin');
    expect(await mesh.refusal(deletion, {}, seer)).toContain('the alias "kept" of the tenant "other"');
  });

  it('are bounded for each tenant and in all, and one that is there can be saved when there is no room', async () => {
    const counts = parseCountLimits('modelAliasesPerTenant=2,modelAliases=6');
    const { database, keyring } = mesh;
    const small = createModelsSubgraph({
      ...testServices(database),
      connection: database.connection,
      secrets: keyring.secrets,
      counts,
    });
    const add = async (tenantId: string, name: string) => {
      const input = { name, target: 'p/a' };
      const { errors = [] } = await ask(small, testCaller(tenantId, 'tenants:write'), save, { input });
      return errors.map(({ message }) => message).join();
    };
    expect([await add('t1', 'a'), await add('t1', 'b'), await add('t1', 'a')]).toEqual(['', '', '']);
    expect(await add('t1', 'c')).toContain('raise modelAliasesPerTenant.');
    for (const tenantId of ['t2', 't3', 't4', 't5', 't6']) await add(tenantId, 'a');
    expect(await add('t7', 'a')).toContain('raise modelAliases.');
  });

  it('are written to the audit log of their tenant', async () => {
    await saved(owner, { name: 'audited', target: 'p/a' });
    await askForData(subgraph, owner, remove, { name: 'audited' });
    const records = await auditLog(mesh.database.connection)
      .find({ targetId: 'acme:audited' })
      .sort({ _id: 1 })
      .lean();
    expect(records.map(({ tenantId, action }) => [tenantId, action])).toEqual([
      ['acme', 'modelAlias.save'],
      ['acme', 'modelAlias.delete'],
    ]);
  });
});
