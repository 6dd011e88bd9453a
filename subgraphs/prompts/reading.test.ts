import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { openPromptsMesh, type PromptsMesh } from '#test/support/prompts-mesh.ts';
import { ask, askForData, countCommands, testCaller } from '#test/support/subgraph.ts';

const writer = testCaller('acme', 'prompts:write');
const reader = testCaller('acme', 'prompts:read');
const stranger = testCaller('other', 'prompts:write');
const admin = testCaller('root', 'tenants:admin', 'prompts:write');

let mesh: PromptsMesh;
beforeAll(async () => {
  mesh = await openPromptsMesh();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const create = `mutation ($input: CreatePromptInput!) {
  createPrompt(input: $input) {
    id name description tenant { id } createdAt labels { name version { number } }
    version { id number model system template variables { name required description } outputSchema parameters note createdBy }
  }
}`;
const publish = `mutation ($promptId: ID!, $input: PromptVersionInput!) {
  publishPromptVersion(promptId: $promptId, input: $input) { id number prompt { name labels { name version { number } } } }
}`;

interface Created {
  readonly createPrompt: { readonly id: string; readonly version: { readonly id: string } | null };
}

const version = (template: string, rest: object = {}) => ({ model: 'demo/echo', template, ...rest });

async function createPrompt(name: string, template = 'v1', caller = writer): Promise<string> {
  const { createPrompt } = await askForData<Created>(mesh.subgraph, caller, create, {
    input: { name, version: version(template) },
  });
  return createPrompt.id;
}

async function refusal(query: string, variables: Record<string, unknown>, caller = writer) {
  const { errors = [] } = await ask(mesh.subgraph, caller, query, variables);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

describe('reading', () => {
  it('pages versions from both ends, in either order, whatever the page size', async () => {
    const promptId = await createPrompt('bothends');
    for (let number = 2; number <= 7; number += 1) {
      await askForData(mesh.subgraph, writer, publish, { promptId, input: version(`v${number}`) });
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
            const page: VersionPage = await askForData(mesh.subgraph, reader, query, { orderBy, ...args });
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
      await askForData(mesh.subgraph, writer, publish, { promptId, input: version(`v${number}`) });
    }
    const page = `query ($first: Int, $after: String) {
      prompt(name: "paged") { versions(first: $first, after: $after) {
        edges { node { number template } cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      } }
    }`;
    const numbers: number[] = [];
    let after: string | null = null;
    for (;;) {
      const { prompt }: VersionPage = await askForData<VersionPage>(mesh.subgraph, reader, page, {
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
    await createPrompt('theirs', 'v1', stranger);
    const list = '{ prompts(first: 200) { edges { node { tenant { id } } } } }';
    const tenantsSeen = async (caller: typeof reader) => {
      const { prompts } = await askForData<PromptPage>(mesh.subgraph, caller, list);
      return new Set(prompts.edges.map(({ node }) => node.tenant.id));
    };
    expect(await tenantsSeen(reader)).toEqual(new Set(['acme']));
    expect(await tenantsSeen(stranger)).toEqual(new Set(['other']));
    expect(await tenantsSeen(admin)).toEqual(new Set(['acme', 'other']));
    const one = 'query ($id: ID!) { prompt(id: $id) { name } }';
    expect(await askForData(mesh.subgraph, stranger, one, { id: mine })).toEqual({ prompt: null });
    expect(await askForData(mesh.subgraph, stranger, '{ prompt(name: "private") { name } }')).toEqual({
      prompt: null,
    });
    expect(await askForData(mesh.subgraph, admin, one, { id: mine })).toEqual({
      prompt: { name: 'private' },
    });
    expect(await refusal('{ prompt { id } }', {})).toMatch(/^BAD_USER_INPUT/);
  });

  it("answers null for references to another tenant's prompts and versions", async () => {
    const { createPrompt } = await askForData<Created>(mesh.subgraph, writer, create, {
      input: { name: 'referenced', version: version('x') },
    });
    const entities = `query ($refs: [_Any!]!) {
      _entities(representations: $refs) { ... on Prompt { name } ... on PromptVersion { number prompt { name } } }
    }`;
    const refs = [
      { __typename: 'Prompt', id: createPrompt.id },
      { __typename: 'PromptVersion', id: createPrompt.version?.id },
    ];
    expect(await askForData(mesh.subgraph, reader, entities, { refs })).toEqual({
      _entities: [{ name: 'referenced' }, { number: 1, prompt: { name: 'referenced' } }],
    });
    expect(await askForData(mesh.subgraph, stranger, entities, { refs })).toEqual({
      _entities: [null, null],
    });
  });

  it('queries the database equally often for one joined row and for fifty', async () => {
    const crowd = testCaller('crowd', 'prompts:write');
    const ids: string[] = [];
    for (let index = 0; index < 50; index += 1) {
      const { createPrompt } = await askForData<Created>(mesh.subgraph, crowd, create, {
        input: { name: `p${index}`, version: version('x', { label: 'production' }) },
      });
      ids.push(createPrompt.version?.id ?? '');
    }
    const join = `query ($first: Int) { prompts(first: $first) { edges { node {
      versions(first: 3) { edges { node { number prompt { name } } } }
      labels { version { number } } version { number } newest: version(label: "latest") { number }
    } } } }`;
    const one = await countCommands(mesh.database, () =>
      askForData(mesh.subgraph, crowd, join, { first: 1 }),
    );
    const fifty = await countCommands(mesh.database, async () => {
      const { prompts } = await askForData<{ prompts: { edges: unknown[] } }>(mesh.subgraph, crowd, join, {
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
    const joined = await countCommands(mesh.database, () =>
      askForData(mesh.subgraph, crowd, entities, { refs }),
    );
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

describe('large reads of versions', () => {
  const readVersions = (id: string, first: number) =>
    `prompt(id: "${id}") { versions(first: ${first}) { edges { node { number } } } }`;
  const tooLarge = (query: string) => refusal(query, {});
  const megabyte = 1024 * 1024;

  it('end once one operation has read 16 MiB of texts, in however many lists, and leave smaller ones alone', async () => {
    const ids = [];
    for (const name of ['largeOne', 'largeTwo']) {
      const { _id, tenantId } =
        (await prompts(mesh.database.connection)
          .findById(await createPrompt(name))
          .lean()) ?? notStored();
      const first = await promptVersions(mesh.database.connection).findOne({ promptId: _id }).lean();
      const large = Array.from({ length: 9 }, (_, at) => ({
        ...(first ?? notStored()),
        ...{ _id: `${name} ${at}`, promptId: _id, tenantId, number: at + 2, template: 'x'.repeat(megabyte) },
      }));
      await promptVersions(mesh.database.connection).insertMany(large);
      await prompts(mesh.database.connection).updateOne({ _id }, { $set: { newest: 10 } });
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
