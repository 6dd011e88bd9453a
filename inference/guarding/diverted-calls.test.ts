import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlannedRule } from '#guardrails/pipeline/policy.ts';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import {
  type Answer,
  asking,
  buildPlans,
  COMPLETE,
  collectEvents,
  joinField,
  STREAM,
} from '#test/support/setups/guarded-calls.ts';
import { buildPlan, wordRule } from '#test/support/word-rules.ts';
import type { PolicyTarget } from './plans.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

describe('RETRY', () => {
  const retrying = wordRule(/bad/, 'RETRY', { stages: ['OUTPUT'], note: 'Write it without bad words.' });

  it('has the same AI model called once more with the note, and bills both answers', async () => {
    await using mesh = await startInference(database, buildPlans(retrying));
    mesh.alpha.always((call, number) =>
      call.say(number === 1 ? 'so bad' : 'so good').finish(buildUsage(10, 10)),
    );
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('Speak!'));
    expect(complete).toMatchObject({
      text: 'so good',
      attempts: [{ outcome: 'FAILED' }, { outcome: 'SUCCEEDED' }],
    });
    const [first, second] = mesh.alpha.calls.map(({ call }) => call.messages);
    expect(second).toEqual([
      ...(first ?? []),
      { role: 'user', parts: [{ type: 'text', text: 'Write it without bad words.' }] },
    ]);
    expect(await mesh.rows()).toMatchObject([{ usage: { inputTokens: 20, outputTokens: 20 } }]);
    const events = await collectEvents(await mesh.stream(STREAM, asking('Speak!')));
    expect(joinField(events, 'TextDelta')).toBe('so good');
  });

  it('refuses an answer that is no better, and calls it no third time', async () => {
    await using mesh = await startInference(database, buildPlans(retrying));
    mesh.alpha.always((call) => call.say('so bad').finish(buildUsage(10, 10)));
    expect(await mesh.refusal(COMPLETE, asking('Speak!', {}, 'both'))).toMatchObject({
      code: 'GUARDRAIL_BLOCKED',
    });
    expect(mesh.alpha.calls).toHaveLength(2);
    expect(mesh.beta.calls).toHaveLength(0);
  });

  it('is bound by the budget like any attempt', async () => {
    const limits = [{ subject: 'key:k', meter: 'TOKENS', window: 'DAY', amount: '1500' } as const];
    await using mesh = await startInference(database, { ...buildPlans(retrying), limits });
    mesh.alpha.always((call) => call.say('so bad').finish(buildUsage(600, 400)));
    expect(await mesh.refusal(COMPLETE, asking('Speak!'))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('takes the answer that the rule has repaired', async () => {
    const repairing = {
      ...retrying,
      prepared: {
        check: () => ({ fired: true, reason: 'broken', findings: [], repaired: '{"a":1}' }) as const,
      },
    };
    await using mesh = await startInference(database, buildPlans(repairing));
    mesh.alpha.always((call) => call.say('{a:1}').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(
      COMPLETE,
      asking('Speak!', { responseSchema: { type: 'object' } }),
    );
    expect(complete).toMatchObject({ text: '{"a":1}', json: { a: 1 } });
    expect(mesh.alpha.calls).toHaveLength(1);
  });
});

describe('REROUTE', () => {
  const rerouting = wordRule(/secret plan/, 'REROUTE', { stages: ['INPUT'], reroute: 'beta/one' });

  it('calls another AI model, which the row names, and no other a second time', async () => {
    await using mesh = await startInference(database, buildPlans(rerouting));
    mesh.beta.always((call) => call.say('Yes.').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('a secret plan'));
    expect(complete).toMatchObject({ text: 'Yes.', model: { id: 'beta/one' } });
    expect(mesh.alpha.calls).toHaveLength(0);
    expect(await mesh.rows()).toMatchObject([{ modelId: 'beta/one' }]);
  });

  const buildBothPlans = (ofAll: readonly PlannedRule[], ofBeta: readonly PlannedRule[]) => {
    const [all, beta] = [buildPlan(...ofAll), buildPlan(...ofAll, ...ofBeta)];
    return { guardrailPlans: { planFor: ({ name }: PolicyTarget) => (name === 'beta/one' ? beta : all) } };
  };

  it('is refused where a guardrail of the other AI model has yet another one called', async () => {
    const away = { policyId: 'of beta', level: 3, reroute: 'demo/echo', stages: ['INPUT'] } as const;
    const tenants = { ...rerouting, level: 4 };
    const plans = buildBothPlans([tenants], [wordRule(/secret/, 'REROUTE', away)]);
    await using mesh = await startInference(database, plans);
    const refused = await mesh.refusal(COMPLETE, asking('a secret plan'));
    expect(refused).toMatchObject({ code: 'GUARDRAIL_BLOCKED', guardrail: 'word secret', stage: 'input' });
    expect([mesh.alpha.calls, mesh.beta.calls, await mesh.rows()]).toEqual([[], [], []]);
  });

  it('ends where the guardrails of the other AI model lead back', async () => {
    const back = { policyId: 'of beta', level: 4, reroute: 'alpha/one', stages: ['INPUT'] } as const;
    const plans = buildBothPlans([{ ...rerouting, level: 4 }], [wordRule(/secret/, 'REROUTE', back)]);
    await using mesh = await startInference(database, plans);
    mesh.beta.always((call) => call.say('Yes.').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('a secret plan'));
    expect(complete).toMatchObject({ text: 'Yes.', model: { id: 'beta/one' } });
  });

  it('is refused where the caller may not call that one, or there is none', async () => {
    await using mesh = await startInference(database, buildPlans(rerouting));
    const bound = { ...mesh.caller, modelLists: [{ subject: 'key:k', patterns: ['alpha/*'] }] };
    expect(await mesh.refusal(COMPLETE, asking('a secret plan'), bound)).toMatchObject({ code: 'FORBIDDEN' });
    const nowhere = { ...rerouting, reroute: 'alpha/none' };
    await using other = await startInference(database, buildPlans(nowhere));
    expect(await other.refusal(COMPLETE, asking('a secret plan'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await mesh.rows()).toEqual([]);
  });
});
