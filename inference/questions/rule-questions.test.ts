import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller, CallerLimit } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { modelAliases, toAliasId } from '#mongo/model-aliases.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { askingRule } from '#test/support/asking-rules.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage, type ScriptedCall } from '#test/support/scripted-provider.ts';
import {
  ASKED_FIELDS,
  COMPLETE,
  complete,
  judged,
  price,
  readRow,
  say,
} from '#test/support/setups/asking-guardrails.ts';
import { asking, buildPlans, EMBED, sentTexts } from '#test/support/setups/guarded-calls.ts';
import { emails, growingRule } from '#test/support/word-rules.ts';

const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename
  ... on TextDelta { text } ... on CompletionFinished { completion { ${ASKED_FIELDS} } } ... on CompletionFailed { code message } } }`;
const COUNT = 'query ($input: CompletionInput!) { countTokens(input: $input) { isEstimated } }';
let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

const asked = { model: { id: 'beta/one' }, guardrail: 'asking', outcome: 'SUCCEEDED', cost: '0.000200000' };
const own = { model: { id: 'alpha/one' }, guardrail: null, outcome: 'SUCCEEDED', cost: '0.000037000' };

describe('a question of a guardrail to an AI model', () => {
  it.each(['INPUT', 'OUTPUT'] as const)(
    'is an attempt of the call, with usage and price, in the row and the answer (%s)',
    async (stage) => {
      await using mesh = await startInference(database, buildPlans(askingRule('BLOCK', { stages: [stage] })));
      judged('good', mesh);
      expect(await complete(mesh)).toMatchObject({
        ...{ status: 'SUCCEEDED', text: 'Answer', usage: { inputTokens: 107, outputTokens: 13 } },
        // In the order of their ends: that of a call is after its guardrails have looked.
        ...{ attempts: [asked, own], cost: '0.000237000', guardrailVerdicts: [] },
      });
      expect(sentTexts(mesh.beta.calls[0] as ScriptedCall)).toContain(stage === 'INPUT' ? 'Hello' : 'Answer');
      const row = await readRow(mesh);
      expect(row).toMatchObject({
        ...{ status: 'SUCCEEDED', modelId: 'alpha/one', providerId: 'alpha', cache: 'BYPASS' },
        ...{ usage: { inputTokens: 107, outputTokens: 13 }, costNanos: price(107, 13), errorCode: null },
        attempts: [{ modelId: 'beta/one', guardrail: 'asking', error: null }, { modelId: 'alpha/one' }],
      });
      expect(row.attempts[1]).not.toHaveProperty('guardrail');
      expect(row).not.toHaveProperty('progress');
    },
  );

  it('that refuses the input leaves a row with what it has cost, and calls no other AI model', async () => {
    await using mesh = await startInference(database, buildPlans(askingRule('BLOCK')));
    judged('bad', mesh);
    const { completionId, ...refusal } = await mesh.refusal(COMPLETE, asking('Hello'));
    expect(refusal).toMatchObject({ code: 'GUARDRAIL_BLOCKED', guardrail: 'asking', stage: 'input' });
    expect(mesh.alpha.calls).toHaveLength(0);
    const row = await readRow(mesh);
    expect(row).toMatchObject({
      ...{ _id: completionId, status: 'FAILED', errorCode: 'GUARDRAIL_BLOCKED', costNanos: price(100, 10) },
      ...{ attempts: [{ guardrail: 'asking' }], guardrailVerdicts: [{ rule: 'asking', fired: true }] },
      ...{ modelId: 'beta/one', usage: { inputTokens: 100 }, endedAt: expect.any(Date) },
    });
    const query = 'query ($id: ID!) { completion(id: $id) { status error { code } } }';
    expect(await mesh.data(query, { id: completionId })).toEqual({
      completion: { status: 'FAILED', error: { code: 'GUARDRAIL_BLOCKED' } },
    });
  });

  it('that refuses an answer is an attempt of its call', async () => {
    await using mesh = await startInference(
      database,
      buildPlans(askingRule('BLOCK', { stages: ['OUTPUT'] })),
    );
    judged('bad', mesh);
    expect(await mesh.refusal(COMPLETE, asking('Hello'))).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
    expect(await readRow(mesh)).toMatchObject({
      ...{ status: 'FAILED', costNanos: price(107, 13), attempts: [{ guardrail: 'asking' }, {}] },
    });
  });

  it.each(['INPUT', 'OUTPUT'] as const)('binds streams, which show nothing before it (%s)', async (stage) => {
    await using mesh = await startInference(database, buildPlans(askingRule('BLOCK', { stages: [stage] })));
    mesh.alpha.always(say('Answer', 7, 3));
    const events: Record<string, unknown>[] = [];
    const reading = (async () => {
      for await (const event of await mesh.stream(STREAM, asking('Hello'))) events.push(event);
    })();
    const question = await mesh.beta.next();
    expect(events.filter(({ __typename }) => __typename === 'TextDelta')).toEqual([]);
    say('good')(question);
    await reading;
    expect(events.at(-1)).toMatchObject({
      completion: { text: 'Answer', cost: '0.000237000', attempts: [asked, own] },
    });
    expect(await readRow(mesh)).toMatchObject({ costNanos: price(107, 13) });
  });

  it('binds embeddings, in their rows; a count of tokens is estimated instead', async () => {
    await using mesh = await startInference(database, buildPlans(askingRule('BLOCK')));
    judged('good', mesh);
    mesh.alpha.always((call) => call.finish(buildUsage(7, 0)));
    await mesh.data(EMBED, { input: { model: 'alpha/embed', values: ['Hello'] } });
    const row = await readRow(mesh);
    expect(row).toMatchObject({
      ...{ kind: 'embedding', status: 'SUCCEEDED', costNanos: price(107, 10) },
      attempts: [{ guardrail: 'asking' }, { modelId: 'alpha/embed' }],
    });
    judged('bad', mesh);
    const refused = { input: { model: 'alpha/embed', values: ['Hello'] } };
    expect(await mesh.refusal(EMBED, refused)).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
    expect((await mesh.rows())[1]).toMatchObject({ kind: 'embedding', status: 'FAILED', attempts: [{}] });
    expect(await mesh.data(COUNT, asking('Hello'))).toEqual({ countTokens: { isEstimated: true } });
    expect(mesh.beta.calls).toHaveLength(2);
  });

  it('sees masked values masked', async () => {
    const masking = growingRule(emails, 'MASK', { kind: 'EMAIL' });
    await using mesh = await startInference(database, buildPlans(masking, askingRule('BLOCK')));
    judged('good', mesh);
    await complete(mesh, 'I am ann@x.test');
    expect(sentTexts(mesh.beta.calls[0] as ScriptedCall)).toContain('I am ⟨EMAIL_1⟩');
  });

  it('is looked at by no guardrail, which bind the AI model too', async () => {
    const rules = [askingRule('BLOCK', { stages: ['INPUT', 'OUTPUT'] })];
    await using mesh = await startInference(database, buildPlans(...rules));
    judged('good', mesh);
    await complete(mesh);
    expect(mesh.beta.calls).toHaveLength(2);
  });

  it('is tried again as other attempts are, and each is in the row', async () => {
    await using mesh = await startInference(database, {
      ...buildPlans(askingRule('BLOCK')),
      delay: async () => undefined,
    });
    judged((call) => {
      if (mesh.beta.calls.length === 1) call.fail(buildFailure('PROVIDER_ERROR', true));
      else say('good')(call);
    }, mesh);
    await complete(mesh);
    expect((await readRow(mesh)).attempts).toMatchObject([
      { guardrail: 'asking', outcome: 'FAILED', error: 'PROVIDER_ERROR' },
      { guardrail: 'asking', outcome: 'SUCCEEDED' },
      { modelId: 'alpha/one' },
    ]);
  });
});

describe('an AI model that has no verdict', () => {
  const failures: readonly (readonly [string, (call: ScriptedCall) => unknown])[] = [
    ['fails', (call) => call.fail(buildFailure('PROVIDER_ERROR', false))],
    ['answers nonsense', say('I would rather not.')],
    ['answers nothing', say('')],
    ['hangs', () => undefined],
  ];
  it.each(
    failures.flatMap(([what, play]) =>
      (['INPUT', 'OUTPUT'] as const).map((stage) => [what, stage, play] as const),
    ),
  )(
    '%s, at %s: what protects blocks and tells nothing of it; the others change nothing',
    async (_, stage, play) => {
      for (const [action, isShadow] of [
        ['BLOCK', false],
        ['WARN', false],
        ['LOG', false],
        ['BLOCK', true],
      ] as const) {
        const rule = askingRule(action, { stages: [stage], isShadow, timeoutMs: 20 });
        await using mesh = await startInference(database, buildPlans(rule));
        judged(play, mesh);
        if (action === 'BLOCK' && !isShadow) {
          const refusal = await mesh.refusal(COMPLETE, asking('Hello'));
          expect(refusal).toMatchObject({
            code: 'GUARDRAIL_BLOCKED',
            message: `The guardrail asking refuses the ${stage.toLowerCase()}: it could not be checked.`,
          });
          expect(JSON.stringify(refusal)).not.toMatch(/script|rather/);
        } else {
          expect(await complete(mesh)).toMatchObject({ text: 'Answer', status: 'SUCCEEDED' });
        }
        const { attempts, guardrailVerdicts } = await readRow(mesh);
        expect(attempts[0]).toMatchObject({ guardrail: 'asking' });
        expect(guardrailVerdicts).toMatchObject([{ failed: true }]);
        expect(JSON.stringify(attempts, (__, value) => (typeof value === 'bigint' ? 0 : value))).not.toMatch(
          /The script/,
        );
      }
    },
  );

  it('is no failure of its provider where the guardrail did not wait for it: others call it', async () => {
    await using mesh = await startInference(database, buildPlans(askingRule('LOG', { timeoutMs: 100 })));
    judged(() => undefined, mesh);
    for (let call = 0; call < 12; call++) await complete(mesh);
    const attempts = (await mesh.rows()).map((row) => row.attempts[0]);
    expect(attempts.map((each) => each?.outcome)).toEqual(Array(12).fill('CANCELLED'));
    // What was sent is billed all the same.
    expect(attempts.filter((each) => each?.usageEstimated === true).length).toBeGreaterThan(6);
    mesh.beta.always(say('fine'));
    expect(await mesh.data(COMPLETE, asking('Hello', {}, 'beta/one'))).toMatchObject({
      complete: { text: 'fine' },
    });
  });
});

describe('the caller of a call whose guardrails ask', () => {
  it('has to be allowed to call the AI model, in its regions, by its lists, within its offers', async () => {
    const narrow: Readonly<Record<string, Partial<Caller>>> = {
      regions: { allowedRegions: ['eu'] },
      lists: { modelLists: [{ subject: 'key:k', patterns: ['alpha/*'] }] },
    };
    for (const more of Object.values(narrow)) {
      await using mesh = await startInference(database, buildPlans(askingRule('BLOCK')));
      judged('good', mesh);
      const refusal = mesh.refusal(COMPLETE, asking('Hello'), { ...mesh.caller, ...more });
      expect(await refusal).toMatchObject({ message: expect.stringContaining('could not be checked') });
      expect(mesh.beta.calls).toHaveLength(0);
      expect(await mesh.rows()).toHaveLength(0);
    }
  });

  const limit = (
    meter: CallerLimit['meter'],
    amount: number,
    more: Partial<CallerLimit> = {},
  ): CallerLimit => ({
    ...{ subject: 'key:k', meter, window: 'DAY', amount: String(amount), ...more },
  });
  const budget = { subject: 'budget:b', budget: { hard: true } } as const;

  it.each([
    ['QUOTA_EXCEEDED', limit('TOKENS', 2_200)],
    ['QUOTA_EXCEEDED', limit('COST', 21_000_000)],
    ['BUDGET_EXCEEDED', limit('COST', 21_000_000, budget)],
  ] as const)('has what they take counted, and is refused beyond it: %s', async (code, one) => {
    await using mesh = await startInference(database, {
      ...buildPlans(askingRule('BLOCK')),
      limits: [one],
    });
    // More than was reserved for it.
    judged(say('good', 20, 1_000), mesh);
    expect(await complete(mesh)).toMatchObject({ text: 'Answer' });
    // The question fits, and then the call does not.
    const { completionId, ...refusal } = await mesh.refusal(COMPLETE, asking('Hello'));
    expect(refusal).toMatchObject({ code, meter: one.meter });
    const [first, second] = await mesh.rows();
    expect(second).toMatchObject({
      ...{ _id: completionId, status: 'FAILED', errorCode: code, costNanos: price(20, 1_000) },
      attempts: [{ guardrail: 'asking' }],
    });
    expect(first?.attempts).toHaveLength(2);
    // Nor does the question.
    expect(await mesh.refusal(COMPLETE, asking('Hello'))).toMatchObject({ code, meter: one.meter });
    expect([mesh.beta.calls.length, mesh.alpha.calls.length]).toEqual([2, 1]);
    expect(await mesh.rows()).toHaveLength(2);
  });

  it('makes one request, whatever its guardrails ask', async () => {
    await using mesh = await startInference(database, {
      ...buildPlans(askingRule('BLOCK', { stages: ['INPUT', 'OUTPUT'] })),
      limits: [limit('REQUESTS', 1)],
    });
    judged('good', mesh);
    await complete(mesh);
    expect(mesh.beta.calls).toHaveLength(2);
    const refusal = await mesh.refusal(COMPLETE, asking('Hello'));
    expect(refusal).toMatchObject({ code: 'QUOTA_EXCEEDED', retryAfterMs: expect.any(Number) });
    expect(await mesh.rows()).toHaveLength(1);
  });

  it('has no questions that an answer from the cache, an earlier call or an equal text stands for', async () => {
    await using mesh = await startInference(
      database,
      buildPlans(askingRule('BLOCK', { remembers: true, stages: ['INPUT'] })),
    );
    judged('good', mesh);
    const first = await complete(mesh, 'Hello', { idempotencyKey: 'once' });
    expect(await complete(mesh, 'Hello', { idempotencyKey: 'once' })).toEqual(first);
    expect(await complete(mesh)).toMatchObject({ attempts: [own] });
    expect(mesh.beta.calls).toHaveLength(1);
    await complete(mesh, 'Hello', {}, { ...mesh.caller, tenantId: `${mesh.caller.tenantId}-2` });
    expect(mesh.beta.calls).toHaveLength(2);
  });

  it('has its questions in the row of an answer from the cache', async () => {
    await using mesh = await startInference(database, buildPlans(askingRule('BLOCK')));
    judged('good', mesh);
    const kept = { cache: 'USE', temperature: 0 };
    await complete(mesh, 'Hello', kept);
    const hit = await complete(mesh, 'Hello', kept);
    expect(hit).toMatchObject({ cache: 'HIT', text: 'Answer', cost: '0.000200000', attempts: [asked] });
    expect((await mesh.rows())[1]).toMatchObject({
      ...{ _id: hit.id, status: 'SUCCEEDED', cache: 'HIT', costNanos: price(100, 10), modelId: 'alpha/one' },
    });
  });

  it('has at most four questions under way at once', async () => {
    const rules = Array.from({ length: 6 }, (_, at) => askingRule('BLOCK', { rule: `asking ${at}` }));
    await using mesh = await startInference(database, buildPlans(...rules));
    mesh.alpha.always(say('Answer'));
    const calling = complete(mesh);
    const first = [
      await mesh.beta.next(),
      await mesh.beta.next(),
      await mesh.beta.next(),
      await mesh.beta.next(),
    ];
    expect(mesh.beta.calls).toHaveLength(4);
    say('good')(first[0] as ScriptedCall);
    const fifth = await mesh.beta.next();
    expect(mesh.beta.calls).toHaveLength(5);
    for (const call of [...first.slice(1), fifth]) say('good')(call);
    say('good')(await mesh.beta.next());
    expect((await calling).attempts).toHaveLength(7);
  });

  it('of a tenant about a prompt of the mesh goes to no AI model by a name of the tenant', async () => {
    const named = askingRule('BLOCK', { model: 'judge' });
    await using mesh = await startInference(database, buildPlans(named));
    judged('good', mesh);
    const { connection } = database;
    const createdAt = new Date();
    const tenantId = mesh.caller.tenantId ?? '';
    const alias = { _id: toAliasId(tenantId, 'judge'), tenantId, name: 'judge', target: 'beta/one' };
    await modelAliases(connection).create({ ...alias, createdAt, updatedAt: createdAt });
    const template = 'Only {{who}} knows.';
    for (const [promptId, owner] of [
      ['of-mesh', null],
      ['of-tenant', tenantId],
    ] as const) {
      const prompt = { _id: promptId, tenantId: owner, name: promptId, description: null };
      await prompts(connection).create({ ...prompt, labels: {}, newest: 1, offeredTo: null, createdAt });
      await promptVersions(connection).create({
        ...{ _id: `version-${promptId}`, promptId, tenantId: owner, number: 1, model: 'alpha/one' },
        ...{ system: null, template, variables: [], outputSchemaJson: null, parameters: null, note: null },
        ...{ createdAt, createdBy: 'test' },
      });
    }
    await mesh.catalog.refresh();
    const run = 'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { text } }';
    const running = (name: string) => ({ input: { name, variables: { who: 'Ann' } } });
    expect(await mesh.refusal(run, running('of-mesh'))).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
    expect([mesh.alpha.calls, mesh.beta.calls]).toEqual([[], []]);
    expect(await mesh.data(run, running('of-tenant'))).toEqual({ runPrompt: { text: 'Answer' } });
    expect(sentTexts(mesh.beta.calls[0] as ScriptedCall)).toContain('Only Ann knows.');
  });
});
