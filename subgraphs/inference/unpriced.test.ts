import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymousCaller, type CallerLimit } from '#core/caller.ts';
import { openingRecord } from '#inference/ledger/attempt-progress.ts';
import { closeOrphan } from '#inference/ledger/orphan.ts';
import { openRow } from '#inference/ledger/rows.ts';
import type { Database } from '#mongo/connect.ts';
import { models } from '#mongo/models.ts';
import { routes } from '#mongo/routes.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { catalogModel } from '#test/support/catalog-model.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, freePrice, startInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';

const opened = new AsyncDisposableStack();
let database: Database;
beforeAll(async () => {
  database = opened.use(await openTestDatabase());
  await fillCatalog(database);
  const { connection } = database;
  const copy = async (from: string, name: string) => {
    const record = await models(connection).findById(from).lean();
    await models(connection).create({ ...record, _id: `alpha/${name}`, name, prices: [] });
  };
  await copy('alpha/one', 'unpriced');
  await copy('alpha/embed', 'unpriced-embed');
  const both = await routes(connection).findById('both').lean();
  const targets = ['alpha/unpriced', 'beta/one'].map((modelId) => ({ modelId, weight: 1, regions: null }));
  await routes(connection).create({ ...both, _id: 'unpriced-first', targets });
  await routes(connection).create({ ...both, _id: 'unpriced-alone', targets: targets.slice(0, 1) });
});
afterAll(() => opened.disposeAsync());

const messages = [{ role: 'USER', content: 'Hello' }];
const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { model { id } } }';
const START = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { id } }';
const completing = (model: string) => ({ input: { model, messages, cache: 'BYPASS', maxOutputTokens: 50 } });

const calls = [
  ['complete', COMPLETE, completing('alpha/unpriced')],
  ['startCompletion', START, completing('alpha/unpriced')],
  ['embed', EMBED, { input: { model: 'alpha/unpriced-embed', values: ['a'] } }],
  ['a route of nothing else', COMPLETE, completing('unpriced-alone')],
] as const;

const buildCostLimit = (subject: string, more: Partial<CallerLimit> = {}): CallerLimit => ({
  subject,
  meter: 'COST',
  window: 'DAY',
  amount: '1000000000000',
  ...more,
});
const binding: readonly (readonly [string, CallerLimit])[] = [
  ['a hard budget of the tenant', buildCostLimit('budget:b', { budget: { hard: true } })],
  ['a hard budget of the app', buildCostLimit('budget:b', { budget: { hard: true, appId: 'a' } })],
];
const notBinding: readonly (readonly [string, readonly CallerLimit[]])[] = [
  ['no limit', []],
  ['a limit on COST of the key', [buildCostLimit('key:k')]],
  ['a limit on COST of the plan', [buildCostLimit('tenant:t')]],
  ['a soft budget', [buildCostLimit('budget:b', { budget: { hard: false } })]],
  ['a limit on TOKENS', [buildCostLimit('key:k', { meter: 'TOKENS' })]],
];

describe('an AI model without a price', () => {
  it.each(binding.flatMap(([limit, of]) => calls.map((call) => [...call, limit, of] as const)))(
    '%s is refused, and leaves no row',
    async (_what, document, variables, _limit, limit) => {
      await using mesh = await startInference(database, { limits: [limit] });
      const refusal = await mesh.refusal(document, variables);
      expect(refusal).toMatchObject({ code: 'MODEL_UNPRICED' });
      expect(refusal.message).toMatch(/^alpha\/unpriced.* has no price.*updateModel/);
      expect(await mesh.rows()).toEqual([]);
    },
  );

  it.each(notBinding)(
    'is called under %s, and its row states that the cost is unknown',
    async (_name, limits) => {
      await using mesh = await startInference(database, { limits });
      mesh.alpha.always((call) => call.say('x').finish(buildUsage(10, 5)));
      await mesh.data(...([COMPLETE, completing('alpha/unpriced')] as const));
      await mesh.data(EMBED, { input: { model: 'alpha/unpriced-embed', values: ['a'] } });
      for (const row of await mesh.rows()) {
        expect(row).toMatchObject({ unpriced: true, costNanos: 0n, attempts: [{ unpriced: true }] });
      }
      expect(await mesh.rows()).toHaveLength(2);
    },
  );

  it('is passed over by a route, whose priced model answers', async () => {
    await using mesh = await startInference(database, {
      limits: [buildCostLimit('budget:b', { budget: { hard: true } })],
    });
    mesh.beta.always((call) => call.say('x').finish(buildUsage(10, 5)));
    const { complete } = await mesh.data(COMPLETE, completing('unpriced-first'));
    expect(complete).toEqual({ model: { id: 'beta/one' } });
    const [row] = await mesh.rows();
    expect(row?.unpriced).toBeUndefined();
    expect(row?.costNanos).toBeGreaterThan(0n);
  });

  it('marks the row of a call that a priced model made up for', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) =>
      call.part({ type: 'usage', usage: buildUsage(10, 5) }).fail(buildFailure('NOT_FOUND', false)),
    );
    mesh.beta.always((call) => call.say('x').finish(buildUsage(10, 5)));
    await mesh.data(COMPLETE, completing('unpriced-first'));
    expect(await mesh.rows()).toMatchObject([{ unpriced: true, modelId: 'beta/one' }]);
  });

  it('marks the row of a call whose process died', () => {
    const bounds = { inputTokensMax: 10, outputTokensMax: 50 };
    const closed = (price: ReturnType<typeof openingRecord>['price']) => {
      const model = catalogModel('alpha/one', { price });
      const caller = { ...anonymousCaller, tenantId: 't', appId: 'a', keyId: 'k' };
      const labels = { requestId: 'r', clientRequestId: null, endUserId: null, tags: [] };
      const start = {
        id: 'c',
        kind: 'completion',
        caller,
        model,
        promptId: null,
        promptVersionId: null,
      } as const;
      const opening = openingRecord(model, bounds, 0);
      const row = openRow({ ...start, labels, cache: 'BYPASS', startedAtMs: 0, ownerId: 'o', opening });
      return closeOrphan(row, [], 1_000).closing;
    };
    expect(closed(null)).toMatchObject({ unpriced: true, attempts: [{ unpriced: true }] });
    expect(closed(freePrice)).not.toHaveProperty('unpriced');
  });

  it('is called where the operator allows it, and meters equal the ledger', async () => {
    const limits = [buildCostLimit('key:k'), buildCostLimit('key:k', { meter: 'TOKENS' })];
    await using mesh = await startInference(database, { limits, unpricedModels: 'allow' });
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(10, 5)));
    await mesh.data(COMPLETE, completing('alpha/unpriced'));
    const readings = await mesh.quota.read(mesh.caller.tenantId ?? '', listLimits(mesh.caller));
    expect(readings).toMatchObject([{ spent: 0n }, { spent: 15n }]);
  });

  it('differs from one whose price is 0, which a used-up budget admits', async () => {
    await using mesh = await startInference(database, {
      limits: [buildCostLimit('budget:b', { amount: '1', budget: { hard: true } })],
    });
    await mesh.data(COMPLETE, completing('demo/echo'));
    const [row] = await mesh.rows();
    expect(row).toMatchObject({ status: 'SUCCEEDED', costNanos: 0n });
    expect(row?.unpriced).toBeUndefined();
  });
});
