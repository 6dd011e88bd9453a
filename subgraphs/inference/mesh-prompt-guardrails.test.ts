import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgress } from '#core/egress.ts';
import type { Database } from '#mongo/connect.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { startWireServer, type WireServer } from '#providers/testing/wire-server.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';

const secret = 'the falcon flies at midnight';
const fields = 'text guardrailVerdicts { rule }';
const RUN = `mutation ($input: RunPromptInput!) { runPrompt(input: $input) { ${fields} } }`;
const STREAM = `subscription ($input: RunPromptInput!) { promptStream(input: $input) {
  __typename ... on TextDelta { text } ... on CompletionFailed { code } } }`;
const TEST = `query ($input: TestGuardrailsInput!) { testGuardrails(input: $input) { allowed text verdicts { rule fired } } }`;

let database: Database;
let mesh: TestInference;
let server: WireServer;
let promptId: string;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  server = await startWireServer((response) => {
    response.end('{"allowed":true}');
  });
  mesh = await startInference(database, { egress: createEgress('127.0.0.1') });
  mesh.alpha.always((call) => call.say('⟨EMAIL_1⟩ and ⟨EMAIL_2⟩').finish(buildUsage(1, 1)));
  mesh.beta.always((call) => call.say('{"score":1}').finish(buildUsage(1, 1)));
  promptId = await publish('hidden', null);
  await publish('own', mesh.caller.tenantId);
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await database?.close();
});

/** A prompt whose every text has the secret. Returns its id. */
async function publish(name: string, tenantId: string | null): Promise<string> {
  const { connection } = database;
  const prompt = {
    _id: randomUUID(),
    tenantId,
    name,
    description: null,
    labels: {},
    newest: 1,
  };
  await prompts(connection).create({ ...prompt, createdAt: new Date() });
  const version = {
    ...{ _id: randomUUID(), promptId: prompt._id, tenantId, number: 1, model: 'alpha/one', note: null },
    ...{ system: `${secret}, zoe@x.test`, template: `${secret} {{who}} ${secret} {{whom}}`, variables: [] },
    parameters: { stop: [secret] },
    outputSchemaJson: null,
  };
  await promptVersions(connection).create({ ...version, createdAt: new Date(), createdBy: 'test' });
  return prompt._id;
}

const rule = (name: string, action: string, options: object | null = null, stages = ['INPUT']) => ({
  ...{ rule: name, stages, action, optionsJson: options && JSON.stringify(options) },
  ...{ sample: 1, note: null, reroute: null },
});
/** Replaces all policies by one of the tenant, or of the mesh. */
async function have(rules: readonly object[], mode = 'ENFORCE', owner: string | null = mesh.caller.tenantId) {
  const at = new Date();
  const records = guardrailPolicies(database.connection).collection;
  await records.deleteMany({});
  await records.insertOne({
    ...{
      _id: `${owner}:${randomUUID()}` as never,
      tenantId: owner,
      appId: null,
      promptId: null,
      model: null,
    },
    ...{ mode, rules, version: 1, createdAt: at, updatedAt: at, versions: [] },
  });
  await mesh.catalog.refresh();
}

const input = (more: object = {}) => ({
  input: { name: 'hidden', variables: { who: 'ann@x.test', whom: 'bob@x.test' }, ...more },
});
const runs: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['runPrompt', () => mesh.data(RUN, input())],
  [
    'runPrompt with the cache',
    async () => [
      await mesh.data(RUN, input({ cache: 'USE' })),
      await mesh.data(RUN, input({ cache: 'USE' })),
    ],
  ],
  [
    'a repeated runPrompt',
    async () => {
      const idempotencyKey = randomUUID();
      return [
        await mesh.data(RUN, input({ idempotencyKey })),
        await mesh.data(RUN, input({ idempotencyKey })),
      ];
    },
  ],
  ['promptStream', async () => Array.fromAsync(await mesh.stream(STREAM, input()))],
  [
    'promptStream whose client may leave',
    async () => Array.fromAsync(await mesh.stream(STREAM, input({ onDisconnect: 'DRAIN' }))),
  ],
];
const lastVerdicts = async () => (await mesh.rows()).at(-1)?.guardrailVerdicts;

describe.each(runs)('%s of a prompt of the mesh', (_, run) => {
  it('sends none of its texts to the webhook of a tenant, nor to the AI model that judges for it', async () => {
    await have([
      rule('pii', 'MASK'),
      rule('judge', 'LOG', { model: 'beta/one', rubric: randomUUID() }),
      rule('webhook', 'LOG', {
        // What it states counts for equal texts under equal options.
        url: `${server.url}/${randomUUID()}`,
        secret: `whsec_${'AAAA'.repeat(8)}`,
      }),
    ]);
    const before = [server.requests.length, mesh.beta.calls.length] as const;
    const answer = await run();
    const posted = server.requests.slice(before[0]).map(({ body }) => JSON.parse(body));
    const questions = mesh.beta.calls.slice(before[1]).map(({ call }) => call.messages);
    expect(posted[0]).toMatchObject({ texts: [{ text: '⟨EMAIL_1⟩' }, { text: '⟨EMAIL_2⟩' }] });
    expect(JSON.stringify(questions)).toContain('⟨EMAIL_2⟩');
    expect(JSON.stringify([posted, questions])).not.toMatch(/falcon|zoe/);
    // Values that are masked come back.
    expect(JSON.stringify(answer)).toMatch(/ann@x\.test/);
    const sent = JSON.stringify(mesh.alpha.calls.at(-1)?.call.messages);
    expect(sent).toContain(`${secret} ⟨EMAIL_1⟩ ${secret} ⟨EMAIL_2⟩`);
    expect(sent).toContain('zoe@x.test');
  });

  it('has a pattern of a tenant find nothing in its texts, in SHADOW or not', async () => {
    for (const mode of ['SHADOW', 'ENFORCE']) {
      await have([rule('pattern', 'BLOCK', { patterns: [{ pattern: 'f.lcon' }] })], mode);
      await run();
      expect(await lastVerdicts()).toBeUndefined();
    }
    await have([rule('pattern', 'LOG', { patterns: [{ pattern: 'ann' }] })]);
    await run();
    expect(await lastVerdicts()).toMatchObject([{ rule: 'pattern', findings: [{ count: 1 }] }]);
    await have([rule('pattern', 'LOG', { patterns: [{ pattern: 'f.lcon' }] })], 'ENFORCE', null);
    await run();
    // The mesh looks at everything: the system message, both pieces of the template and the stop text.
    expect(await lastVerdicts()).toMatchObject([{ rule: 'pattern', findings: [{ count: 4 }] }]);
  });
});

it('a prompt of a tenant is looked at as a whole by its rules', async () => {
  await have([rule('pattern', 'LOG', { patterns: [{ pattern: 'f.lcon' }] })]);
  await mesh.data(RUN, input({ name: 'own' }));
  expect(await lastVerdicts()).toMatchObject([{ rule: 'pattern', findings: [{ count: 4 }] }]);
});

it('testGuardrails of a prompt of the mesh looks at the text of its input alone', async () => {
  await have([rule('pattern', 'BLOCK', { patterns: [{ pattern: 'f.lcon' }] })]);
  const tester = { ...mesh.caller, scopes: [...mesh.caller.scopes, 'guardrails:write'] } as const;
  expect(await mesh.data(TEST, { input: { text: 'ann', promptId } }, tester)).toEqual({
    testGuardrails: { allowed: true, text: 'ann', verdicts: [{ rule: 'pattern', fired: false }] },
  });
});
