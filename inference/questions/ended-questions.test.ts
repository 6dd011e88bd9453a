import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOrphaned } from '#inference/ledger/orphaned.ts';
import type { Database } from '#mongo/connect.ts';
import { askingRule } from '#test/support/asking-rules.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import type { ScriptedCall } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';
import { COMPLETE, complete, judged, price, readRow, say } from '#test/support/setups/asking-guardrails.ts';
import { asking, buildPlans, sentTexts } from '#test/support/setups/guarded-calls.ts';
import { wordRule } from '#test/support/word-rules.ts';

const TEST =
  'query ($input: TestGuardrailsInput!) { testGuardrails(input: $input) { allowed verdicts { fired failed } } }';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

/** As another process does that takes the owner of the row for dead. */
async function closeAsOrphan(mesh: TestInference): Promise<void> {
  const { ownerId } = await readRow(mesh);
  const { streams, quota } = mesh;
  const { connection } = database;
  const services = { connection, log: pino({ level: 'silent' }), streams, quota, payloads: testPayloads };
  expect(await closeOrphaned(services, [ownerId], Date.now())).toBe(1);
}

describe('a process that dies while a guardrail calls an AI model', () => {
  it.each(['INPUT', 'OUTPUT'] as const)(
    'leaves a row that is closed with what was under way (%s)',
    async (stage) => {
      await using mesh = await startInference(database, buildPlans(askingRule('BLOCK', { stages: [stage] })));
      mesh.alpha.always(say('Answer', 7, 3));
      const calling = mesh.ask(COMPLETE, asking('Hello'));
      const question = await mesh.beta.next();
      const { progress } = await readRow(mesh);
      expect(progress?.questions).toMatchObject([
        { modelId: 'beta/one', providerId: 'beta', guardrail: 'asking' },
      ]);
      await closeAsOrphan(mesh);
      const { attempts, costNanos, status } = await readRow(mesh);
      expect(status).toBe('FAILED');
      const cut = { modelId: 'beta/one', guardrail: 'asking', outcome: 'FAILED', usageEstimated: true };
      expect(attempts).toMatchObject(stage === 'INPUT' ? [cut] : [cut, { modelId: 'alpha/one' }]);
      expect(attempts[0]?.usage?.inputTokens).toBeGreaterThan(0);
      expect(costNanos).toBe(attempts.reduce((sum, each) => sum + each.costNanos, 0n));
      say('good')(question);
      // It lives after all: the estimate gives way.
      await calling;
      expect(await readRow(mesh)).toMatchObject({ status: 'SUCCEEDED', costNanos: price(107, 13) });
    },
  );

  it('states what its guardrails have taken before the call itself is sent', async () => {
    await using mesh = await startInference(database, buildPlans(askingRule('BLOCK')));
    mesh.beta.always(say('good'));
    const calling = complete(mesh);
    const call = await mesh.alpha.next();
    const { progress } = await readRow(mesh);
    expect(progress).toMatchObject({
      ...{
        attempts: [{ guardrail: 'asking', costNanos: price(100, 10) }],
        attempt: { modelId: 'alpha/one' },
      },
    });
    expect(progress).not.toHaveProperty('questions');
    say('Answer')(call);
    await calling;
  });

  it('ends it as the mesh ends calls, where it shuts down', async () => {
    const mesh = await startInference(database, buildPlans(askingRule('BLOCK')));
    const calling = mesh.ask(COMPLETE, asking('Hello'));
    await mesh.beta.next();
    await mesh[Symbol.asyncDispose]();
    expect((await calling).errors?.[0]?.code).toBe('OVERLOADED');
    expect(await readRow(mesh)).toMatchObject({ status: 'FAILED', errorCode: 'OVERLOADED' });
  });
});

describe('testGuardrails', () => {
  const rules = [askingRule('BLOCK')];
  it('records what its rules ask as a row of its own, billed to the caller', async () => {
    await using mesh = await startInference(database, buildPlans(...rules));
    judged('bad', mesh);
    const scopes = [...mesh.caller.scopes, 'guardrails:write'] as const;
    const tested = await mesh.data(TEST, { input: { text: 'Hello' } }, { ...mesh.caller, scopes });
    expect(tested).toEqual({
      testGuardrails: { allowed: false, verdicts: [{ fired: true, failed: false }] },
    });
    expect(await readRow(mesh)).toMatchObject({
      ...{
        kind: 'guardrail',
        status: 'SUCCEEDED',
        costNanos: price(100, 10),
        attempts: [{ guardrail: 'asking' }],
      },
      guardrailVerdicts: [{ fired: true }],
    });
  });

  it('calls no AI model for a caller that may not invoke', async () => {
    await using mesh = await startInference(database, buildPlans(...rules));
    const scopes = ['guardrails:write'] as const;
    const tested = await mesh.data(TEST, { input: { text: 'Hello' } }, { ...mesh.caller, scopes });
    expect(tested).toEqual({ testGuardrails: { allowed: false, verdicts: [{ fired: true, failed: true }] } });
    expect(mesh.beta.calls).toHaveLength(0);
    expect(await mesh.rows()).toHaveLength(0);
  });

  describe.each(['INPUT', 'OUTPUT'] as const)('at %s', (stage) => {
    const judge = {
      ...{ rule: 'judge', stages: [stage], action: 'BLOCK' },
      options: { model: 'beta/one', rubric: 'It is polite.' },
    };
    const input = { text: 'Hello Ann', stage, rules: [judge] };

    it('sends an AI model of stated rules nothing that the guardrails of the mesh refuse', async () => {
      await using mesh = await startInference(database, buildPlans(wordRule(/Ann/, 'BLOCK')));
      const scopes = [...mesh.caller.scopes, 'guardrails:write'] as const;
      const refusal = await mesh.refusal(TEST, { input }, { ...mesh.caller, scopes });
      expect(refusal).toMatchObject({ code: 'GUARDRAIL_BLOCKED', guardrail: 'word Ann' });
      expect(mesh.beta.calls).toHaveLength(0);
      expect(await mesh.rows()).toHaveLength(0);
    });

    it('sends it what they mask as they mask it', async () => {
      await using mesh = await startInference(
        database,
        buildPlans(wordRule(/Ann/, 'MASK', { kind: 'NAME' })),
      );
      judged('{"score":1}', mesh);
      const scopes = [...mesh.caller.scopes, 'guardrails:write'] as const;
      const tested = await mesh.data(TEST, { input }, { ...mesh.caller, scopes });
      expect(tested).toMatchObject({ testGuardrails: { allowed: true } });
      const sent = JSON.stringify(sentTexts(mesh.beta.calls[0] as ScriptedCall));
      expect(sent).toContain('Hello ⟨NAME_1⟩');
      expect(sent).not.toContain('Ann');
    });
  });
});
