import { GraphQLError, getNamedType, isLeafType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Caller } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { events } from '#mongo/events.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildUsage, scriptedProvider } from '#test/support/scripted-provider.ts';

const secret = `ghp_${'aB3'.repeat(12)}`;
const complete = `mutation ($input: CompletionInput!) { complete(input: $input) { text guardrailVerdicts {
  rule policyId policyVersion stage action shadow fired findings { kind count } spans { start } reason } } }`;
const testing = `query ($input: TestGuardrailsInput!) { testGuardrails(input: $input) { allowed text
  verdicts { rule policyId stage action shadow fired failed reason spans { start end kind } durationMs } } }`;

interface Tested {
  readonly allowed: boolean;
  readonly text: string;
  readonly verdicts: readonly Readonly<Record<string, unknown>>[];
}

let database: Database;
let mesh: TestInference;
let tenantId: string;
let tester: Caller;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  mesh = await startInference(database);
  tenantId = mesh.caller.tenantId ?? '';
  tester = { ...mesh.caller, scopes: [...mesh.caller.scopes, 'guardrails:write'] };
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await database?.close();
});

let savedAtMs = Date.now();
const rule = (action: string, stages = ['INPUT'], name = 'secrets') => ({
  ...{ rule: name, stages, action, optionsJson: null, sample: 1, note: null, reroute: null },
});
/** Replaces the policies of all tenants by one. */
async function have(
  name: string,
  rules: readonly object[],
  mode = 'ENFORCE',
  owner: string | null = tenantId,
): Promise<void> {
  const at = new Date(savedAtMs++);
  const records = guardrailPolicies(database.connection).collection;
  await records.deleteMany({});
  await records.insertOne({
    ...{ _id: `${owner}:${name}` as never, tenantId: owner, appId: null, promptId: null, model: null },
    ...{ mode, rules, version: 3, createdAt: at, updatedAt: at, versions: [] },
  });
  await mesh.catalog.refresh();
}

const asking = (text: string, more: object = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', parts: [{ text }] }], ...more },
});
const lastRow = async () => (await mesh.rows()).at(-1);
const blocked = (owner = tenantId) =>
  events(database.connection)
    .find({ type: 'guardrail.blocked', tenantId: owner })
    .sort({ sequence: 1 })
    .lean();

describe('a policy', () => {
  it('in SHADOW lets everything pass, and its verdict is in the row alone', async () => {
    await have('shadow', [rule('BLOCK'), rule('WARN')], 'SHADOW');
    mesh.alpha.always((call) => call.say('fine').finish(buildUsage(1, 1)));
    const answer = await mesh.data<{ complete: object }>(complete, asking(`key ${secret}`));
    expect(answer.complete).toEqual({ text: 'fine', guardrailVerdicts: [] });
    const row = await lastRow();
    expect(row?.guardrailVerdicts).toMatchObject([
      {
        ...{
          rule: 'secrets',
          policyId: `${tenantId}:shadow`,
          policyVersion: 3,
          stage: 'INPUT',
          action: 'BLOCK',
        },
        ...{ shadow: true, fired: true, failed: false, findings: [{ kind: expect.any(String), count: 1 }] },
      },
      { action: 'WARN', shadow: true },
    ]);
    expect(JSON.stringify(row?.guardrailVerdicts)).not.toContain(secret);
  });

  it('in OFF looks at nothing', async () => {
    await have('off', [rule('BLOCK')], 'OFF');
    mesh.alpha.always((call) => call.say('fine').finish(buildUsage(1, 1)));
    await mesh.data(complete, asking(`key ${secret}`));
    expect((await lastRow())?.guardrailVerdicts).toBeUndefined();
  });

  it('with WARN shows the caller what it found, and with LOG the ledger alone', async () => {
    await have('warn', [rule('WARN', ['INPUT', 'OUTPUT']), rule('LOG')]);
    mesh.alpha.always((call) => call.say('fine').finish(buildUsage(1, 1)));
    const answer = await mesh.data<{ complete: object }>(complete, asking(`key ${secret}`));
    expect(answer.complete).toMatchObject({
      text: 'fine',
      guardrailVerdicts: [
        {
          ...{ rule: 'secrets', policyId: `guardrail:${tenantId}:warn`, policyVersion: 3, stage: 'INPUT' },
          ...{ action: 'WARN', shadow: false, fired: true, spans: [], reason: expect.any(String) },
        },
      ],
    });
    expect((await lastRow())?.guardrailVerdicts?.map(({ action }) => action)).toEqual(['WARN', 'LOG']);
  });

  it('keeps the verdicts of the input in the row of a cached answer', async () => {
    await have('cached', [rule('WARN')]);
    mesh.alpha.always((call) => call.say('cached').finish(buildUsage(1, 1)));
    const input = asking(`once ${secret}`, { cache: 'USE' });
    await mesh.data(complete, input);
    const calls = mesh.alpha.calls.length;
    const again = await mesh.data<{ complete: object }>(complete, input);
    expect(mesh.alpha.calls).toHaveLength(calls);
    expect(again.complete).toMatchObject({ guardrailVerdicts: [{ action: 'WARN' }] });
    expect(await lastRow()).toMatchObject({ cache: 'HIT', guardrailVerdicts: [{ action: 'WARN' }] });
  });

  it('repairs an answer that nearly is JSON of its schema, without a further attempt', async () => {
    const optionsJson = JSON.stringify({ schema: { type: 'object', required: ['a'] } });
    await have('schema', [{ ...rule('RETRY', ['OUTPUT'], 'schema'), optionsJson }]);
    mesh.alpha.always((call) => call.say('{a: 1,}').finish(buildUsage(1, 1)));
    const calls = mesh.alpha.calls.length;
    const answer = await mesh.data<{ complete: { text: string } }>(complete, asking('JSON, please'));
    expect(JSON.parse(answer.complete.text)).toEqual({ a: 1 });
    expect(mesh.alpha.calls).toHaveLength(calls + 1);
  });

  it('that blocks the input leaves no row, and is an event once an hour', async () => {
    await have('block', [rule('BLOCK')]);
    const rows = (await mesh.rows()).length;
    for (const _ of [1, 2]) {
      const refusal = await mesh.refusal(complete, asking(`key ${secret}`));
      expect(refusal).toMatchObject({ code: 'GUARDRAIL_BLOCKED', guardrail: 'secrets', stage: 'input' });
    }
    expect(await mesh.rows()).toHaveLength(rows);
    await vi.waitFor(async () => expect(await blocked()).toHaveLength(1));
    expect(await blocked()).toMatchObject([
      {
        subject: `guardrail:${tenantId}:block`,
        data: {
          appId: mesh.caller.appId,
          rule: 'secrets',
          stage: 'INPUT',
          action: 'BLOCK',
          policyVersion: 3,
        },
      },
    ]);
    expect(JSON.stringify(await blocked())).not.toContain(secret);
  });

  it('of the mesh is an event of each tenant whose call it blocks', async () => {
    await have('common', [rule('BLOCK')], 'ENFORCE', null);
    const owners = ['one', 'another'];
    for (const owner of owners) {
      const caller = { ...mesh.caller, tenantId: owner };
      expect(await mesh.refusal(complete, asking(secret), caller)).toMatchObject({
        code: 'GUARDRAIL_BLOCKED',
      });
    }
    await vi.waitFor(async () => {
      for (const owner of owners) expect(await blocked(owner)).toHaveLength(1);
    });
  });

  it('that blocks an answer fails the call, with the verdict in its row and as an event', async () => {
    await have('answer', [rule('BLOCK', ['OUTPUT'])]);
    mesh.alpha.always((call) => call.say(`a ${secret}`).finish(buildUsage(1, 1)));
    expect(await mesh.refusal(complete, asking('hello'))).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
    expect(await lastRow()).toMatchObject({
      status: 'FAILED',
      errorCode: 'GUARDRAIL_BLOCKED',
      guardrailVerdicts: [{ stage: 'OUTPUT', fired: true, policyId: `${tenantId}:answer` }],
    });
    await vi.waitFor(async () =>
      expect((await blocked()).map(({ subject }) => subject)).toContain(`guardrail:${tenantId}:answer`),
    );
  });

  it('binds embeddings and the count of tokens as well', async () => {
    await have('values', [rule('MASK')]);
    mesh.alpha.always((call) => call.finish(buildUsage(1, 0)));
    await mesh.data('mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }', {
      input: { model: 'alpha/embed', values: [`key ${secret}`] },
    });
    expect(await lastRow()).toMatchObject({ kind: 'embedding', guardrailVerdicts: [{ action: 'MASK' }] });
    await have('values', [rule('BLOCK')]);
    const embed = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }';
    const refusal = await mesh.refusal(embed, { input: { model: 'alpha/embed', values: [secret] } });
    expect(refusal).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
    await vi.waitFor(async () =>
      expect((await blocked()).map(({ subject }) => subject)).toContain(`guardrail:${tenantId}:values`),
    );
  });

  it('of another tenant binds no call', async () => {
    await have('foreign', [rule('BLOCK')], 'ENFORCE', 'somebody');
    mesh.alpha.always((call) => call.say('fine').finish(buildUsage(1, 1)));
    expect(await mesh.data(complete, asking(`key ${secret}`))).toMatchObject({ complete: { text: 'fine' } });
  });
});

describe('testGuardrails', () => {
  const run = async (input: object, caller = tester) =>
    (await mesh.data<{ testGuardrails: Tested }>(testing, { input }, caller)).testGuardrails;
  const stated = (action: string, stages = ['INPUT']) => ({ rule: 'secrets', stages, action });

  it('returns what each rule states, with places and time, and the text with what was replaced', async () => {
    const rows = (await mesh.rows()).length;
    const tested = await run({ text: `key ${secret} end`, rules: [stated('REDACT'), stated('LOG')] });
    expect(tested).toMatchObject({
      allowed: true,
      text: expect.stringMatching(/^key \[[A-Z_]+\] end$/),
      verdicts: [
        {
          ...{
            rule: 'secrets',
            policyId: null,
            stage: 'INPUT',
            action: 'REDACT',
            shadow: false,
            fired: true,
          },
          ...{ failed: false, spans: [{ start: 4, end: 4 + secret.length, kind: expect.any(String) }] },
        },
        { action: 'LOG' },
      ],
    });
    expect(tested.verdicts[0]?.durationMs).toEqual(expect.any(Number));
    expect(await mesh.rows()).toHaveLength(rows);
  });

  it('checks JSON Schemas', async () => {
    const options = { schema: { type: 'object' } };
    const rules = [{ rule: 'schema', stages: ['OUTPUT'], action: 'BLOCK', options }];
    const output = { stage: 'OUTPUT', rules };
    expect(await run({ text: '{}', ...output })).toMatchObject({ allowed: true });
    expect(await run({ text: '[]', ...output })).toMatchObject({
      allowed: false,
      verdicts: [{ fired: true, failed: false }],
    });
  });

  it('masks by placeholders, and leaves a text that is blocked as it is', async () => {
    const text = `key ${secret}`;
    expect((await run({ text, rules: [stated('MASK')] })).text).toMatch(/^key ⟨[A-Z_]+_1⟩$/);
    expect(await run({ text, rules: [stated('MASK'), stated('BLOCK')] })).toMatchObject({
      allowed: false,
      text,
    });
    expect(await run({ text: 'fine', rules: [stated('BLOCK')] })).toMatchObject({
      ...{ allowed: true, text: 'fine', verdicts: [{ fired: false, reason: null, spans: [] }] },
    });
  });

  it.for(['INPUT', 'RETRIEVED', 'TOOL_OUTPUT', 'OUTPUT', 'TOOL_INPUT'])(
    'takes the text for one of the stage %s',
    async (stage) => {
      const { verdicts } = await run({ text: secret, stage, rules: [stated('BLOCK', [stage])] });
      expect(verdicts).toMatchObject([{ stage, fired: true }]);
      const other = stage === 'INPUT' ? 'OUTPUT' : 'INPUT';
      const isPart = other === 'INPUT' && (stage === 'RETRIEVED' || stage === 'TOOL_OUTPUT');
      const rules = [stated('BLOCK', [other]), stated('LOG', [stage])];
      const elsewhere = await run({ text: secret, stage, rules });
      expect(elsewhere.allowed).toBe(!isPart);
    },
  );

  it('looks by default as the policies of the caller do, whatever their sample', async () => {
    await have('own', [{ ...rule('BLOCK'), sample: 0.000001 }]);
    const tested = await run({ text: secret });
    expect(tested).toMatchObject({ allowed: false, verdicts: [{ policyId: `guardrail:${tenantId}:own` }] });
    const foreign = { ...tester, tenantId: 'somebody' };
    expect(await run({ text: secret }, foreign)).toMatchObject({ allowed: true, verdicts: [] });
  });

  it.for<[string, object, string]>([
    ['a text that is too long', { text: 'x'.repeat(1_000_001) }, 'input.text must not be longer'],
    ['an unknown rule', { text: 'x', rules: [{ ...stated('LOG'), rule: 'x' }] }, 'input.rules[0].rule'],
    [
      'rules that do not look at the stage',
      { text: 'x', rules: [stated('LOG', ['OUTPUT', 'TOOL_INPUT'])] },
      'input.stage is INPUT, where none of the rules looks: they look at OUTPUT, TOOL_INPUT.',
    ],
    ['rules and a prompt', { text: 'x', rules: [stated('LOG')], promptId: 'p' }, 'input.promptId'],
    ['rules and a model', { text: 'x', rules: [stated('LOG')], model: 'alpha/one' }, 'input.model'],
  ])('refuses %s', async ([, input, message]) => {
    const refusal = await mesh.refusal(testing, { input }, tester);
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining(message) });
  });

  it('requires guardrails:write', async () => {
    const refusal = await mesh.refusal(testing, { input: { text: 'x' } });
    expect(refusal).toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('@guarded', () => {
  it('is on exactly the fields whose texts a policy looks at', async () => {
    // One that counts tokens: without such a provider an input goes to none.
    const createProvider = async () => ({ ...scriptedProvider(), countTokens: async () => 1 });
    await using counting = await startInference(database, { createProvider });
    const { caller } = counting;
    tenantId = caller.tenantId ?? '';
    await have('everything', [rule('BLOCK')]);
    await counting.catalog.refresh();
    const tester = { ...caller, scopes: [...caller.scopes, 'guardrails:write'] };
    const { connection } = database;
    const createdAt = new Date();
    const prompt = { _id: 'prompt-of-guardrails', tenantId, name: 'leaking', description: null };
    await prompts(connection).create({ ...prompt, labels: {}, newest: 1, createdAt });
    await promptVersions(connection).create({
      ...{ _id: 'version-of-guardrails', promptId: prompt._id, tenantId, number: 1, model: 'alpha/one' },
      ...{
        system: null,
        template: secret,
        variables: [],
        outputSchemaJson: null,
        parameters: null,
        note: null,
      },
      ...{ createdAt, createdBy: 'test' },
    });
    const inputs: Readonly<Record<string, unknown>> = {
      CompletionInput: asking(secret).input,
      EmbedInput: { model: 'alpha/embed', values: [secret] },
      RunPromptInput: { name: 'leaking', variables: {} },
      TestGuardrailsInput: { text: secret },
    };
    const { schema } = counting.subgraph;
    const stated: string[] = [];
    const refused: string[] = [];
    for (const [kind, type] of [
      ['query', schema.getQueryType()],
      ['mutation', schema.getMutationType()],
      ['subscription', schema.getSubscriptionType()],
    ] as const) {
      for (const { name, args, type: result, astNode } of Object.values(type?.getFields() ?? {})) {
        if (astNode?.directives?.some((one) => one.name.value === 'guarded')) stated.push(name);
        const input = args.find((argument) => argument.name === 'input');
        // Other arguments are IDs and numbers, which go to no AI model.
        if (input === undefined) continue;
        const inputType = getNamedType(input.type).name;
        if (!(inputType in inputs)) throw new Error(`There is no sample of ${inputType}.`);
        const selection = isLeafType(getNamedType(result)) ? '' : '{ __typename }';
        const query = `${kind} ($input: ${inputType}!) { ${name}(input: $input) ${selection} }`;
        const code = await readCode(counting, kind, query, { input: inputs[inputType] }, tester);
        if (code === 'GUARDRAIL_BLOCKED') refused.push(name);
      }
    }
    expect(stated.sort()).toEqual(refused.sort());
    expect(stated.length).toBeGreaterThan(6);
  });

  async function readCode(
    { ask, stream }: TestInference,
    kind: string,
    query: string,
    variables: Record<string, unknown>,
    caller: Caller,
  ): Promise<unknown> {
    if (kind !== 'subscription') return (await ask(query, variables, caller)).errors?.[0]?.code;
    try {
      for await (const _ of await stream(query, variables, { caller })) return undefined;
    } catch (error) {
      return error instanceof GraphQLError ? error.extensions.code : error;
    }
    return undefined;
  }
});
