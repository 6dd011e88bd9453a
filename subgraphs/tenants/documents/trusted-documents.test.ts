import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, systemCaller } from '#core/caller.ts';
import { createTenantsSubgraph } from '#subgraphs/tenants/subgraph.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let other: TestTenant;
beforeAll(async () => {
  mesh = await startTenants();
  acme = await mesh.addTenant('Acme');
  other = await mesh.addTenant('Other');
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const sha256 = (text: string) => hash('sha256', text, 'hex');
const save =
  'mutation ($input: TrustedDocumentsInput!) { saveTrustedDocuments(input: $input) { saved unchanged } }';
const push = (caller: Caller, input: object) => ask(mesh.subgraph, caller, save, { input });
const find = async (tenantId: string | null, name: string) =>
  (
    await askForData<{ _trustedDocument: string | null }>(
      mesh.subgraph,
      systemCaller,
      'query ($tenantId: ID, $name: String!) { _trustedDocument(tenantId: $tenantId, name: $name) }',
      { tenantId, name },
    )
  )._trustedDocument;
interface Listed {
  readonly id: string;
  readonly client: string;
  readonly documentId: string;
  readonly tenantId: string | null;
}
const list = async (caller: Caller, filter = '{}') => {
  const { trustedDocuments } = await askForData<{
    trustedDocuments: { edges: readonly { node: Listed }[] };
  }>(
    mesh.subgraph,
    caller,
    `{ trustedDocuments(filter: ${filter}, orderBy: OLDEST_FIRST) { edges { node { id client documentId tenantId } } } }`,
  );
  return trustedDocuments.edges.map(({ node }) => node);
};

describe('trusted documents', () => {
  it('are pushed again without a change, found by id and by hash, and listed', async () => {
    const documents = [
      { id: 'a', name: 'A', body: 'query A { me { kind } }' },
      { id: sha256('{ b }'), body: '{ b }' },
    ];
    expect(await push(acme.caller, { client: 'web', documents })).toMatchObject({
      data: { saveTrustedDocuments: { saved: 2, unchanged: 0 } },
    });
    expect(await push(acme.caller, { client: 'web', documents })).toMatchObject({
      data: { saveTrustedDocuments: { saved: 0, unchanged: 2 } },
    });
    expect(await push(acme.caller, { client: 'ios', documents: documents.slice(0, 1) })).toMatchObject({
      data: { saveTrustedDocuments: { saved: 1, unchanged: 0 } },
    });
    for (const name of [
      'a',
      sha256('query A { me { kind } }'),
      `sha256:${sha256('query A { me { kind } }')}`,
    ]) {
      expect(await find(acme.tenantId, name)).toBe('query A { me { kind } }');
    }
    const listed = (await list(acme.caller)).map(({ client, documentId }) => `${client} ${documentId}`);
    expect(listed.sort()).toEqual(['ios a', `web ${sha256('{ b }')}`, 'web a'].sort());
    expect(await list(acme.caller, '{ client: "ios" }')).toHaveLength(1);
    expect(await list(mesh.admin, `{ tenantId: "${acme.tenantId}", documentId: "a" }`)).toHaveLength(2);
  });

  it('of one tenant are neither found, nor listed, nor deleted by another', async () => {
    expect(await find(other.tenantId, 'a')).toBeNull();
    expect(await find(null, 'a')).toBeNull();
    expect(await list(other.caller)).toEqual([]);
    expect(await list(other.caller, `{ tenantId: "${acme.tenantId}" }`)).toEqual([]);
    const ids = (await list(acme.caller)).map(({ id }) => id);
    const remove = 'mutation ($ids: [ID!]!) { deleteTrustedDocuments(ids: $ids) }';
    const foreign = await ask(mesh.subgraph, other.caller, remove, { ids });
    const missing = await ask(mesh.subgraph, other.caller, remove, { ids: ids.map(() => 'missing') });
    expect(foreign).toEqual(missing);
    expect(foreign).toEqual({ data: { deleteTrustedDocuments: [] } });
    expect(await list(acme.caller)).toHaveLength(ids.length);
    expect((await push(other.caller, { tenantId: acme.tenantId, documents: [] })).errors).toMatchObject([
      { code: 'NOT_FOUND' },
    ]);
  });

  it('of the mesh are pushed by operators alone, and found by the clients of every tenant after their own', async () => {
    const documents = [{ id: 'shared', body: '{ shared }' }];
    expect((await push(acme.caller, { forMesh: true, documents })).errors).toMatchObject([
      { code: 'FORBIDDEN' },
    ]);
    expect(
      (await push(mesh.admin, { forMesh: true, tenantId: acme.tenantId, documents })).errors,
    ).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    expect((await push(mesh.admin, { forMesh: true, documents })).errors).toBeUndefined();
    await push(other.caller, { documents: [{ id: 'shared', body: '{ mine }' }] });
    expect(await find(acme.tenantId, 'shared')).toBe('{ shared }');
    expect(await find(null, 'shared')).toBe('{ shared }');
    expect(await find(other.tenantId, 'shared')).toBe('{ mine }');
    expect(await list(acme.caller, '{ forMesh: true }')).toMatchObject([{ tenantId: null }]);
    const [shared] = await list(mesh.admin, '{ forMesh: true }');
    const remove = 'mutation ($id: ID!) { deleteTrustedDocuments(ids: [$id]) }';
    const refused = await askForData(mesh.subgraph, acme.caller, remove, { id: shared?.id });
    expect(refused).toEqual({ deleteTrustedDocuments: [] });
    const deleted = await askForData(mesh.subgraph, mesh.admin, remove, { id: shared?.id });
    expect(deleted).toEqual({ deleteTrustedDocuments: [shared?.id] });
    expect(await find(acme.tenantId, 'shared')).toBeNull();
  });

  it.each([
    ['another text under a known id', [{ id: 'a', body: '{ other }' }], 'CONFLICT'],
    [
      'two texts under one id',
      [
        { id: 'c', body: '{ c }' },
        { id: 'c', body: '{ d }' },
      ],
      'CONFLICT',
    ],
    ['an id that is the hash of another text', [{ id: sha256('x'), body: '{ y }' }], 'BAD_USER_INPUT'],
    ['an empty id', [{ id: '', body: '{ y }' }], 'BAD_USER_INPUT'],
    ['an id with spaces', [{ id: 'a b', body: '{ y }' }], 'BAD_USER_INPUT'],
    ['an empty text', [{ id: 'e', body: ' ' }], 'BAD_USER_INPUT'],
    ['a text that is too long', [{ id: 'l', body: 'x'.repeat(131_073) }], 'BAD_USER_INPUT'],
    ['too many', Array.from({ length: 101 }, (_, n) => ({ id: `n${n}`, body: '{ n }' })), 'BAD_USER_INPUT'],
  ])('refuse %s, and add nothing of the page', async (_what, documents, code) => {
    const before = await list(acme.caller);
    expect((await push(acme.caller, { documents })).errors).toMatchObject([{ code }]);
    expect(await list(acme.caller)).toEqual(before);
  });

  it('make every gateway forget what it remembers, where something has changed', async () => {
    const changes: (string | null)[] = [];
    await using _listening = await mesh.deps.bus.subscribe('documents.changed', ({ tenantId }) => {
      changes.push(tenantId);
    });
    const documents = [{ id: 'announced', body: '{ announced }' }];
    await push(acme.caller, { documents });
    await push(acme.caller, { documents });
    expect(changes).toEqual([acme.tenantId]);
  });

  it('are looked up by the mesh alone', async () => {
    const { errors } = await ask(mesh.subgraph, mesh.admin, '{ _trustedDocument(name: "a") }');
    expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  });
});

describe('the mode of an app', () => {
  const update =
    'mutation ($id: ID!, $mode: TrustedDocumentsMode) { updateApp(id: $id, input: { trustedDocuments: $mode }) { trustedDocuments } }';
  const set = (caller: Caller, mode: string | null, subgraph = mesh.subgraph) =>
    ask(subgraph, caller, update, { id: acme.appId, mode });

  it('is that of its callers, and null leaves it to the mesh', async () => {
    expect((await set(acme.caller, 'ENFORCE')).errors).toBeUndefined();
    expect((await mesh.findCaller(acme.secret))?.trustedDocuments).toBe('ENFORCE');
    expect((await set(acme.caller, null)).data).toEqual({ updateApp: { trustedDocuments: null } });
    expect(await mesh.findCaller(acme.secret)).not.toHaveProperty('trustedDocuments');
  });

  it('is made weaker than an operator has set it by operators alone', async () => {
    await set(mesh.admin, 'LOG');
    expect((await set(acme.caller, 'ENFORCE')).errors).toBeUndefined();
    for (const weaker of ['OFF', null]) {
      expect((await set(acme.caller, weaker)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    }
    expect((await set(acme.caller, 'LOG')).errors).toBeUndefined();
    expect((await set(mesh.admin, null)).errors).toBeUndefined();
    expect((await set(acme.caller, 'OFF')).errors).toBeUndefined();
    await set(acme.caller, null);
  });

  it('is made weaker than that of the mesh by operators alone, in a new app too', async () => {
    const strict = createTenantsSubgraph({ ...mesh.deps, trustedDocuments: 'ENFORCE' });
    expect((await set(acme.caller, 'LOG', strict)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    const create = 'mutation { createApp(input: { name: "weak", trustedDocuments: OFF }) { id } }';
    expect((await ask(strict, acme.caller, create)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    expect((await set(mesh.admin, 'OFF', strict)).errors).toBeUndefined();
    // Stricter than an operator's exemption, and back again only by an operator.
    expect((await set(acme.caller, 'LOG', strict)).errors).toBeUndefined();
    expect((await set(acme.caller, 'OFF', strict)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    await strict[Symbol.asyncDispose]();
  });
});
