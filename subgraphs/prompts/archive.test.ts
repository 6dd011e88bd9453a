import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { openCatalog } from '#catalog/catalog.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { tenants } from '#mongo/tenants.ts';
import { openState } from '#state/open-state.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { testPayloads } from '#test/support/seal.ts';
import {
  archivesAdmin as admin,
  archive,
  copy,
  input,
  listPromptNames as listed,
  archivesMesh as mesh,
  point,
  publish,
  restoreMutation as restore,
  unlabel,
  updateMutation as update,
  useArchivedPrompts,
} from '#test/support/setups/archived-prompts.ts';
import { ask, askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import { createPromptsSubgraph } from './subgraph.ts';

useArchivedPrompts();

describe('archivePrompt', () => {
  it('refuses the prompt by name at once, hides it from lists, and keeps what refers to it', async () => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'greet');
    await mesh.add(writer, 'other');
    const version = await mesh.runs(writer, 'greet');
    expect(version).toMatchObject({ name: 'greet', number: 1 });
    expect(await askForData(mesh.subgraph, writer, archive, { id })).toEqual({ archivePrompt: id });

    expect(await mesh.runs(writer, 'greet')).toBeUndefined();
    expect(
      await mesh.catalog.promptVersion({ tenantId: writer.tenantId, name: 'greet', number: 1 }),
    ).toBeUndefined();
    expect(await mesh.runs(writer, `greet ${id}`)).toBeUndefined();
    expect(await listed(writer)).toEqual(['other']);
    expect(await listed(writer, { archived: false })).toEqual(['other']);
    expect(await listed(writer, { archived: true })).toEqual(['greet']);
    expect(await listed(writer, { archived: true, search: 'GRE' })).toEqual(['greet']);
    expect(await listed(writer, { archived: true, search: id.slice(0, 8) })).toEqual([]);

    const query = `query ($id: ID!, $refs: [_Any!]!) {
      prompt(id: $id) { name archivedAt versions { edges { node { template } } } labels { name } }
      byName: prompt(name: "greet") { id }
      byStoredName: prompt(name: "greet ${id}") { id }
      _entities(representations: $refs) { ... on PromptVersion { template prompt { name } } ... on Prompt { name } }
    }`;
    const refs = [
      { __typename: 'PromptVersion', id: version?.id },
      { __typename: 'Prompt', id },
    ];
    expect(await askForData(mesh.subgraph, writer, query, { id, refs })).toEqual({
      prompt: {
        name: 'greet',
        archivedAt: expect.any(String),
        versions: { edges: [{ node: { template: 'of greet' } }] },
        labels: [{ name: 'production' }],
      },
      byName: null,
      byStoredName: null,
      _entities: [{ template: 'of greet', prompt: { name: 'greet' } }, { name: 'greet' }],
    });
    expect(
      await auditLog(mesh.database.connection).find({ action: 'prompt.archive', targetId: id }).lean(),
    ).toMatchObject([{ tenantId: writer.tenantId, outcome: 'SUCCEEDED' }]);
  });

  it('changes nothing the second time, and leaves no second record', async () => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'twice');
    await askForData(mesh.subgraph, writer, archive, { id });
    const first = await prompts(mesh.database.connection).findById(id).lean();
    expect(await askForData(mesh.subgraph, writer, archive, { id })).toEqual({ archivePrompt: id });
    expect(await prompts(mesh.database.connection).findById(id).lean()).toEqual(first);
    expect(
      await auditLog(mesh.database.connection).countDocuments({ action: 'prompt.archive', targetId: id }),
    ).toBe(1);
  });

  it.each<[string, string, object]>([
    ['publishPromptVersion', publish, { input }],
    ['labelPromptVersion', point, {}],
    ['removePromptLabel', unlabel, {}],
    ['updatePrompt', update, { input: { description: 'x' } }],
    ['copyPrompt', copy, { name: 'copied' }],
  ])('leaves nothing to change: %s is a CONFLICT that states what to do', async (_name, query, more) => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'closed');
    await askForData(mesh.subgraph, writer, archive, { id });
    expect(await mesh.refusal(writer, query, { id, ...more })).toBe(
      'CONFLICT: The prompt "closed" is archived: restore it first.',
    );
  });

  it.each([
    ['archivePrompt', archive, {}],
    ['restorePrompt', restore, {}],
    ['updatePrompt', update, { input: { name: 'x' } }],
    ['copyPrompt', copy, {}],
  ])("answers the same for another tenant's prompt as for an unknown one: %s", async (_name, query, more) => {
    const [writer, stranger] = [await mesh.newWriter(), await mesh.newWriter()];
    const id = await mesh.add(writer, 'private');
    const reader = { ...writer, scopes: ['prompts:read'] };
    expect(await mesh.refusal(stranger, query, { id, ...more })).toBe(
      `NOT_FOUND: There is no prompt "${id}".`,
    );
    expect(await mesh.refusal(stranger, query, { id: 'none', ...more })).toBe(
      'NOT_FOUND: There is no prompt "none".',
    );
    expect(await mesh.refusal(reader, query, { id, ...more })).toMatch(/^FORBIDDEN: .*prompts:write/);
    expect(await listed(writer)).toEqual(['private']);
  });

  it('frees its room, which restoring needs again; archived prompts are bounded as well', async () => {
    const writer = await mesh.newWriter();
    const ids = [await mesh.add(writer, 'a1'), await mesh.add(writer, 'a2'), await mesh.add(writer, 'a3')];
    const creation = 'mutation { createPrompt(input: { name: "a4" }) { id } }';
    expect(await mesh.refusal(writer, creation, {})).toContain('raise promptsPerTenant.');
    await askForData(mesh.subgraph, writer, archive, { id: ids[0] });
    const a4 = await mesh.add(writer, 'a4');
    expect(await mesh.refusal(writer, restore, { id: ids[0] })).toContain('raise promptsPerTenant.');
    for (const id of [ids[1], ids[2], a4]) await askForData(mesh.subgraph, writer, archive, { id });
    const a5 = await mesh.add(writer, 'a5');
    expect(await mesh.refusal(writer, archive, { id: a5 })).toContain('raise archivedPromptsPerTenant.');
    await askForData(mesh.subgraph, writer, restore, { id: ids[0] });
    expect(await listed(writer)).toEqual(['a1', 'a5']);
  });

  it('never archives more, nor publishes to what is archived, when all is requested at once', async () => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'raced');
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        at === 5
          ? ask(mesh.subgraph, writer, archive, { id })
          : ask(mesh.subgraph, writer, publish, { id, input: { ...input, label: `l${at % 2}` } }),
      ),
    );
    const published = answers.filter(({ errors }, at) => at !== 5 && errors === undefined).length;
    const codes = answers.flatMap(({ errors = [] }) => errors.map(({ code }) => code));
    expect(new Set(codes)).toEqual(published === 11 ? new Set() : new Set(['CONFLICT']));
    const stored = await prompts(mesh.database.connection).findById(id).lean();
    expect(stored).toMatchObject({ newest: published + 1, archivedAt: expect.any(Date) });
    expect(await promptVersions(mesh.database.connection).countDocuments({ promptId: id })).toBe(
      published + 1,
    );
  });
});

describe('at the same time', () => {
  it('creating, copying and restoring never make more prompts than there may be, nor leave texts behind', async () => {
    const writer = await mesh.newWriter();
    const { tenantId } = writer;
    const archived = [await mesh.add(writer, 'r1'), await mesh.add(writer, 'r2')];
    const source = await mesh.add(writer, 'source');
    for (const id of archived) await askForData(mesh.subgraph, writer, archive, { id });
    const create = 'mutation ($name: String!) { createPrompt(input: { name: $name }) { id } }';
    const answers = await Promise.all([
      ...archived.map((id) => ask(mesh.subgraph, writer, restore, { id })),
      ...['c1', 'c2', 'c3'].map((name) => ask(mesh.subgraph, writer, copy, { id: source, name })),
      ...['n1', 'n2', 'n3'].map((name) => ask(mesh.subgraph, writer, create, { name })),
    ]);
    const refused = answers.flatMap(({ errors = [] }) => errors.map(({ message }) => message));
    expect(refused).toHaveLength(6);
    for (const message of refused) expect(message).toContain('raise promptsPerTenant.');
    expect(await listed(writer)).toHaveLength(3);
    const ids = await prompts(mesh.database.connection).distinct('_id', { tenantId });
    const texts = await promptVersions(mesh.database.connection).distinct('promptId', { tenantId });
    expect(texts.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('one name goes to one prompt, by creating, copying, renaming or restoring', async () => {
    const writer = await mesh.newWriter();
    const old = await mesh.add(writer, 'wanted');
    await askForData(mesh.subgraph, writer, archive, { id: old });
    const other = await mesh.add(writer, 'other');
    const answers = await Promise.all([
      ask(mesh.subgraph, writer, update, { id: other, input: { name: 'wanted' } }),
      ask(mesh.subgraph, writer, copy, { id: other, name: 'wanted' }),
      ask(mesh.subgraph, writer, restore, { id: old }),
      ask(mesh.subgraph, writer, 'mutation { createPrompt(input: { name: "wanted" }) { id } }'),
    ]);
    const codes = answers.flatMap(({ errors = [] }) => errors.map(({ code }) => code));
    expect(codes).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT']);
    expect((await listed(writer)).filter((name) => name === 'wanted')).toHaveLength(1);
  });
});

describe('restorePrompt', () => {
  it('makes it run again with its labels; one that is not archived stays as it is', async () => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'back');
    await askForData(mesh.subgraph, writer, archive, { id });
    for (const _time of ['first', 'second']) {
      expect(await askForData(mesh.subgraph, writer, restore, { id })).toEqual({
        restorePrompt: { id, name: 'back', archivedAt: null, labels: [{ name: 'production' }] },
      });
    }
    expect(await mesh.runs(writer, 'back')).toMatchObject({ name: 'back', number: 1 });
    expect(await listed(writer)).toEqual(['back']);
    expect(await listed(writer, { archived: true })).toEqual([]);
    expect(
      await auditLog(mesh.database.connection).countDocuments({ action: 'prompt.restore', targetId: id }),
    ).toBe(1);
  });

  it('is a CONFLICT where the name was used again, and several of a name can be archived', async () => {
    const writer = await mesh.newWriter();
    const first = await mesh.add(writer, 'named');
    await askForData(mesh.subgraph, writer, archive, { id: first });
    const second = await mesh.add(writer, 'named');
    expect(await mesh.runs(writer, 'named')).toMatchObject({ promptId: second });
    expect(await mesh.refusal(writer, restore, { id: first })).toMatch(/^CONFLICT: .*"named"/);
    await askForData(mesh.subgraph, writer, archive, { id: second });
    expect(await listed(writer, { archived: true })).toEqual(['named', 'named']);
    const answers = await Promise.all(
      [first, second].map((id) => ask(mesh.subgraph, writer, restore, { id })),
    );
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1);
    expect(await listed(writer)).toEqual(['named']);
  });
});

describe('prompts of an archived tenant', () => {
  const create =
    'mutation ($tenantId: ID!) { createPrompt(input: { name: "late", tenantId: $tenantId }) { id } }';
  it.each<[string, string, object]>([
    ['createPrompt', create, {}],
    ['updatePrompt', update, { input: { description: 'x' } }],
    ['publishPromptVersion', publish, { input }],
    ['labelPromptVersion', point, {}],
    ['removePromptLabel', unlabel, {}],
    ['copyPrompt from it', copy, { tenantId: 'root', name: 'copied' }],
    ['copyPrompt into it', copy, { name: 'copied' }],
    ['restorePrompt', restore, {}],
  ])('are neither created nor changed by operators: %s', async (what, query, more) => {
    const [writer, other] = [await mesh.newWriter(), await mesh.newWriter()];
    const { tenantId } = writer;
    const id = await mesh.add(what === 'copyPrompt into it' ? other : writer, 'kept');
    if (query === restore) await askForData(mesh.subgraph, writer, archive, { id });
    const archivedAt = new Date();
    await tenants(mesh.database.connection).updateOne({ _id: tenantId }, { $set: { archivedAt } });
    const refused = `CONFLICT: The tenant "${tenantId}" is archived: restore it first.`;
    expect(await mesh.refusal(admin, query, { id, tenantId, ...more })).toBe(refused);
    expect(await prompts(mesh.database.connection).countDocuments({ tenantId })).toBe(
      what === 'copyPrompt into it' ? 0 : 1,
    );
    await tenants(mesh.database.connection).updateOne({ _id: tenantId }, { $set: { archivedAt: null } });
    const asked = query === copy ? { id, tenantId, name: 'copied' } : { id, tenantId, ...more };
    expect(await mesh.refusal(admin, query, asked)).toBe('');
  });

  it('can be archived, and read', async () => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'kept');
    await tenants(mesh.database.connection).updateOne(
      { _id: writer.tenantId },
      { $set: { archivedAt: new Date() } },
    );
    await askForData(mesh.subgraph, admin, archive, { id });
    expect(await listed(admin, { tenantId: writer.tenantId, archived: true })).toEqual(['kept']);
  });
});

if (!hasRedis()) console.warn('Left out: prompts in many processes. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('in many processes', () => {
  it('an archived prompt and one that is no longer offered are refused by all of them, and a new name is run', async () => {
    await using opened = new AsyncDisposableStack();
    const log = pino({ level: 'silent' });
    const { url } = opened.use(await startRedis());
    const [first, second] = [
      opened.use(await openState(url, log, { seal: testPayloads })),
      opened.use(await openState(url, log, { seal: testPayloads })),
    ];
    const { connection } = mesh.database;
    const own = opened.use(await openCatalog(connection, { bus: first.bus, refreshMs: 3_600_000 }));
    const other = opened.use(await openCatalog(connection, { bus: second.bus, refreshMs: 3_600_000 }));
    const services = { ...testServices(mesh.database), bus: first.bus };
    const writing = createPromptsSubgraph({ ...services, connection, catalog: own });
    const writer = await mesh.newWriter();
    const { tenantId } = writer;
    const id = await mesh.add(writer, 'spread');
    const namesRun = () =>
      Promise.all(
        ['spread', 'renamed'].map(async (name) => (await other.promptVersion({ tenantId, name }))?.name),
      );
    expect(await namesRun()).toEqual(['spread', undefined]);
    await askForData(writing, writer, update, { id, input: { name: 'renamed' } });
    await vi.waitFor(async () => expect(await namesRun()).toEqual([undefined, 'renamed']));
    await askForData(writing, writer, archive, { id });
    await vi.waitFor(async () => expect(await namesRun()).toEqual([undefined, undefined]));
    await askForData(writing, writer, restore, { id });
    await vi.waitFor(async () => expect(await namesRun()).toEqual([undefined, 'renamed']));
    const ofMesh = await mesh.add(admin, 'offered');
    const isOffered = async () => (await other.promptVersion({ tenantId, name: 'offered' })) !== undefined;
    expect(await isOffered()).toBe(true);
    await askForData(writing, admin, update, { id: ofMesh, input: { offeredTo: {} } });
    await vi.waitFor(async () => expect(await isOffered()).toBe(false));
    // The tenant's own comes first as soon as there is one.
    await askForData(writing, admin, update, { id: ofMesh, input: { offeredTo: null, name: 'shared' } });
    await vi.waitFor(async () =>
      expect(await other.promptVersion({ tenantId, name: 'shared' })).toMatchObject({ promptId: ofMesh }),
    );
    const owned = await askForData<{ copyPrompt: { id: string } }>(
      writing,
      writer,
      'mutation ($id: ID!) { copyPrompt(id: $id, name: "shared") { id } }',
      { id },
    );
    await vi.waitFor(async () =>
      expect(await other.promptVersion({ tenantId, name: 'shared' })).toMatchObject({
        promptId: owned.copyPrompt.id,
      }),
    );
  });
});

describe('prompts of an archived tenant', () => {
  const list = `query ($filter: PromptFilter, $first: Int, $after: String) {
    prompts(filter: $filter, first: $first, after: $after) { totalCount edges { cursor node { id } } } }`;
  interface Page {
    readonly prompts: {
      readonly totalCount: number;
      readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
    };
  }

  it.each([false, true])(
    'are listed to operators as archived ones are, whether or not they name the tenant: %s',
    async (named) => {
      const [writer, other] = [await mesh.newWriter(), await mesh.newWriter()];
      const operator = testCaller('operators', 'prompts:read', 'tenants:admin');
      const [kept, gone, theirs] = [
        await mesh.add(writer, 'kept'),
        await mesh.add(writer, 'gone'),
        await mesh.add(other, 'theirs'),
      ];
      await askForData(mesh.subgraph, writer, archive, { id: gone });
      const mine = new Set([kept, gone, theirs]);
      const seen = async (archived: boolean | null) => {
        const filter = { archived, ...(named ? { tenantId: writer.tenantId } : {}) };
        const ids: string[] = [];
        for (let after: string | undefined; ; ) {
          const { prompts: page } = await askForData<Page>(mesh.subgraph, operator, list, {
            filter,
            first: 2,
            after,
          });
          ids.push(...page.edges.map(({ node }) => node.id));
          after = page.edges.at(-1)?.cursor;
          if (after === undefined) {
            expect(page.totalCount).toBe(ids.length);
            return ids.filter((id) => mine.has(id)).toSorted();
          }
        }
      };
      const rest = named ? [] : [theirs];
      expect(await seen(null)).toEqual([kept, ...rest].toSorted());
      expect(await seen(true)).toEqual([gone]);
      const tenant = tenants(mesh.database.connection);
      await tenant.updateOne({ _id: writer.tenantId }, { $set: { archivedAt: new Date() } });
      expect(await seen(null)).toEqual(rest);
      expect(await seen(false)).toEqual(rest);
      expect(await seen(true)).toEqual([kept, gone].toSorted());
      await tenant.updateOne({ _id: writer.tenantId }, { $set: { archivedAt: null } });
      expect(await seen(null)).toEqual([kept, ...rest].toSorted());
    },
  );
});
