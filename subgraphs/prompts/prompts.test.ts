import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import { auditLog } from '#mongo/audit-log.ts';
import type { Database } from '#mongo/connect.ts';
import { models } from '#mongo/models.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { providers } from '#mongo/providers.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { ask, askForData, countCommands, testCaller, testServices } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createPromptsSubgraph } from './subgraph.ts';

const writer = testCaller('acme', 'prompts:write');
const reader = testCaller('acme', 'prompts:read');
const stranger = testCaller('other', 'prompts:write');
const admin = testCaller('root', 'tenants:admin', 'prompts:write');

let database: Database;
let subgraph: Subgraph;
let catalog: Catalog;

beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
  const services = testServices(database);
  const now = new Date();
  await providers(database.connection).create({
    _id: 'demo',
    kind: 'DEMO',
    baseUrl: null,
    region: null,
    enabled: true,
    createdAt: now,
    updatedAt: now,
  });
  await models(database.connection).create({
    _id: 'demo/echo',
    providerId: 'demo',
    name: 'echo',
    capabilities: [],
    inputModalities: [],
    outputModalities: [],
    contextTokens: null,
    maxOutputTokens: null,
    prices: [],
    lifecycle: 'ACTIVE',
    replacedById: null,
    createdAt: now,
    updatedAt: now,
  });
  catalog = await openCatalog(database.connection, { bus: services.bus, refreshMs: 3_600_000 });
  subgraph = createPromptsSubgraph({ ...services, connection: database.connection, catalog });
});

afterAll(async () => {
  await catalog?.[Symbol.asyncDispose]();
  await database?.close();
});

const create = `mutation ($input: CreatePromptInput!) {
  createPrompt(input: $input) {
    id name description tenant { id } createdAt labels { name version { number } }
    version { id number model system template variables { name required description } outputSchema parameters note createdBy }
  }
}`;
const publish = `mutation ($promptId: ID!, $input: PromptVersionInput!) {
  publishPromptVersion(promptId: $promptId, input: $input) { id number prompt { name labels { name version { number } } } }
}`;
const label = `mutation ($promptId: ID!, $label: String!, $number: Int!) {
  labelPromptVersion(promptId: $promptId, label: $label, number: $number) { labels { name version { number } } }
}`;

interface Created {
  readonly createPrompt: { readonly id: string; readonly version: { readonly id: string } | null };
}

const version = (template: string, rest: object = {}) => ({ model: 'demo/echo', template, ...rest });

async function createPrompt(name: string, template = 'v1', caller = writer): Promise<string> {
  const { createPrompt } = await askForData<Created>(subgraph, caller, create, {
    input: { name, version: version(template) },
  });
  return createPrompt.id;
}

async function refusal(query: string, variables: Record<string, unknown>, caller = writer) {
  const { errors = [] } = await ask(subgraph, caller, query, variables);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

describe('createPrompt', () => {
  it('keeps everything of the first version and finds its variables', async () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: { 'a.b': {} },
    };
    const { createPrompt } = await askForData<Created>(subgraph, writer, create, {
      input: {
        name: 'summarize',
        description: ' Sums up. ',
        version: {
          model: 'demo/echo',
          system: 'You are {{role}}.',
          template: 'Sum up {{text}} as {{role}}.',
          variables: [{ name: 'text', description: 'What to sum up.' }],
          outputSchema: schema,
          parameters: { temperature: 0.5, stop: ['END'], seed: null },
          note: 'first',
          label: 'production',
        },
      },
    });
    expect(createPrompt).toMatchObject({
      name: 'summarize',
      description: 'Sums up.',
      tenant: { id: 'acme' },
      labels: [{ name: 'production', version: { number: 1 } }],
      version: {
        number: 1,
        model: 'demo/echo',
        system: 'You are {{role}}.',
        template: 'Sum up {{text}} as {{role}}.',
        variables: [
          { name: 'role', required: true, description: null },
          { name: 'text', required: true, description: 'What to sum up.' },
        ],
        outputSchema: schema,
        parameters: { temperature: 0.5, stop: ['END'] },
        note: 'first',
        createdBy: 'key:acme-key',
      },
    });
    expect(await catalog.promptVersion({ tenantId: 'acme', name: 'summarize' })).toMatchObject({
      id: createPrompt.version?.id,
      template: 'Sum up {{text}} as {{role}}.',
      outputSchema: schema,
      parameters: { temperature: 0.5, stop: ['END'] },
    });
    expect(await auditLog(database.connection).find({ action: 'prompt.create' }).lean()).toMatchObject([
      { tenantId: 'acme', outcome: 'SUCCEEDED', targetType: 'Prompt', targetId: createPrompt.id },
    ]);
  });

  it('makes a prompt without versions, which then has none to run', async () => {
    const { createPrompt } = await askForData<Created>(subgraph, writer, create, { input: { name: 'bare' } });
    expect(createPrompt.version).toBeNull();
    expect(await catalog.promptVersion({ tenantId: 'acme', name: 'bare' })).toBeUndefined();
  });

  it('refuses a taken name in the tenant, and allows it in another', async () => {
    await createPrompt('shared');
    expect(await refusal(create, { input: { name: 'shared' } })).toMatch(/^CONFLICT: .*"shared"/);
    await createPrompt('shared', 'theirs', stranger);
    expect(await catalog.promptVersion({ tenantId: 'other', name: 'shared' })).toMatchObject({
      template: 'theirs',
    });
  });

  it.each([
    [{ name: 'Upper' }, 'input.name'],
    [{ name: 'with-dash' }, 'input.name'],
    [{ name: 'wrong', version: version('') }, 'input.template must not be empty'],
    [{ name: 'wrong', version: version('a {{b') }, 'template, line 1, column 3: a {{ without its }}'],
    [{ name: 'wrong', version: version('x', { system: '{{a b}}' }) }, 'system, line 1, column 1'],
    [
      { name: 'wrong', version: version('x', { model: 'none/such' }) },
      'input.model names no model and no route',
    ],
    [
      { name: 'wrong', version: version('x', { variables: [{ name: 'y' }] }) },
      'which stands in neither text',
    ],
    [
      { name: 'wrong', version: version('x', { outputSchema: { type: 'nonsense' } }) },
      'input.outputSchema is no usable',
    ],
    [
      { name: 'wrong', version: version('x', { outputSchema: { $ref: 'https://example.com/s' } }) },
      'is no usable',
    ],
    [{ name: 'wrong', version: version('x', { outputSchema: 'text' }) }, 'must be a JSON Schema'],
    [
      { name: 'wrong', version: version('x', { parameters: { temperature: 3 } }) },
      'input.parameters.temperature',
    ],
    [{ name: 'wrong', version: version('x', { parameters: { topK: 3 } }) }, 'must not hold "topK"'],
    [
      { name: 'wrong', version: version('x', { parameters: { constructor: 1 } }) },
      'must not hold "constructor"',
    ],
    [{ name: 'wrong', version: version('x', { label: 'latest' }) }, 'must not be latest'],
    [{ name: 'wrong', version: version('x', { label: '$set' }) }, 'input.label must be'],
  ])('refuses %j and leaves nothing behind', async (input, message) => {
    expect(await refusal(create, { input })).toMatch(/^BAD_USER_INPUT/);
    expect(await refusal(create, { input })).toContain(message);
    expect(await askForData(subgraph, writer, '{ prompt(name: "wrong") { id } }')).toEqual({ prompt: null });
  });

  it('needs prompts:write', async () => {
    expect(await refusal(create, { input: { name: 'denied' } }, reader)).toMatch(
      /^FORBIDDEN: .*prompts:write/,
    );
  });
});

describe('publishPromptVersion', () => {
  it('numbers versions without gaps when many publish at once, and changes none of them', async () => {
    const promptId = await createPrompt('busy');
    const published = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        askForData<{ publishPromptVersion: { number: number } }>(subgraph, writer, publish, {
          promptId,
          input: version(`parallel ${index}`),
        }),
      ),
    );
    const numbers = published.map(({ publishPromptVersion }) => publishPromptVersion.number);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
    const { prompt } = await askForData<{ prompt: { first: object; newest: { number: number } } }>(
      subgraph,
      writer,
      `query ($promptId: ID!) { prompt(id: $promptId) { first: version(number: 1) { template } newest: version { number } } }`,
      { promptId },
    );
    expect(prompt).toEqual({ first: { template: 'v1' }, newest: { number: 21 } });
  });

  it('can be run at once, by number, by label and as the newest', async () => {
    const promptId = await createPrompt('fresh');
    const wanted = { tenantId: 'acme', name: 'fresh' };
    expect(await catalog.promptVersion(wanted)).toMatchObject({ number: 1 });
    await askForData(subgraph, writer, publish, { promptId, input: version('v2', { label: 'beta' }) });
    expect(await catalog.promptVersion(wanted)).toMatchObject({ number: 2, template: 'v2' });
    expect(await catalog.promptVersion({ ...wanted, number: 1 })).toMatchObject({ template: 'v1' });
    expect(await catalog.promptVersion({ ...wanted, label: 'beta' })).toMatchObject({ number: 2 });
    expect(await catalog.promptVersion({ ...wanted, label: 'latest' })).toMatchObject({ number: 2 });
    expect(await catalog.promptVersion({ ...wanted, label: 'none' })).toBeUndefined();
    expect(await catalog.promptVersion({ ...wanted, label: 'constructor' })).toBeUndefined();
    expect(await catalog.promptVersion({ ...wanted, number: 3 })).toBeUndefined();
  });

  it('answers NOT_FOUND for an unknown prompt and for one of another tenant', async () => {
    const promptId = await createPrompt('mine');
    const input = version('x');
    expect(await refusal(publish, { promptId: 'none', input })).toMatch(/^NOT_FOUND/);
    expect(await refusal(publish, { promptId, input }, stranger)).toMatch(/^NOT_FOUND/);
    expect(await catalog.promptVersion({ tenantId: 'acme', name: 'mine' })).toMatchObject({ number: 1 });
  });
});

describe('labelPromptVersion', () => {
  it('points a label forth and back, and what is run without a label follows production', async () => {
    const promptId = await createPrompt('rolled');
    await askForData(subgraph, writer, publish, { promptId, input: version('v2') });
    const point = (number: number) =>
      askForData(subgraph, writer, label, { promptId, label: 'production', number });
    const runs = () => catalog.promptVersion({ tenantId: 'acme', name: 'rolled' });
    expect(await runs()).toMatchObject({ number: 2 });
    expect(await point(1)).toEqual({
      labelPromptVersion: { labels: [{ name: 'production', version: { number: 1 } }] },
    });
    expect(await runs()).toMatchObject({ number: 1, template: 'v1' });
    await point(2);
    expect(await runs()).toMatchObject({ number: 2 });
    const { prompt } = await askForData<{ prompt: object }>(
      subgraph,
      reader,
      `{ prompt(name: "rolled") { byLabel: version(label: "production") { number } none: version(label: "x") { number } } }`,
    );
    expect(prompt).toEqual({ byLabel: { number: 2 }, none: null });
  });

  it('refuses a version that is not there, a wrong label, and another tenant', async () => {
    const promptId = await createPrompt('labelled');
    expect(await refusal(label, { promptId, label: 'x', number: 2 })).toMatch(/^NOT_FOUND: .*labelled 2/);
    expect(await refusal(label, { promptId, label: 'a.b', number: 1 })).toMatch(/^BAD_USER_INPUT/);
    expect(await refusal(label, { promptId, label: 'latest', number: 1 })).toMatch(/^BAD_USER_INPUT/);
    expect(await refusal(label, { promptId, label: 'x', number: 1 }, stranger)).toMatch(/^NOT_FOUND/);
  });
});

describe('removePromptLabel', () => {
  const remove = `mutation ($promptId: ID!, $label: String!) {
    removePromptLabel(promptId: $promptId, label: $label) { labels { name } }
  }`;

  it('takes a label off, and without production the newest version runs again', async () => {
    const promptId = await createPrompt('unlabelled');
    await askForData(subgraph, writer, label, { promptId, label: 'production', number: 1 });
    await askForData(subgraph, writer, label, { promptId, label: 'beta', number: 1 });
    await askForData(subgraph, writer, publish, { promptId, input: version('v2') });
    const runs = () => catalog.promptVersion({ tenantId: 'acme', name: 'unlabelled' });
    expect(await runs()).toMatchObject({ number: 1 });
    for (const _time of ['first', 'second']) {
      expect(await askForData(subgraph, writer, remove, { promptId, label: 'production' })).toEqual({
        removePromptLabel: { labels: [{ name: 'beta' }] },
      });
    }
    expect(await runs()).toMatchObject({ number: 2 });
  });

  it('refuses what is no label, another tenant, and a caller without the scope', async () => {
    const promptId = await createPrompt('kept');
    expect(await refusal(remove, { promptId, label: 'a.b' })).toMatch(/^BAD_USER_INPUT/);
    expect(await refusal(remove, { promptId, label: 'x' }, stranger)).toMatch(/^NOT_FOUND/);
    expect(await refusal(remove, { promptId, label: 'x' }, reader)).toMatch(/^FORBIDDEN/);
  });
});

describe('reading', () => {
  it('pages versions from both ends, in either order, whatever the page size', async () => {
    const promptId = await createPrompt('bothends');
    for (let number = 2; number <= 7; number += 1) {
      await askForData(subgraph, writer, publish, { promptId, input: version(`v${number}`) });
    }
    const query = `query ($orderBy: TimeOrder, $first: Int, $after: String, $last: Int, $before: String) {
      prompt(name: "bothends") {
        versions(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
          totalCount edges { node { number } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
      }
    }`;
    for (const [orderBy, expected] of [
      ['NEWEST_FIRST', [7, 6, 5, 4, 3, 2, 1]],
      ['OLDEST_FIRST', [1, 2, 3, 4, 5, 6, 7]],
    ] as const) {
      for (const size of [1, 3, 7, 9]) {
        for (const fromEnd of [false, true]) {
          const seen: number[] = [];
          for (let cursor: string | null = null; ; ) {
            const args: object = fromEnd ? { last: size, before: cursor } : { first: size, after: cursor };
            const page: VersionPage = await askForData(subgraph, reader, query, { orderBy, ...args });
            const { totalCount, edges, pageInfo } = page.prompt.versions;
            expect(totalCount).toBe(7);
            const numbers = edges.map(({ node }) => node.number);
            if (fromEnd) seen.unshift(...numbers);
            else seen.push(...numbers);
            expect(fromEnd ? pageInfo.hasNextPage : pageInfo.hasPreviousPage).toBe(cursor !== null);
            if (!(fromEnd ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) break;
            cursor = fromEnd ? pageInfo.startCursor : pageInfo.endCursor;
          }
          expect(seen, `${orderBy} ${size} ${fromEnd}`).toEqual(expected);
        }
      }
    }
  });

  it('pages versions, the newest first, without repeating or leaving out any', async () => {
    const promptId = await createPrompt('paged');
    for (let number = 2; number <= 7; number += 1) {
      await askForData(subgraph, writer, publish, { promptId, input: version(`v${number}`) });
    }
    const page = `query ($first: Int, $after: String) {
      prompt(name: "paged") { versions(first: $first, after: $after) {
        edges { node { number template } cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      } }
    }`;
    const numbers: number[] = [];
    let after: string | null = null;
    for (;;) {
      const { prompt }: VersionPage = await askForData<VersionPage>(subgraph, reader, page, {
        first: 3,
        after,
      });
      numbers.push(...prompt.versions.edges.map(({ node }) => node.number));
      expect(prompt.versions.pageInfo.hasPreviousPage).toBe(after !== null);
      if (!prompt.versions.pageInfo.hasNextPage) break;
      after = prompt.versions.pageInfo.endCursor;
    }
    expect(numbers).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(await refusal(page, { after: 'nonsense' })).toMatch(/^BAD_USER_INPUT: after/);
    expect(await refusal(page, { first: 201 })).toMatch(/^BAD_USER_INPUT: first/);
  });

  it('shows a tenant its own prompts alone, and every tenant to tenants:admin', async () => {
    const mine = await createPrompt('private');
    const list = '{ prompts(first: 200) { edges { node { tenant { id } } } } }';
    const tenantsSeen = async (caller: typeof reader) => {
      const { prompts } = await askForData<PromptPage>(subgraph, caller, list);
      return new Set(prompts.edges.map(({ node }) => node.tenant.id));
    };
    expect(await tenantsSeen(reader)).toEqual(new Set(['acme']));
    expect(await tenantsSeen(stranger)).toEqual(new Set(['other']));
    expect(await tenantsSeen(admin)).toEqual(new Set(['acme', 'other']));
    const one = 'query ($id: ID!) { prompt(id: $id) { name } }';
    expect(await askForData(subgraph, stranger, one, { id: mine })).toEqual({ prompt: null });
    expect(await askForData(subgraph, stranger, '{ prompt(name: "private") { name } }')).toEqual({
      prompt: null,
    });
    expect(await askForData(subgraph, admin, one, { id: mine })).toEqual({ prompt: { name: 'private' } });
    expect(await refusal('{ prompt { id } }', {})).toMatch(/^BAD_USER_INPUT/);
  });

  it("answers null for references to another tenant's prompts and versions", async () => {
    const { createPrompt } = await askForData<Created>(subgraph, writer, create, {
      input: { name: 'referenced', version: version('x') },
    });
    const entities = `query ($refs: [_Any!]!) {
      _entities(representations: $refs) { ... on Prompt { name } ... on PromptVersion { number prompt { name } } }
    }`;
    const refs = [
      { __typename: 'Prompt', id: createPrompt.id },
      { __typename: 'PromptVersion', id: createPrompt.version?.id },
    ];
    expect(await askForData(subgraph, reader, entities, { refs })).toEqual({
      _entities: [{ name: 'referenced' }, { number: 1, prompt: { name: 'referenced' } }],
    });
    expect(await askForData(subgraph, stranger, entities, { refs })).toEqual({ _entities: [null, null] });
  });

  it('queries the database equally often for one joined row and for fifty', async () => {
    const crowd = testCaller('crowd', 'prompts:write');
    const ids: string[] = [];
    for (let index = 0; index < 50; index += 1) {
      const { createPrompt } = await askForData<Created>(subgraph, crowd, create, {
        input: { name: `p${index}`, version: version('x', { label: 'production' }) },
      });
      ids.push(createPrompt.version?.id ?? '');
    }
    const join = `query ($first: Int) { prompts(first: $first) { edges { node {
      versions(first: 3) { edges { node { number prompt { name } } } }
      labels { version { number } } version { number } newest: version(label: "latest") { number }
    } } } }`;
    const one = await countCommands(database, () => askForData(subgraph, crowd, join, { first: 1 }));
    const fifty = await countCommands(database, async () => {
      const { prompts } = await askForData<{ prompts: { edges: unknown[] } }>(subgraph, crowd, join, {
        first: 50,
      });
      expect(prompts.edges).toHaveLength(50);
      expect(prompts.edges[49]).toMatchObject({
        node: { versions: { edges: [{ node: { number: 1 } }] }, labels: [{ version: { number: 1 } }] },
      });
    });
    expect(fifty).toEqual(one);
    const entities = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on PromptVersion { prompt { name } } } }`;
    const refs = ids.map((id) => ({ __typename: 'PromptVersion', id }));
    const joined = await countCommands(database, () => askForData(subgraph, crowd, entities, { refs }));
    expect(joined).toEqual(['find', 'find']);
  });
});

interface PromptPage {
  readonly prompts: {
    readonly edges: readonly { readonly node: { readonly tenant: { readonly id: string } } }[];
  };
}

interface VersionPage {
  readonly prompt: {
    readonly versions: {
      readonly totalCount: number;
      readonly edges: readonly { readonly node: { readonly number: number } }[];
      readonly pageInfo: {
        readonly hasNextPage: boolean;
        readonly hasPreviousPage: boolean;
        readonly startCursor: string | null;
        readonly endCursor: string | null;
      };
    };
  };
}

describe('a new prompt', () => {
  it('stores the version before the prompt can be seen, so that a kill leaves no prompt without it', async () => {
    const stored: unknown[] = [];
    const client = database.connection.getClient();
    const note = ({ commandName, command }: { commandName: string; command: Record<string, unknown> }) => {
      if (commandName === 'insert' && `${command.insert}`.startsWith('prompt')) stored.push(command.insert);
    };
    client.on('commandStarted', note);
    await createPrompt('wholeAtOnce');
    client.off('commandStarted', note);
    expect(stored).toEqual(['prompt_versions', 'prompts']);
  });

  it('leaves no version where its name is taken', async () => {
    await createPrompt('takenOnce');
    const count = () => promptVersions(database.connection).countDocuments();
    const before = await count();
    expect(await refusal(create, { input: { name: 'takenOnce', version: version('v') } })).toMatch(
      /^CONFLICT/,
    );
    expect(await count()).toBe(before);
  });
});

describe('large reads of versions', () => {
  const readVersions = (id: string, first: number) =>
    `prompt(id: "${id}") { versions(first: ${first}) { edges { node { number } } } }`;
  const tooLarge = (query: string) => refusal(query, {});
  const megabyte = 1024 * 1024;

  it('end once one operation has read 16 MiB of texts, in however many lists, and leave smaller ones alone', async () => {
    const ids = [];
    for (const name of ['largeOne', 'largeTwo']) {
      const { _id, tenantId } =
        (await prompts(database.connection)
          .findById(await createPrompt(name))
          .lean()) ?? notStored();
      const first = await promptVersions(database.connection).findOne({ promptId: _id }).lean();
      const large = Array.from({ length: 9 }, (_, at) => ({
        ...(first ?? notStored()),
        ...{ _id: `${name} ${at}`, promptId: _id, tenantId, number: at + 2, template: 'x'.repeat(megabyte) },
      }));
      await promptVersions(database.connection).insertMany(large);
      await prompts(database.connection).updateOne({ _id }, { $set: { newest: 10 } });
      ids.push(_id);
    }
    const [one = '', two = ''] = ids;
    expect(await tooLarge(`{ a: ${readVersions(one, 10)} b: ${readVersions(two, 10)} }`)).toMatch(
      /^GRAPH_COST_EXCEEDED: .*16777216 bytes/,
    );
    const numbered = Array.from(
      { length: 9 },
      (_, at) => `v${at}: version(number: ${at + 2}) { number }`,
    ).join(' ');
    expect(await tooLarge(`{ a: ${readVersions(one, 10)} b: prompt(id: "${two}") { ${numbered} } }`)).toMatch(
      /^GRAPH_COST_EXCEEDED/,
    );
    expect(await tooLarge(`{ a: ${readVersions(one, 10)} b: ${readVersions(two, 5)} }`)).toBe('');
    // Several operations of a tenant at once take turns.
    expect(
      await Promise.all([one, two, one, two].map((id) => tooLarge(`{ ${readVersions(id, 10)} }`))),
    ).toEqual(['', '', '', '']);
  });
});

function notStored(): never {
  throw new Error('It is not stored.');
}
