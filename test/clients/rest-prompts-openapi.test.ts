import { Validator } from '@seriousme/openapi-schema-validator';
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
interface Parameter {
  readonly name: string;
  readonly schema: object;
}
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly $ref: string }[];
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

const send = (path: string, variables: unknown, headers: Record<string, string> = {}) =>
  fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': client.key, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(variables),
  });

/** What a reference in the document leads to. */
const resolve = (document: OpenApi, reference: string): unknown =>
  reference
    .slice(2)
    .split('/')
    .reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], document);

interface Described {
  readonly content: Content['content'];
  readonly headers?: Readonly<Record<string, { readonly $ref: string }>>;
}

/** The response that the document has for a status of an operation. */
function readResponse(document: OpenApi, { responses }: Operation, status: number): Described {
  const response = responses[status];
  if (response === undefined) throw new Error(`The document has no response ${status}.`);
  return (response.$ref === undefined ? response : resolve(document, response.$ref)) as Described;
}

/** The result in the last event of a stream. */
function readStreamResult(text: string): unknown {
  const [, data = ''] = /^event: end\ndata: (.+)$/m.exec(text) ?? [];
  return JSON.parse(data).result;
}

const variableName = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
/** Schemas of answers, and a text that fits each. */
const outputs: readonly (readonly [schema: object | null, text: string])[] = [
  [null, 'null'],
  [null, '{"v": 1}'],
  [{ type: 'object', properties: { v: { type: 'number' } }, required: ['v'] }, '{"v": 1}'],
  [
    { $defs: { whole: { type: 'integer' } }, type: 'object', properties: { v: { $ref: '#/$defs/whole' } } },
    '{"v": 1}',
  ],
  [{ type: 'object', properties: { v: {}, next: { $ref: '#' } } }, '{"next": {"next": {}}}'],
  [{ $id: 'https://schemas.example.com/a', type: 'array', items: { type: 'string' } }, '["a"]'],
  [
    { $defs: { n: { $anchor: 'n', type: 'object' } }, type: 'object', properties: { v: { $ref: '#n' } } },
    '{"v": {}}',
  ],
  [
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: { s: { type: 'string' } },
      type: 'array',
      items: [{ $ref: '#/definitions/s', minLength: 1 }],
      additionalItems: false,
    },
    '["a"]',
  ],
  [{ type: ['object', 'null'] }, 'null'],
  [{ type: 'string', enum: ['a', 'b'] }, '"b"'],
];
const randomPrompt = fc.record({
  variables: fc.uniqueArray(variableName, { maxLength: 4 }),
  output: fc.constantFrom(...outputs),
  label: fc.constantFrom('production', 'beta'),
});
/** A value that the document allows for each header. */
const randomHeaders = fc.record(
  {
    'x-heddle-cache': fc.constantFrom('DEFAULT', 'USE', 'BYPASS', 'REFRESH'),
    'x-heddle-cache-scope': fc.constantFrom('CALLER', 'APP', 'TENANT'),
    'x-heddle-end-user': fc.stringMatching(/^[a-z]{1,20}$/),
    'x-heddle-tags': fc.constantFrom('a', 'a, b'),
  },
  { requiredKeys: [] },
);
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
    let calls = 0;
    await fc.assert(
      fc.asyncProperty(
        randomPrompt,
        fc.array(fc.array(fc.tuple(fc.nat(6), randomValue), { maxLength: 5 }), {
          minLength: 1,
          maxLength: 3,
        }),
        randomHeaders,
        async ({ variables, output: [outputSchema, template], label }, samples, headers) => {
          const name = `random${made++}`;
          const system = `System ${variables.map((variable) => `{{${variable}}}`).join(' ')}`;
          await createPrompt({
            name,
            version: { model: 'demo/echo', template, system, outputSchema, label },
          });
          const document = await fetchDocument();
          const check = createCheck(document);
          const path = made % 2 === 0 ? `/prompts/${name}` : `/prompts/${name}@${label}`;
          const operation = document.paths[path]?.post;
          if (operation === undefined) throw new Error(`The document lacks ${path}.`);
          const parameters = operation.parameters.map(({ $ref }) => resolve(document, $ref) as Parameter);
          for (const [header, value] of Object.entries(headers)) {
            const { schema } = parameters.find((one) => one.name === header) ?? {};
            expect([header, check(schema ?? { not: {} }, value)]).toEqual([header, true]);
          }
          const { schema = {}, example } = operation.requestBody.content['application/json'] ?? {};
          const whole = Object.fromEntries(variables.map((variable) => [variable, 1]));
          // Names by their place: those of the prompt, and others.
          const sent = samples.map((sample) =>
            Object.fromEntries(sample.map(([at, value]) => [variables[at] ?? `other${at}`, value])),
          );
          for (const body of [example, whole, ...sent.map((one) => ({ ...whole, ...one })), ...sent, []]) {
            const isValid = check(schema, body);
            const keyed = { ...headers, 'idempotency-key': `key${calls++}` };
            const response = await send(path, body, keyed);
            expect([body, response.status]).toEqual([body, isValid ? 200 : 400]);
            const described = readResponse(document, operation, response.status);
            const answer = await response.json();
            const answerSchema = described.content['application/json']?.schema ?? { not: {} };
            expect([answer, check(answerSchema, answer)]).toEqual([answer, true]);
            for (const header of response.headers.keys()) {
              if (header.startsWith('x-heddle-'))
                expect(Object.keys(described.headers ?? {})).toContain(header);
            }
            if (!isValid) {
              refused++;
              continue;
            }
            passed++;
            expect(answer).toEqual(outputSchema === null ? { text: template } : JSON.parse(template));
            const streamed = await send(path, body, { ...keyed, accept: 'text/event-stream' });
            const id = response.headers.get('x-heddle-completion-id');
            expect(streamed.headers.get('x-heddle-completion-id')).toBe(id);
            const result = readStreamResult(await streamed.text());
            expect([result, check(answerSchema, result)]).toEqual([answer, true]);
          }
        },
      ),
      { numRuns: 12 },
    );
    expect(Math.min(passed, refused)).toBeGreaterThan(10);
  });

  it('is valid OpenAPI 3.1, with examples of errors that fit their schema', async () => {
    await createPrompt({
      name: 'validated',
      description: 'Checks *all* of it.',
      version: {
        model: 'demo/echo',
        template: '{{a}} {{b}}',
        variables: [{ name: 'a', description: 'The A.' }],
        outputSchema: {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          $defs: { 'a/b~c%': { type: ['string', 'null'] } },
          type: 'object',
          properties: {
            example: { $ref: '#/$defs/a~1b~0c%25' },
            enum: { const: { type: 'no schema' } },
          },
        },
        label: 'production',
      },
    });
    const document = await fetchDocument();
    expect(document.openapi).toBe('3.1.0');
    const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
    expect([errors ?? [], valid]).toEqual([[], true]);
    const check = createCheck(document);
    const { responses } = (document as unknown as { components: { responses: Record<string, Described> } })
      .components;
    for (const { content } of Object.values(responses)) {
      const { schema = {}, examples = {} } = (content['application/json'] ?? {}) as {
        schema?: object;
        examples?: Record<string, { value: unknown }>;
      };
      expect(Object.keys(examples).length).toBeGreaterThan(0);
      for (const { value } of Object.values(examples))
        expect([value, check(schema, value)]).toEqual([value, true]);
    }
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
