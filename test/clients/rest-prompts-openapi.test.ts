import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { fc } from '#test/support/properties.ts';

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly post: Operation }>>;
}
interface Content {
  readonly content: Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;
}
interface Operation {
  readonly operationId: string;
  readonly requestBody: Content;
  readonly responses: Readonly<Record<string, Content & { readonly $ref?: string }>>;
}

let mesh: TestMesh;
let client: TestClient;
let appId: string;
beforeAll(async () => {
  mesh = await startOneProcess();
  const scopes = ['inference:invoke', 'prompts:write', 'prompts:read', 'tenants:write'];
  ({ client, appId } = await newTenant(() => mesh, { scopes }));
});
afterAll(() => mesh[Symbol.asyncDispose]());

const createPrompt = (input: object) =>
  client.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', { input });

async function fetchDocument(key = client.key): Promise<OpenApi> {
  const response = await fetch(`${mesh.url}/prompts/openapi.json`, { headers: { 'x-api-key': key } });
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
  return (await response.json()) as OpenApi;
}

/** What checks a value by a schema that stands in the document. */
function createCheck(document: OpenApi): (schema: object, value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'document');
  return (schema, value) => {
    const moved = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/'));
    return ajv.validate(moved, value) as boolean;
  };
}

async function run(path: string, variables: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': client.key, 'content-type': 'application/json' },
    body: JSON.stringify(variables),
  });
  return { status: response.status, body: await response.json() };
}

/** The schema that the document has for a status of an operation. */
function readSchema(document: OpenApi, { responses }: Operation, status: number): object {
  const response = responses[status];
  if (response === undefined) throw new Error(`The document has no response ${status}.`);
  const pointer = response.$ref?.slice(2).split('/');
  const found = pointer?.reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], document);
  return ((found ?? response) as Content).content['application/json']?.schema ?? {};
}

const variableName = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
const outputSchemas = [
  null,
  { type: 'object', properties: { v: { type: 'number' } }, required: ['v'] },
  { $defs: { whole: { type: 'integer' } }, type: 'object', properties: { v: { $ref: '#/$defs/whole' } } },
  { type: 'object', properties: { v: {}, next: { $ref: '#' } } },
];
const randomPrompt = fc.record({
  variables: fc.uniqueArray(variableName, { maxLength: 4 }),
  outputSchema: fc.constantFrom(...outputSchemas),
});
const randomValue = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 2 }),
  fc.dictionary(variableName, fc.string(), { maxKeys: 2 }),
);

describe('GET /prompts/openapi.json', () => {
  it('states for random prompts which variables are answered, with what, and with which error others are', async () => {
    let made = 0;
    let passed = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        randomPrompt,
        fc.array(fc.array(fc.tuple(fc.nat(6), randomValue), { maxLength: 5 }), {
          minLength: 1,
          maxLength: 3,
        }),
        async ({ variables, outputSchema }, samples) => {
          const name = `random${made++}`;
          const system = variables.map((variable) => `{{${variable}}}`).join(' ');
          const template = outputSchema === null ? `Text ${system}` : '{"v": 1}';
          const structured = outputSchema === null ? {} : { outputSchema, system: `System ${system}` };
          await createPrompt({ name, version: { model: 'demo/echo', template, ...structured } });
          const document = await fetchDocument();
          const check = createCheck(document);
          const path = `/prompts/${name}`;
          const operation = document.paths[path]?.post;
          if (operation === undefined) throw new Error(`The document lacks ${path}.`);
          const { schema = {}, example } = operation.requestBody.content['application/json'] ?? {};
          const whole = Object.fromEntries(variables.map((variable) => [variable, 1]));
          // Names by their place: those of the prompt, and others.
          const sent = samples.map((sample) =>
            Object.fromEntries(sample.map(([at, value]) => [variables[at] ?? `other${at}`, value])),
          );
          for (const body of [example, whole, ...sent.map((one) => ({ ...whole, ...one })), ...sent, []]) {
            const isValid = check(schema, body);
            const answer = await run(path, body);
            expect([body, answer.status]).toEqual([body, isValid ? 200 : 400]);
            expect([answer.body, check(readSchema(document, operation, answer.status), answer.body)]).toEqual(
              [answer.body, true],
            );
            if (isValid) passed++;
            else refused++;
          }
        },
      ),
      { numRuns: 12 },
    );
    expect(Math.min(passed, refused)).toBeGreaterThan(10);
  });

  it('has a path for the default version and for each label, and none for a prompt without a version', async () => {
    await createPrompt({ name: 'empty' });
    await createPrompt({
      name: 'labeled',
      version: {
        model: 'demo/echo',
        template: '{{a}}',
        label: 'beta',
        variables: [{ name: 'a', description: 'The A.' }],
      },
    });
    const { paths } = await fetchDocument();
    expect(Object.keys(paths).filter((path) => /empty|labeled/.test(path))).toEqual([
      '/prompts/labeled',
      '/prompts/labeled@beta',
    ]);
    const ids = Object.values(paths).map(({ post }) => post.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('shows a key only the prompts that it may run', async () => {
    await createPrompt({ name: 'shown', version: { model: 'demo/echo', template: 'a' } });
    await createPrompt({ name: 'hidden', version: { model: 'demo/echo', template: 'a' } });
    const { createApiKey } = await client.data<{ createApiKey: { secret: string } }>(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      {
        input: { appId, label: 'narrow', scopes: ['inference:invoke', 'prompts:read'], prompts: ['sho*'] },
      },
    );
    expect(Object.keys((await fetchDocument(createApiKey.secret)).paths)).toEqual(['/prompts/shown']);
    const stranger = await newTenant(() => mesh, { scopes: ['inference:invoke', 'prompts:read'] });
    expect((await fetchDocument(stranger.client.key)).paths).toEqual({});
    const admin = await fetchDocument(mesh.adminKey);
    expect(Object.keys(admin.paths)).toEqual([]);
  });
});
