import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planPolicies } from '#guardrails/pipeline/policy.ts';
import type { Database } from '#mongo/connect.ts';
import { models } from '#mongo/models.ts';
import { routes } from '#mongo/routes.ts';
import type { ModerationCall } from '#providers/moderation.ts';
import type { ModerationAnswer } from '#providers/provider.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { COMPLETE, complete, price, readRow, say } from '#test/support/setups/asking-guardrails.ts';
import { asking, buildPlans } from '#test/support/setups/guarded-calls.ts';
import { emails, growingRule } from '#test/support/word-rules.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  const one = await models(database.connection).findById('beta/one').lean();
  await models(database.connection).create({
    ...one,
    ...{ _id: 'beta/moderation', name: 'moderation', capabilities: ['MODERATION'], maxOutputTokens: null },
  });
  for (const modality of ['TEXT', 'IMAGE'] as const) {
    const name = `${modality.toLowerCase()}:analyze`;
    await models(database.connection).create({
      ...one,
      ...{ _id: `beta/${name}`, name, capabilities: ['MODERATION'], inputModalities: [modality] },
    });
  }
  const both = await routes(database.connection).findById('both').lean();
  await routes(database.connection).create({
    ...both,
    _id: 'analyze',
    targets: ['image', 'text'].map((name) => ({ modelId: `beta/${name}:analyze`, weight: 1, regions: null })),
  });
});
afterAll(() => database.close());

function buildPlan(options: object = {}, stages: readonly ('INPUT' | 'OUTPUT')[] = ['INPUT']) {
  const rule = {
    rule: 'moderation',
    stages,
    action: 'BLOCK',
    options: { ...moderating, ...options },
  } as const;
  const others = { sample: 1, note: null, reroute: null, unlessConsent: null };
  const policy = { id: 'p', version: 1, mode: 'ENFORCE', rules: [{ ...rule, ...others }] } as const;
  return buildPlans(...planPolicies([policy], {}).rules);
}
const moderating = { model: 'beta/moderation', format: 'SCORES' };

const answer = (score: number): ModerationAnswer => ({
  scores: { HATE: { score, isFlagged: score >= 0.5 } },
  usage: buildUsage(100, 0),
});

/** From now on beta moderates so; what it was sent. */
function play(
  mesh: TestInference,
  moderate: (call: ModerationCall, number: number) => Promise<ModerationAnswer>,
) {
  const calls: ModerationCall[] = [];
  mesh.alpha.always(say('Answer', 7, 3));
  mesh.beta.moderate = (call) => {
    calls.push(call);
    return moderate(call, calls.length);
  };
  return calls;
}

describe('a question to an AI model for moderation', () => {
  it.each(['INPUT', 'OUTPUT'] as const)(
    'is an attempt of the call, with usage and price (%s)',
    async (stage) => {
      await using mesh = await startInference(database, buildPlan({}, [stage]));
      const calls = play(mesh, async () => answer(0.1));
      const asked = { model: { id: 'beta/moderation' }, guardrail: 'moderation', outcome: 'SUCCEEDED' };
      expect(await complete(mesh)).toMatchObject({
        ...{ text: 'Answer', usage: { inputTokens: 107, outputTokens: 3 }, cost: '0.000137000' },
        attempts: [
          { ...asked, cost: '0.000100000' },
          { model: { id: 'alpha/one' }, guardrail: null },
        ],
      });
      expect(calls).toMatchObject([
        { model: 'moderation', texts: [{ text: stage === 'INPUT' ? 'Hello' : 'Answer', isDocument: false }] },
      ]);
      expect(await readRow(mesh)).toMatchObject({ status: 'SUCCEEDED', costNanos: price(107, 3) });
    },
  );

  it('refuses what is scored too high, with the category and no text, in a row with its cost', async () => {
    await using mesh = await startInference(database, buildPlan({ thresholds: { HATE: 0.3 } }));
    play(mesh, async () => answer(0.3));
    const refusal = await mesh.refusal(COMPLETE, asking('Hello'));
    expect(refusal).toMatchObject({
      ...{ code: 'GUARDRAIL_BLOCKED', guardrail: 'moderation', stage: 'input' },
      message: expect.stringContaining('finds it unsafe (HATE)'),
    });
    expect(JSON.stringify(refusal)).not.toContain('Hello');
    expect(mesh.alpha.calls).toHaveLength(0);
    expect(await readRow(mesh)).toMatchObject({
      ...{ status: 'FAILED', errorCode: 'GUARDRAIL_BLOCKED', costNanos: price(100, 0) },
      guardrailVerdicts: [{ rule: 'moderation', fired: true, failed: false }],
    });
  });

  it('is tried again as other attempts are, each in the row, and refuses where none has an answer', async () => {
    await using mesh = await startInference(database, buildPlan());
    play(mesh, async (_call, number) => {
      if (number === 1) throw buildFailure('PROVIDER_ERROR', true);
      return answer(0.1);
    });
    await complete(mesh);
    const { attempts } = await readRow(mesh);
    expect(attempts).toMatchObject([
      { guardrail: 'moderation', outcome: 'FAILED', error: 'PROVIDER_ERROR' },
      { guardrail: 'moderation', outcome: 'SUCCEEDED' },
      { modelId: 'alpha/one' },
    ]);
    play(mesh, () => Promise.reject(buildFailure('BAD_USER_INPUT', false)));
    expect(await mesh.refusal(COMPLETE, asking('Hi'))).toMatchObject({
      message: 'The guardrail moderation refuses the input: it could not be checked.',
    });
    expect((await mesh.rows())[1]).toMatchObject({ guardrailVerdicts: [{ failed: true }] });
  });

  it('waits no longer than the rule, and what was sent is billed', async () => {
    await using mesh = await startInference(database, buildPlan({ timeoutMs: 400 }));
    const calls = play(mesh, () => new Promise(() => undefined));
    expect(await mesh.refusal(COMPLETE, asking('Hello'))).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
    expect(calls[0]?.signal?.aborted).toBe(true);
    expect((await readRow(mesh)).attempts).toMatchObject([{ outcome: 'CANCELLED', usageEstimated: true }]);
  });

  it('is bound by the regions and the limits of its caller', async () => {
    const limit = { subject: 'key:k', meter: 'TOKENS', window: 'DAY', amount: '200' } as const;
    await using mesh = await startInference(database, { ...buildPlan(), limits: [limit] });
    const calls = play(mesh, async () => answer(0.1));
    // At least 250 tokens: what is billed by the text is rounded up.
    expect(await mesh.refusal(COMPLETE, asking('Hello'))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const near = { ...mesh.caller, limits: [], allowedRegions: ['eu'] };
    expect(await mesh.refusal(COMPLETE, asking('Hello'), near)).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
    expect(calls).toHaveLength(0);
  });

  it.for([
    ['beta/one', 'beta/one cannot do what is requested: it lacks MODERATION'],
    ['demo/embed', 'it lacks MODERATION'],
  ] as const)('is none to %s', async ([model]) => {
    await using mesh = await startInference(database, buildPlan({ model }));
    const calls = play(mesh, async () => answer(0.1));
    expect(await mesh.refusal(COMPLETE, asking('Hello'))).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
    expect(calls).toHaveLength(0);
  });

  it('has each image of the call at the stages of the rule, also of a call without texts', async () => {
    const image = (data: string) => ({ mediaType: 'image/png', data });
    const options = { looksAt: ['IMAGE'] };
    const of = (parts: readonly object[]) => ({
      input: { model: 'alpha/one', messages: [{ role: 'USER', parts }] },
    });
    await using mesh = await startInference(database, buildPlan(options, ['INPUT', 'OUTPUT']));
    const calls = play(mesh, async (call) =>
      answer('image' in call && call.image.data.endsWith('BAD0') ? 0.9 : 0),
    );
    const sound = { mediaType: 'audio/mpeg', data: 'SUQz' };
    const hidden = { mediaType: 'video/mp4', data: 'iVBORw0KGgo=' };
    await mesh.data(COMPLETE, of([{ text: 'Hi' }, image('AAAA'), sound, hidden, image('BBBB')]));
    expect(calls.map((call) => 'image' in call && call.image)).toEqual([
      image('AAAA'),
      { mediaType: 'image/png', data: hidden.data },
      image('BBBB'),
    ]);
    const { attempts } = await readRow(mesh);
    expect(attempts.filter(({ guardrail }) => guardrail === 'moderation')).toHaveLength(3);
    for (const parts of [[image('BAD0')], [{ imageUrl: 'https://x.test/a.png' }]]) {
      expect(await mesh.refusal(COMPLETE, of(parts))).toMatchObject({
        ...{ code: 'GUARDRAIL_BLOCKED', guardrail: 'moderation', stage: 'input' },
      });
    }
    expect(calls).toHaveLength(4);
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('has the conversation as it was sent to the AI model, with what is masked in it masked', async () => {
    const conversing = buildPlan({ looksAt: ['CONVERSATION'] }, ['OUTPUT']).guardrailPlans.planFor().rules;
    const masking = growingRule(emails, 'MASK', { kind: 'EMAIL', stages: ['INPUT'] });
    await using mesh = await startInference(database, buildPlans(masking, ...conversing));
    const calls = play(mesh, async () => answer(0));
    mesh.alpha.always(say('Yes, ⟨EMAIL_1⟩.', 7, 3));
    expect(await complete(mesh, 'Am I ann@x.test?')).toMatchObject({ text: 'Yes, ann@x.test.' });
    expect(calls.map((call) => 'conversation' in call && call.conversation)).toEqual([
      [
        { role: 'user', text: 'Am I ⟨EMAIL_1⟩?' },
        { role: 'assistant', text: 'Yes, ⟨EMAIL_1⟩.' },
      ],
    ]);
  });

  it('goes to the target of a route that takes what it sends', async () => {
    const options = { model: 'analyze', looksAt: ['TEXT', 'IMAGE'] };
    await using mesh = await startInference(database, buildPlan(options));
    const calls = play(mesh, async () => answer(0));
    const parts = [{ text: 'Hi' }, { mediaType: 'image/png', data: 'AAAA' }];
    await mesh.data(COMPLETE, { input: { model: 'alpha/one', messages: [{ role: 'USER', parts }] } });
    expect(calls.map((call) => [call.model, 'image' in call]).sort()).toEqual([
      ['image:analyze', true],
      ['text:analyze', false],
    ]);
  });

  it('of an image is reserved as that of a chat is', async () => {
    const limit = { subject: 'key:k', meter: 'TOKENS', window: 'DAY', amount: '4000' } as const;
    const plan = buildPlan({ looksAt: ['IMAGE'] });
    await using mesh = await startInference(database, { ...plan, limits: [limit] });
    const calls = play(mesh, async () => answer(0));
    const parts = [{ mediaType: 'image/png', data: 'AAAA' }];
    const input = { model: 'alpha/one', maxOutputTokens: 1, messages: [{ role: 'USER', parts }] };
    expect(await mesh.refusal(COMPLETE, { input })).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(calls).toEqual([]);
  });

  it('is none where the provider of an AI model has no moderation', async () => {
    await using mesh = await startInference(database, buildPlan());
    mesh.alpha.always(say('Answer'));
    expect(await mesh.refusal(COMPLETE, asking('Hello'))).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
    expect((await readRow(mesh)).attempts).toMatchObject([{ outcome: 'FAILED', error: 'BAD_USER_INPUT' }]);
  });
});

describe('an AI model for moderation', () => {
  it('is refused as one for chat, and for embeddings', async () => {
    await using mesh = await startInference(database);
    const lacks = (what: string) => ({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(`beta/moderation cannot do what is requested: it lacks ${what}`),
    });
    expect(await mesh.refusal(COMPLETE, asking('Hello', {}, 'beta/moderation'))).toMatchObject(lacks('CHAT'));
    const embed = 'mutation ($input: EmbedInput!) { embed(input: $input) { id } }';
    expect(await mesh.refusal(embed, { input: { model: 'beta/moderation', values: ['x'] } })).toMatchObject(
      lacks('EMBEDDINGS'),
    );
  });
});
