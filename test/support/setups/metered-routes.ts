import { afterAll, beforeAll } from 'vitest';
import type { CallerLimit } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { models } from '#mongo/models.ts';
import { routes } from '#mongo/routes.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, freePrice } from '#test/support/inference.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';

const asking = (model: string, more: Record<string, unknown> = {}) => ({
  input: {
    model,
    messages: [{ role: 'USER', content: 'Hello' }],
    cache: 'BYPASS',
    maxOutputTokens: 100,
    ...more,
  },
});

let database: Database;

const budget = (amount: string): CallerLimit => ({
  subject: 'budget:b',
  meter: 'COST',
  window: 'MONTH',
  amount,
  budget: { hard: true },
});

const limit = (meter: CallerLimit['meter'], window: CallerLimit['window'], amount: string): CallerLimit => ({
  subject: 'plan:p',
  meter,
  window,
  amount,
  budget: { hard: true },
});

/** Starts what the tests of a file share before them, and ends it behind them. */
export function useMeteredRoutes(): void {
  beforeAll(async () => {
    database = await openTestDatabase();
    await fillCatalog(database);
    const { connection } = database;
    const [one, embed] = [
      await models(connection).findById('beta/one').lean(),
      await models(connection).findById('alpha/embed').lean(),
    ];
    await models(connection).create({
      ...one,
      _id: 'alpha/free',
      providerId: 'alpha',
      name: 'free',
      prices: [freePrice],
    });
    await models(connection).create({
      ...embed,
      _id: 'alpha/free-embed',
      name: 'free-embed',
      prices: [freePrice],
    });
    await models(connection).create({ ...embed, _id: 'beta/embed', providerId: 'beta' });
    const both = await routes(connection).findById('both').lean();
    const route = async (_id: string, ...ids: readonly string[]) => {
      const targets = ids.map((modelId) => ({ modelId, weight: 1, regions: null }));
      await routes(connection).create({ ...both, _id, targets });
    };
    await route('free-first', 'alpha/free', 'beta/one');
    await route('paid-first', 'alpha/one', 'demo/echo');
    await route('embeds', 'alpha/free-embed', 'beta/embed');
    await route('least-busy', 'alpha/one', 'beta/one');
    await route('least-busy-embeds', 'alpha/embed', 'beta/embed');
    const strategy = 'LEAST_BUSY' as const;
    await routes(connection).updateMany({ _id: /^least-busy/ }, { $set: { strategy } });
  });
  afterAll(() => database?.[Symbol.asyncDispose]());
}

export { asking, budget, COMPLETE, database, limit };
