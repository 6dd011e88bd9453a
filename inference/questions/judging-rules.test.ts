import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Policy, planPolicies } from '#guardrails/pipeline/policy.ts';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import type { ScriptedCall } from '#test/support/scripted-provider.ts';
import { COMPLETE, complete, judged, price, readRow } from '#test/support/setups/asking-guardrails.ts';
import { asking, buildPlans, sentTexts } from '#test/support/setups/guarded-calls.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

type Rule = Pick<Policy['rules'][number], 'rule' | 'stages' | 'options'>;

function buildPlan(rule: Rule, mode: Policy['mode'] = 'ENFORCE') {
  const others = { action: 'BLOCK', sample: 1, note: null, reroute: null, unlessConsent: null } as const;
  return buildPlans(
    ...planPolicies([{ id: 'p', version: 1, mode, rules: [{ ...rule, ...others }] }], {}).rules,
  );
}

const model = 'beta/one';
const rules: readonly (readonly [
  rule: string,
  options: object,
  passes: string,
  refuses: string,
  reason: RegExp,
])[] = [
  [
    'judge',
    { rubric: 'It is polite.' },
    '{"score":0.9,"reason":"kind"}',
    '{"score":0.25,"reason":"Hello"}',
    /scores it 0\.25/,
  ],
  ['tone', { denied: ['RUDE'] }, '{"score":1}', '{"score":0}', /scores it 0, below/],
  ['moderation', {}, 'safe', 'unsafe\nS1,S10', /finds it unsafe \(S1, S10\)/],
];

describe.each(rules)('the rule %s', (rule, options, passes, refuses, reason) => {
  const plan = (stage: 'INPUT' | 'OUTPUT', mode?: Policy['mode']) =>
    buildPlan({ rule, stages: [stage], options: { model, ...options } }, mode);

  it('calls its AI model once for equal texts, as an attempt of the call', async () => {
    await using mesh = await startInference(database, plan('INPUT'));
    judged(passes, mesh);
    expect(await complete(mesh)).toMatchObject({ text: 'Answer', cost: '0.000237000' });
    expect(sentTexts(mesh.beta.calls[0] as ScriptedCall)).toContain('Hello');
    expect((await readRow(mesh)).attempts).toMatchObject([{ guardrail: rule, modelId: model }, {}]);
    await complete(mesh);
    expect(mesh.beta.calls).toHaveLength(1);
  });

  it.each(['INPUT', 'OUTPUT'] as const)(
    'refuses, at %s, without a word of the text or of the AI model',
    async (stage) => {
      await using mesh = await startInference(database, plan(stage));
      judged(refuses, mesh);
      const refusal = await mesh.refusal(COMPLETE, asking('Hello'));
      expect(refusal).toMatchObject({
        code: 'GUARDRAIL_BLOCKED',
        guardrail: rule,
        message: expect.stringMatching(reason),
      });
      expect(JSON.stringify(refusal)).not.toMatch(/Hello|Answer/);
      expect(await readRow(mesh)).toMatchObject({
        costNanos: stage === 'INPUT' ? price(100, 10) : price(107, 13),
        guardrailVerdicts: [{ rule, fired: true, failed: false, reason: expect.stringMatching(reason) }],
      });
    },
  );

  it('refuses where its AI model has no verdict', async () => {
    await using mesh = await startInference(database, plan('INPUT'));
    judged('I would rather not say: Hello.', mesh);
    expect(await mesh.refusal(COMPLETE, asking('Hello'))).toMatchObject({
      message: expect.stringContaining('could not be checked'),
    });
  });

  it('changes nothing in SHADOW', async () => {
    await using mesh = await startInference(database, plan('OUTPUT', 'SHADOW'));
    judged(refuses, mesh);
    expect(await complete(mesh)).toMatchObject({ text: 'Answer' });
    expect((await readRow(mesh)).guardrailVerdicts).toMatchObject([{ rule, fired: true, shadow: true }]);
  });
});

it('sends no system message where the form of an AI model has none', async () => {
  await using mesh = await startInference(
    database,
    buildPlan({ rule: 'moderation', stages: ['INPUT'], options: { model } }),
  );
  judged('safe', mesh);
  await complete(mesh);
  expect(mesh.beta.calls[0]?.call.messages).toEqual([
    { role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
  ]);
});
