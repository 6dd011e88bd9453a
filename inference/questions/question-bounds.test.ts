import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallerLimit } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { modelAliases, toAliasId } from '#mongo/model-aliases.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { askingRule } from '#test/support/asking-rules.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { scriptedProvider } from '#test/support/scripted-provider.ts';
import { COMPLETE, complete, judged, readRow, say } from '#test/support/setups/asking-guardrails.ts';
import { asking, buildPlans } from '#test/support/setups/guarded-calls.ts';

const COUNT = 'query ($input: CompletionInput!) { countTokens(input: $input) { isEstimated } }';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

const tokens = (amount: number): CallerLimit => ({
  ...{ subject: 'key:k', meter: 'TOKENS', window: 'DAY', amount: String(amount) },
});

describe('what guardrails call AI models for', () => {
  it.each([
    ['of the mesh means the route of the mesh, whatever alias the tenant has', null, 'alpha/one'],
    ['of a tenant means its alias', 'tenant', 'beta/one'],
  ] as const)('by a policy %s', async (_, owner, modelId) => {
    await using mesh = await startInference(database);
    const { tenantId } = mesh.caller;
    if (tenantId === null) throw new Error('The caller has a tenant.');
    const { connection } = database;
    const at = { createdAt: new Date(), updatedAt: new Date() };
    const alias = { tenantId, name: 'both', target: 'beta/one', ...at };
    await modelAliases(connection).create({ _id: toAliasId(tenantId, 'both'), ...alias });
    const optionsJson = JSON.stringify({ model: 'both', rubric: 'It is polite.' });
    const rule = { rule: 'judge', stages: ['INPUT'], action: 'BLOCK', optionsJson, sample: 1 } as const;
    const policy = {
      ...{ tenantId: owner === null ? null : tenantId, appId: null, promptId: null, model: null },
      ...{ mode: 'ENFORCE', rules: [{ ...rule, note: null, reroute: null }], version: 1, ...at },
    } as const;
    const _id = `${tenantId}:judged`;
    await guardrailPolicies(connection).updateOne({ _id }, { $set: policy }, { upsert: true });
    try {
      await mesh.catalog.refresh();
      for (const provider of [mesh.alpha, mesh.beta]) {
        provider.always((call) => say(call.call.messages.length === 2 ? '{"score":1}' : 'Answer')(call));
      }
      await complete(mesh);
      expect((await readRow(mesh)).attempts).toMatchObject([{ guardrail: 'judge', modelId }, {}]);
    } finally {
      await guardrailPolicies(connection).deleteOne({ _id });
    }
  });

  it('is bound by a limit together with what is under way', async () => {
    const rules = [askingRule('BLOCK'), askingRule('BLOCK', { rule: 'other' })];
    // Either fits, and both do not.
    await using mesh = await startInference(database, { ...buildPlans(...rules), limits: [tokens(400)] });
    judged('good', mesh);
    const refusal = await mesh.refusal(COMPLETE, asking('Hello'));
    expect(refusal).toMatchObject({ code: 'QUOTA_EXCEEDED', meter: 'TOKENS' });
    expect(mesh.beta.calls).toHaveLength(1);
  });

  it('waits while four are under way, and is not sent when its time is over', async () => {
    const rules = [300, 300, 300, 300, 30, 30].map((timeoutMs, at) =>
      askingRule('LOG', { rule: `asking ${at}`, timeoutMs }),
    );
    await using mesh = await startInference(database, buildPlans(...rules));
    judged(() => undefined, mesh);
    expect(await complete(mesh)).toMatchObject({ text: 'Answer' });
    expect(mesh.beta.calls).toHaveLength(4);
  });

  it('is no count of tokens: that is estimated', async () => {
    const alpha = { ...scriptedProvider(), countTokens: async () => 7 };
    const beta = scriptedProvider();
    beta.always(say('good'));
    const createProvider = async ({ baseUrl }: { readonly baseUrl: string | null }) =>
      baseUrl === 'http://alpha' ? alpha : beta;
    for (const [plans, isEstimated] of [
      [buildPlans(), false],
      [buildPlans(askingRule('BLOCK')), true],
    ] as const) {
      await using mesh = await startInference(database, { ...plans, createProvider });
      expect(await mesh.data(COUNT, asking('Hello'))).toEqual({ countTokens: { isEstimated } });
      expect(await mesh.rows()).toEqual([]);
    }
    expect(beta.calls).toEqual([]);
  });

  it('is all that counts of a call whose input is refused', async () => {
    await using mesh = await startInference(database, {
      ...buildPlans(askingRule('BLOCK')),
      limits: [tokens(100_000)],
    });
    judged('bad', mesh);
    await mesh.refusal(COMPLETE, asking('Hello'));
    const readings = await mesh.quota.read(mesh.caller.tenantId ?? '', listLimits(mesh.caller));
    expect(readings).toMatchObject([{ spent: 110n, reserved: 0n }]);
  });
});
