import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditLog } from '#mongo/audit/log.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { openPromptsMesh, type PromptsMesh } from '#test/support/prompts-mesh.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';

const writer = testCaller('acme', 'prompts:write');
const reader = testCaller('acme', 'prompts:read');
const stranger = testCaller('other', 'prompts:write');

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
const label = `mutation ($promptId: ID!, $label: String!, $number: Int!) {
  labelPromptVersion(promptId: $promptId, label: $label, number: $number) { labels { name version { number } } }
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

describe('createPrompt', () => {
  it('keeps everything of the first version and finds its variables', async () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: { 'a.b': {} },
    };
    const { createPrompt } = await askForData<Created>(mesh.subgraph, writer, create, {
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
    expect(await mesh.catalog.promptVersion({ tenantId: 'acme', name: 'summarize' })).toMatchObject({
      id: createPrompt.version?.id,
      template: 'Sum up {{text}} as {{role}}.',
      outputSchema: schema,
      parameters: { temperature: 0.5, stop: ['END'] },
    });
    expect(await auditLog(mesh.database.connection).find({ action: 'prompt.create' }).lean()).toMatchObject([
      { tenantId: 'acme', outcome: 'SUCCEEDED', targetType: 'Prompt', targetId: createPrompt.id },
    ]);
  });

  it('makes a prompt without versions, which then has none to run', async () => {
    const { createPrompt } = await askForData<Created>(mesh.subgraph, writer, create, {
      input: { name: 'bare' },
    });
    expect(createPrompt.version).toBeNull();
    expect(await mesh.catalog.promptVersion({ tenantId: 'acme', name: 'bare' })).toBeUndefined();
  });

  it('refuses a taken name in the tenant, and allows it in another', async () => {
    await createPrompt('shared');
    expect(await refusal(create, { input: { name: 'shared' } })).toMatch(/^CONFLICT: .*"shared"/);
    await createPrompt('shared', 'theirs', stranger);
    expect(await mesh.catalog.promptVersion({ tenantId: 'other', name: 'shared' })).toMatchObject({
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
    expect(await askForData(mesh.subgraph, writer, '{ prompt(name: "wrong") { id } }')).toEqual({
      prompt: null,
    });
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
        askForData<{ publishPromptVersion: { number: number } }>(mesh.subgraph, writer, publish, {
          promptId,
          input: version(`parallel ${index}`),
        }),
      ),
    );
    const numbers = published.map(({ publishPromptVersion }) => publishPromptVersion.number);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
    const { prompt } = await askForData<{ prompt: { first: object; newest: { number: number } } }>(
      mesh.subgraph,
      writer,
      `query ($promptId: ID!) { prompt(id: $promptId) { first: version(number: 1) { template } newest: version { number } } }`,
      { promptId },
    );
    expect(prompt).toEqual({ first: { template: 'v1' }, newest: { number: 21 } });
  });

  it('can be run at once, by number, by label and as the newest', async () => {
    const promptId = await createPrompt('fresh');
    const wanted = { tenantId: 'acme', name: 'fresh' };
    expect(await mesh.catalog.promptVersion(wanted)).toMatchObject({ number: 1 });
    await askForData(mesh.subgraph, writer, publish, { promptId, input: version('v2', { label: 'beta' }) });
    expect(await mesh.catalog.promptVersion(wanted)).toMatchObject({ number: 2, template: 'v2' });
    expect(await mesh.catalog.promptVersion({ ...wanted, number: 1 })).toMatchObject({ template: 'v1' });
    expect(await mesh.catalog.promptVersion({ ...wanted, label: 'beta' })).toMatchObject({ number: 2 });
    expect(await mesh.catalog.promptVersion({ ...wanted, label: 'latest' })).toMatchObject({ number: 2 });
    expect(await mesh.catalog.promptVersion({ ...wanted, label: 'none' })).toBeUndefined();
    expect(await mesh.catalog.promptVersion({ ...wanted, label: 'constructor' })).toBeUndefined();
    expect(await mesh.catalog.promptVersion({ ...wanted, number: 3 })).toBeUndefined();
  });

  it('answers NOT_FOUND for an unknown prompt and for one of another tenant', async () => {
    const promptId = await createPrompt('mine');
    const input = version('x');
    expect(await refusal(publish, { promptId: 'none', input })).toMatch(/^NOT_FOUND/);
    expect(await refusal(publish, { promptId, input }, stranger)).toMatch(/^NOT_FOUND/);
    expect(await mesh.catalog.promptVersion({ tenantId: 'acme', name: 'mine' })).toMatchObject({ number: 1 });
  });
});

describe('labelPromptVersion', () => {
  it('points a label forth and back, and what is run without a label follows production', async () => {
    const promptId = await createPrompt('rolled');
    await askForData(mesh.subgraph, writer, publish, { promptId, input: version('v2') });
    const point = (number: number) =>
      askForData(mesh.subgraph, writer, label, { promptId, label: 'production', number });
    const runs = () => mesh.catalog.promptVersion({ tenantId: 'acme', name: 'rolled' });
    expect(await runs()).toMatchObject({ number: 2 });
    expect(await point(1)).toEqual({
      labelPromptVersion: { labels: [{ name: 'production', version: { number: 1 } }] },
    });
    expect(await runs()).toMatchObject({ number: 1, template: 'v1' });
    await point(2);
    expect(await runs()).toMatchObject({ number: 2 });
    const { prompt } = await askForData<{ prompt: object }>(
      mesh.subgraph,
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
    await askForData(mesh.subgraph, writer, label, { promptId, label: 'production', number: 1 });
    await askForData(mesh.subgraph, writer, label, { promptId, label: 'beta', number: 1 });
    await askForData(mesh.subgraph, writer, publish, { promptId, input: version('v2') });
    const runs = () => mesh.catalog.promptVersion({ tenantId: 'acme', name: 'unlabelled' });
    expect(await runs()).toMatchObject({ number: 1 });
    for (const _time of ['first', 'second']) {
      expect(await askForData(mesh.subgraph, writer, remove, { promptId, label: 'production' })).toEqual({
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

describe('a new prompt', () => {
  it('stores the version before the prompt can be seen, so that a kill leaves no prompt without it', async () => {
    const stored: unknown[] = [];
    const client = mesh.database.connection.getClient();
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
    const count = () => promptVersions(mesh.database.connection).countDocuments();
    const before = await count();
    expect(await refusal(create, { input: { name: 'takenOnce', version: version('v') } })).toMatch(
      /^CONFLICT/,
    );
    expect(await count()).toBe(before);
  });
});
