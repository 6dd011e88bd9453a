import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { auditLog } from '#mongo/audit-log.ts';
import type { Database } from '#mongo/connect.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { tenants } from '#mongo/tenants.ts';
import { openState } from '#state/open-state.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog } from '#test/support/inference.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { testPayloads } from '#test/support/seal.ts';
import { ask, askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createPromptsSubgraph } from './subgraph.ts';

const archive = 'mutation ($id: ID!) { archivePrompt(id: $id) }';
const restore = 'mutation ($id: ID!) { restorePrompt(id: $id) { id name archivedAt labels { name } } }';
const update =
  'mutation ($id: ID!, $input: UpdatePromptInput!) { updatePrompt(id: $id, input: $input) { name description } }';
const publish =
  'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { number } }';
const point = 'mutation ($id: ID!) { labelPromptVersion(promptId: $id, label: "x", number: 1) { id } }';
const unlabel = 'mutation ($id: ID!) { removePromptLabel(promptId: $id, label: "x") { id } }';
const copy = `mutation ($id: ID!, $tenantId: ID, $name: String) { copyPrompt(id: $id, tenantId: $tenantId, name: $name) {
  id name description tenant { id } archivedAt labels { name version { number template } }
  versions { edges { node { number template createdBy note } } } } }`;
const input = { model: 'demo/echo', template: 'later' };

let database: Database;
let subgraph: Subgraph;
let catalog: Catalog;
let tenantCount = 0;

beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  const services = testServices(database);
  catalog = await openCatalog(database.connection, { bus: services.bus, refreshMs: 3_600_000 });
  const counts = parseCountLimits('promptsPerTenant=3,archivedPromptsPerTenant=4,labelsPerPrompt=3');
  subgraph = createPromptsSubgraph({ ...services, connection: database.connection, catalog, counts });
});
afterAll(async () => {
  await catalog?.[Symbol.asyncDispose]();
  await database?.close();
});

/** A writer of a tenant of the test's own, which exists. */
async function newWriter(): Promise<Caller & { tenantId: string }> {
  tenantCount += 1;
  const tenantId = `t${tenantCount}`;
  await tenants(database.connection).create({
    _id: tenantId,
    name: tenantId,
    planId: 'p',
    allowedRegions: null,
    payloadLogging: 'NONE',
    cacheByDefault: false,
    createdAt: new Date(),
  });
  return { ...testCaller(tenantId, 'prompts:write'), tenantId };
}

const admin = testCaller('root', 'tenants:admin', 'prompts:write');
const only = (caller: Caller, ...patterns: string[]): Caller => ({
  ...caller,
  promptLists: [{ subject: 'key:k', patterns }],
});

async function add(caller: Caller, name: string, more: object = {}): Promise<string> {
  const { createPrompt } = await askForData<{ createPrompt: { id: string } }>(
    subgraph,
    caller,
    'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
    {
      input: { name, version: { model: 'demo/echo', template: `of ${name}`, label: 'production' }, ...more },
    },
  );
  return createPrompt.id;
}

async function refusal(caller: Caller, query: string, variables: Record<string, unknown>) {
  const { errors = [] } = await ask(subgraph, caller, query, variables);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

async function listed(caller: Caller, filter: object | null = null): Promise<string[]> {
  const { prompts: page } = await askForData<{
    prompts: { totalCount: number; edges: { node: { name: string } }[] };
  }>(
    subgraph,
    caller,
    'query ($filter: PromptFilter) { prompts(filter: $filter, orderBy: NAME_ASC) { totalCount edges { node { name } } } }',
    { filter },
  );
  expect(page.totalCount).toBe(page.edges.length);
  return page.edges.map(({ node }) => node.name);
}

const runs = ({ tenantId }: { readonly tenantId: string }, name: string) =>
  catalog.promptVersion({ tenantId, name });

describe('archivePrompt', () => {
  it('refuses the prompt by name at once, hides it from lists, and keeps what refers to it', async () => {
    const writer = await newWriter();
    const id = await add(writer, 'greet');
    await add(writer, 'other');
    const version = await runs(writer, 'greet');
    expect(version).toMatchObject({ name: 'greet', number: 1 });
    expect(await askForData(subgraph, writer, archive, { id })).toEqual({ archivePrompt: id });

    expect(await runs(writer, 'greet')).toBeUndefined();
    expect(
      await catalog.promptVersion({ tenantId: writer.tenantId, name: 'greet', number: 1 }),
    ).toBeUndefined();
    expect(await runs(writer, `greet ${id}`)).toBeUndefined();
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
    expect(await askForData(subgraph, writer, query, { id, refs })).toEqual({
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
      await auditLog(database.connection).find({ action: 'prompt.archive', targetId: id }).lean(),
    ).toMatchObject([{ tenantId: writer.tenantId, outcome: 'SUCCEEDED' }]);
  });

  it('changes nothing the second time, and leaves no second record', async () => {
    const writer = await newWriter();
    const id = await add(writer, 'twice');
    await askForData(subgraph, writer, archive, { id });
    const first = await prompts(database.connection).findById(id).lean();
    expect(await askForData(subgraph, writer, archive, { id })).toEqual({ archivePrompt: id });
    expect(await prompts(database.connection).findById(id).lean()).toEqual(first);
    expect(
      await auditLog(database.connection).countDocuments({ action: 'prompt.archive', targetId: id }),
    ).toBe(1);
  });

  it.each<[string, string, object]>([
    ['publishPromptVersion', publish, { input }],
    ['labelPromptVersion', point, {}],
    ['removePromptLabel', unlabel, {}],
    ['updatePrompt', update, { input: { description: 'x' } }],
    ['copyPrompt', copy, { name: 'copied' }],
  ])('leaves nothing to change: %s is a CONFLICT that states what to do', async (_name, query, more) => {
    const writer = await newWriter();
    const id = await add(writer, 'closed');
    await askForData(subgraph, writer, archive, { id });
    expect(await refusal(writer, query, { id, ...more })).toBe(
      'CONFLICT: The prompt "closed" is archived: restore it first.',
    );
  });

  it.each([
    ['archivePrompt', archive, {}],
    ['restorePrompt', restore, {}],
    ['updatePrompt', update, { input: { name: 'x' } }],
    ['copyPrompt', copy, {}],
  ])("answers the same for another tenant's prompt as for an unknown one: %s", async (_name, query, more) => {
    const [writer, stranger] = [await newWriter(), await newWriter()];
    const id = await add(writer, 'private');
    const reader = { ...writer, scopes: ['prompts:read'] };
    expect(await refusal(stranger, query, { id, ...more })).toBe(`NOT_FOUND: There is no prompt "${id}".`);
    expect(await refusal(stranger, query, { id: 'none', ...more })).toBe(
      'NOT_FOUND: There is no prompt "none".',
    );
    expect(await refusal(reader, query, { id, ...more })).toMatch(/^FORBIDDEN: .*prompts:write/);
    expect(await listed(writer)).toEqual(['private']);
  });

  it('frees its room, which restoring needs again; archived prompts are bounded as well', async () => {
    const writer = await newWriter();
    const ids = [await add(writer, 'a1'), await add(writer, 'a2'), await add(writer, 'a3')];
    const creation = 'mutation { createPrompt(input: { name: "a4" }) { id } }';
    expect(await refusal(writer, creation, {})).toContain('raise promptsPerTenant.');
    await askForData(subgraph, writer, archive, { id: ids[0] });
    const a4 = await add(writer, 'a4');
    expect(await refusal(writer, restore, { id: ids[0] })).toContain('raise promptsPerTenant.');
    for (const id of [ids[1], ids[2], a4]) await askForData(subgraph, writer, archive, { id });
    const a5 = await add(writer, 'a5');
    expect(await refusal(writer, archive, { id: a5 })).toContain('raise archivedPromptsPerTenant.');
    await askForData(subgraph, writer, restore, { id: ids[0] });
    expect(await listed(writer)).toEqual(['a1', 'a5']);
  });

  it('never archives more, nor publishes to what is archived, when all is requested at once', async () => {
    const writer = await newWriter();
    const id = await add(writer, 'raced');
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        at === 5
          ? ask(subgraph, writer, archive, { id })
          : ask(subgraph, writer, publish, { id, input: { ...input, label: `l${at % 2}` } }),
      ),
    );
    const published = answers.filter(({ errors }, at) => at !== 5 && errors === undefined).length;
    const codes = answers.flatMap(({ errors = [] }) => errors.map(({ code }) => code));
    expect(new Set(codes)).toEqual(published === 11 ? new Set() : new Set(['CONFLICT']));
    const stored = await prompts(database.connection).findById(id).lean();
    expect(stored).toMatchObject({ newest: published + 1, archivedAt: expect.any(Date) });
    expect(await promptVersions(database.connection).countDocuments({ promptId: id })).toBe(published + 1);
  });
});

describe('at the same time', () => {
  it('creating, copying and restoring never make more prompts than there may be, nor leave texts behind', async () => {
    const writer = await newWriter();
    const { tenantId } = writer;
    const archived = [await add(writer, 'r1'), await add(writer, 'r2')];
    const source = await add(writer, 'source');
    for (const id of archived) await askForData(subgraph, writer, archive, { id });
    const create = 'mutation ($name: String!) { createPrompt(input: { name: $name }) { id } }';
    const answers = await Promise.all([
      ...archived.map((id) => ask(subgraph, writer, restore, { id })),
      ...['c1', 'c2', 'c3'].map((name) => ask(subgraph, writer, copy, { id: source, name })),
      ...['n1', 'n2', 'n3'].map((name) => ask(subgraph, writer, create, { name })),
    ]);
    const refused = answers.flatMap(({ errors = [] }) => errors.map(({ message }) => message));
    expect(refused).toHaveLength(6);
    for (const message of refused) expect(message).toContain('raise promptsPerTenant.');
    expect(await listed(writer)).toHaveLength(3);
    const ids = await prompts(database.connection).distinct('_id', { tenantId });
    const texts = await promptVersions(database.connection).distinct('promptId', { tenantId });
    expect(texts.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('one name goes to one prompt, by creating, copying, renaming or restoring', async () => {
    const writer = await newWriter();
    const old = await add(writer, 'wanted');
    await askForData(subgraph, writer, archive, { id: old });
    const other = await add(writer, 'other');
    const answers = await Promise.all([
      ask(subgraph, writer, update, { id: other, input: { name: 'wanted' } }),
      ask(subgraph, writer, copy, { id: other, name: 'wanted' }),
      ask(subgraph, writer, restore, { id: old }),
      ask(subgraph, writer, 'mutation { createPrompt(input: { name: "wanted" }) { id } }'),
    ]);
    const codes = answers.flatMap(({ errors = [] }) => errors.map(({ code }) => code));
    expect(codes).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT']);
    expect((await listed(writer)).filter((name) => name === 'wanted')).toHaveLength(1);
  });
});

describe('restorePrompt', () => {
  it('makes it run again with its labels; one that is not archived stays as it is', async () => {
    const writer = await newWriter();
    const id = await add(writer, 'back');
    await askForData(subgraph, writer, archive, { id });
    for (const _time of ['first', 'second']) {
      expect(await askForData(subgraph, writer, restore, { id })).toEqual({
        restorePrompt: { id, name: 'back', archivedAt: null, labels: [{ name: 'production' }] },
      });
    }
    expect(await runs(writer, 'back')).toMatchObject({ name: 'back', number: 1 });
    expect(await listed(writer)).toEqual(['back']);
    expect(await listed(writer, { archived: true })).toEqual([]);
    expect(
      await auditLog(database.connection).countDocuments({ action: 'prompt.restore', targetId: id }),
    ).toBe(1);
  });

  it('is a CONFLICT where the name was used again, and several of a name can be archived', async () => {
    const writer = await newWriter();
    const first = await add(writer, 'named');
    await askForData(subgraph, writer, archive, { id: first });
    const second = await add(writer, 'named');
    expect(await runs(writer, 'named')).toMatchObject({ promptId: second });
    expect(await refusal(writer, restore, { id: first })).toMatch(/^CONFLICT: .*"named"/);
    await askForData(subgraph, writer, archive, { id: second });
    expect(await listed(writer, { archived: true })).toEqual(['named', 'named']);
    const answers = await Promise.all([first, second].map((id) => ask(subgraph, writer, restore, { id })));
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1);
    expect(await listed(writer)).toEqual(['named']);
  });
});

describe('updatePrompt', () => {
  it('renames at once what is run, under the version that was cached as well', async () => {
    const writer = await newWriter();
    const id = await add(writer, 'before');
    const version = await runs(writer, 'before');
    expect(await askForData(subgraph, writer, update, { id, input: { name: 'after' } })).toEqual({
      updatePrompt: { name: 'after', description: null },
    });
    expect(await runs(writer, 'before')).toBeUndefined();
    expect(await runs(writer, 'after')).toMatchObject({ id: version?.id, name: 'after' });
    const another = await add(writer, 'before');
    expect(await runs(writer, 'before')).toMatchObject({ promptId: another });
  });

  it('changes the specified fields alone, and records nothing where nothing changes', async () => {
    const writer = await newWriter();
    const id = await add(writer, 'described', { description: 'old' });
    const change = async (given: object) =>
      (await askForData<{ updatePrompt: object }>(subgraph, writer, update, { id, input: given }))
        .updatePrompt;
    expect(await change({ description: ' new ' })).toEqual({ name: 'described', description: 'new' });
    expect(await change({ name: 'described' })).toEqual({ name: 'described', description: 'new' });
    expect(await change({})).toEqual({ name: 'described', description: 'new' });
    expect(await change({ description: null })).toEqual({ name: 'described', description: null });
    expect(
      await auditLog(database.connection).countDocuments({ action: 'prompt.update', targetId: id }),
    ).toBe(2);
  });

  it('refuses a taken name, no name, and what is none', async () => {
    const writer = await newWriter();
    const id = await add(writer, 'one');
    await add(writer, 'two');
    const to = (name: string | null) => refusal(writer, update, { id, input: { name } });
    expect(await to('two')).toMatch(/^CONFLICT: .*"two"/);
    expect(await to(null)).toMatch(/^BAD_USER_INPUT: input.name/);
    expect(await to(`two ${id}`)).toMatch(/^BAD_USER_INPUT: input.name/);
    expect(await listed(writer)).toEqual(['one', 'two']);
  });
});

describe('a key that is restricted to prompts', () => {
  const create = 'mutation ($name: String!) { createPrompt(input: { name: $name }) { id } }';
  it.each<[string, string, object]>([
    ['createPrompt', create, { name: 'b2' }],
    ['updatePrompt to a name of its own', update, { input: { name: 'a9' } }],
    ['updatePrompt', update, { input: { description: 'x' } }],
    ['publishPromptVersion', publish, { input }],
    ['labelPromptVersion', point, {}],
    ['removePromptLabel', unlabel, {}],
    ['archivePrompt', archive, {}],
    ['restorePrompt', restore, {}],
    ['copyPrompt to a name of its own', copy, { name: 'a9' }],
  ])(
    'neither changes others nor takes their texts under a name of its own: %s',
    async (_what, query, more) => {
      const writer = await newWriter();
      const id = await add(writer, 'b1');
      const key = only(writer, 'a*');
      expect(await refusal(key, query, { id, ...more })).toMatch(
        /^FORBIDDEN: .*may not change the prompt "b[12]"/,
      );
      expect(await listed(writer)).toEqual(['b1']);
      expect(await runs(writer, 'b1')).toMatchObject({ number: 1 });
    },
  );

  it('uses no name beyond its own, and does all of it with its own', async () => {
    const writer = await newWriter();
    const key = only(writer, 'a*');
    const id = await add(key, 'a1');
    expect(await refusal(key, update, { id, input: { name: 'b1' } })).toMatch(/^FORBIDDEN: .*"b1"/);
    expect(await refusal(key, copy, { id, name: 'b1' })).toMatch(/^FORBIDDEN: .*"b1"/);
    await askForData(subgraph, key, update, { id, input: { name: 'a2' } });
    await askForData(subgraph, key, copy, { id, name: 'a3' });
    await askForData(subgraph, key, archive, { id });
    expect(await refusal(only(writer, 'b*'), restore, { id })).toMatch(/^FORBIDDEN: .*"a2"/);
    await askForData(subgraph, key, restore, { id });
    expect(await listed(writer)).toEqual(['a2', 'a3']);
  });

  it.each<[string, string, object, RegExp]>([
    ['renamed away from it', update, { input: { name: 'b1' } }, /^FORBIDDEN: .*"b1"/],
    ['archived', archive, {}, /^CONFLICT: .*archived/],
  ])('publishes nothing to a prompt that was %s after it was found', async (_what, query, more, refused) => {
    const writer = await newWriter();
    const id = await add(writer, 'a1');
    const later = createPromptsSubgraph({
      ...testServices(database),
      connection: database.connection,
      catalog: {
        snapshot: catalog.snapshot,
        resolveAlias: catalog.resolveAlias,
        // Asked for the version's AI model, after the prompt was found.
        async resolve(name) {
          await askForData(subgraph, writer, query, { id, ...more });
          return catalog.resolve(name);
        },
      },
    });
    const { errors = [] } = await ask(later, only(writer, 'a*'), publish, { id, input });
    expect(errors.map(({ code, message }) => `${code}: ${message}`).join()).toMatch(refused);
    expect(await prompts(database.connection).findById(id).lean()).toMatchObject({ newest: 1 });
    expect(await promptVersions(database.connection).countDocuments({ promptId: id })).toBe(1);
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
    const [writer, other] = [await newWriter(), await newWriter()];
    const { tenantId } = writer;
    const id = await add(what === 'copyPrompt into it' ? other : writer, 'kept');
    if (query === restore) await askForData(subgraph, writer, archive, { id });
    const archivedAt = new Date();
    await tenants(database.connection).updateOne({ _id: tenantId }, { $set: { archivedAt } });
    const refused = `CONFLICT: The tenant "${tenantId}" is archived: restore it first.`;
    expect(await refusal(admin, query, { id, tenantId, ...more })).toBe(refused);
    expect(await prompts(database.connection).countDocuments({ tenantId })).toBe(
      what === 'copyPrompt into it' ? 0 : 1,
    );
    await tenants(database.connection).updateOne({ _id: tenantId }, { $set: { archivedAt: null } });
    const asked = query === copy ? { id, tenantId, name: 'copied' } : { id, tenantId, ...more };
    expect(await refusal(admin, query, asked)).toBe('');
  });

  it('can be archived, and read', async () => {
    const writer = await newWriter();
    const id = await add(writer, 'kept');
    await tenants(database.connection).updateOne(
      { _id: writer.tenantId },
      { $set: { archivedAt: new Date() } },
    );
    await askForData(subgraph, admin, archive, { id });
    expect(await listed(admin, { tenantId: writer.tenantId, archived: true })).toEqual(['kept']);
  });
});

describe('copyPrompt', () => {
  it('copies the newest and the labelled versions, numbered anew, and shares nothing with the prompt', async () => {
    const writer = await newWriter();
    const id = await add(writer, 'source', { description: 'What for.' });
    for (const [template, label] of [
      ['two', null],
      ['three', 'beta'],
      ['four', null],
      ['five', null],
    ]) {
      const version = { ...input, template, label, note: `note ${template}` };
      await askForData(subgraph, writer, publish, { id, input: version });
    }
    const author = { ...writer, keyId: 'copier' };
    const { copyPrompt } = await askForData<{ copyPrompt: { id: string } }>(subgraph, author, copy, {
      id,
      name: 'copied',
    });
    const node = (number: number, template: string, note: string | null) => ({
      node: { number, template, note, createdBy: 'key:copier' },
    });
    expect(copyPrompt).toEqual({
      id: expect.not.stringContaining(id),
      name: 'copied',
      description: 'What for.',
      tenant: { id: writer.tenantId },
      archivedAt: null,
      labels: [
        { name: 'beta', version: { number: 2, template: 'three' } },
        { name: 'production', version: { number: 1, template: 'of source' } },
      ],
      versions: {
        edges: [node(3, 'five', 'note five'), node(2, 'three', 'note three'), node(1, 'of source', null)],
      },
    });
    expect(await runs(writer, 'copied')).toMatchObject({ promptId: copyPrompt.id, template: 'of source' });
    await askForData(subgraph, writer, publish, {
      id: copyPrompt.id,
      input: { ...input, label: 'production' },
    });
    expect(await runs(writer, 'copied')).toMatchObject({ number: 4 });
    expect(await runs(writer, 'source')).toMatchObject({ number: 1 });
    await askForData(subgraph, writer, archive, { id });
    expect(await runs(writer, 'copied')).toMatchObject({ number: 4 });
  });

  it('copies a prompt without versions, and leaves nothing behind where the name is taken', async () => {
    const writer = await newWriter();
    const { createPrompt } = await askForData<{ createPrompt: { id: string } }>(
      subgraph,
      writer,
      'mutation { createPrompt(input: { name: "bare" }) { id } }',
    );
    expect(await askForData(subgraph, writer, copy, { id: createPrompt.id, name: 'bare2' })).toMatchObject({
      copyPrompt: { name: 'bare2', labels: [], versions: { edges: [] } },
    });
    const id = await add(writer, 'full');
    await askForData(subgraph, writer, archive, { id: createPrompt.id });
    const { tenantId } = writer;
    const before = await promptVersions(database.connection).countDocuments({ tenantId });
    expect(await refusal(writer, copy, { id })).toMatch(/^CONFLICT: .*"full"/);
    expect(await promptVersions(database.connection).countDocuments({ tenantId })).toBe(before);
  });

  it('goes to another tenant with tenants:admin alone, and reads from one', async () => {
    const [mine, theirs] = [await newWriter(), await newWriter()];
    const id = await add(mine, 'moved');
    const { tenantId } = theirs;
    expect(await refusal(mine, copy, { id, tenantId })).toBe(`NOT_FOUND: There is no tenant "${tenantId}".`);
    expect(await refusal(theirs, copy, { id, tenantId })).toMatch(/^NOT_FOUND: There is no prompt/);
    expect(await refusal(admin, copy, { id, tenantId: 'none' })).toBe(
      'NOT_FOUND: There is no tenant "none".',
    );
    expect(await askForData(subgraph, admin, copy, { id, tenantId })).toMatchObject({
      copyPrompt: { name: 'moved', tenant: { id: tenantId } },
    });
    expect(await runs(theirs, 'moved')).toMatchObject({ template: 'of moved', tenantId });
    expect(await askForData(subgraph, admin, copy, { id, name: 'again' })).toMatchObject({
      copyPrompt: { tenant: { id: mine.tenantId } },
    });
    expect(await listed(mine)).toEqual(['again', 'moved']);
    expect(
      await auditLog(database.connection)
        .find({ action: 'prompt.copy', tenantId, outcome: 'SUCCEEDED' })
        .lean(),
    ).toMatchObject([{ targetType: 'Prompt', actor: { keyId: 'root-key' } }]);
  });
});

describe('createPrompt with tenantId', () => {
  it('makes it in that tenant for tenants:admin, and answers NOT_FOUND to others', async () => {
    const [mine, theirs] = [await newWriter(), await newWriter()];
    const { tenantId } = theirs;
    await add(admin, 'prepared', { tenantId });
    expect(await runs(theirs, 'prepared')).toMatchObject({ tenantId });
    await add(mine, 'own', { tenantId: mine.tenantId });
    const create = 'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }';
    for (const [caller, wanted] of [
      [mine, tenantId],
      [mine, 'none'],
      [admin, 'none'],
    ] as const) {
      expect(await refusal(caller, create, { input: { name: 'denied', tenantId: wanted } })).toBe(
        `NOT_FOUND: There is no tenant "${wanted}".`,
      );
    }
    expect(await listed(theirs)).toEqual(['prepared']);
  });
});

if (!hasRedis()) console.warn('Left out: prompts in many processes. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('in many processes', () => {
  it('an archived prompt is refused by all of them, and a new name is run', async () => {
    await using opened = new AsyncDisposableStack();
    const log = pino({ level: 'silent' });
    const { url } = opened.use(await startRedis());
    const [first, second] = [
      opened.use(await openState(url, log, { seal: testPayloads })),
      opened.use(await openState(url, log, { seal: testPayloads })),
    ];
    const { connection } = database;
    const own = opened.use(await openCatalog(connection, { bus: first.bus, refreshMs: 3_600_000 }));
    const other = opened.use(await openCatalog(connection, { bus: second.bus, refreshMs: 3_600_000 }));
    const services = { ...testServices(database), bus: first.bus };
    const writing = createPromptsSubgraph({ ...services, connection, catalog: own });
    const writer = await newWriter();
    const { tenantId } = writer;
    const id = await add(writer, 'spread');
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
      const [writer, other] = [await newWriter(), await newWriter()];
      const operator = testCaller('operators', 'prompts:read', 'tenants:admin');
      const [kept, gone, theirs] = [
        await add(writer, 'kept'),
        await add(writer, 'gone'),
        await add(other, 'theirs'),
      ];
      await askForData(subgraph, writer, archive, { id: gone });
      const mine = new Set([kept, gone, theirs]);
      const seen = async (archived: boolean | null) => {
        const filter = { archived, ...(named ? { tenantId: writer.tenantId } : {}) };
        const ids: string[] = [];
        for (let after: string | undefined; ; ) {
          const { prompts: page } = await askForData<Page>(subgraph, operator, list, {
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
      const tenant = tenants(database.connection);
      await tenant.updateOne({ _id: writer.tenantId }, { $set: { archivedAt: new Date() } });
      expect(await seen(null)).toEqual(rest);
      expect(await seen(false)).toEqual(rest);
      expect(await seen(true)).toEqual([kept, gone].toSorted());
      await tenant.updateOne({ _id: writer.tenantId }, { $set: { archivedAt: null } });
      expect(await seen(null)).toEqual([kept, ...rest].toSorted());
    },
  );
});
