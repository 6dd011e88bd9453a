import { bearer, chatDialect } from '../dialects.ts';
import { createBenchModel, startHeddle } from '../heddle.ts';
import type { Running } from './gateway.ts';

/** Limits that no run reaches. */
const count = '1000000000';
const dollars = '9000000';

/**
 * Heddle with everything on, called by chat completions: an API key with scopes, two limits and a budget, the limits of its plan, the guardrail
 * `secrets` in both directions, cache key, metrics, a ledger row that is durable before the provider is called, resumable streams.
 */
export async function startFullHeddle(
  upstream: string,
  dir: string,
  tokens: number,
  script?: URL,
): Promise<Running> {
  const heddle = await startHeddle(
    {
      HEDDLE_DATA_DIR: dir,
      LOG_LEVEL: 'error',
      HEDDLE_GUARDRAILS: 'secrets',
      HEDDLE_TENANT_LIMITS: `CONCURRENCY=10000,REQUESTS/MINUTE=${count},COST/DAY=${dollars}`,
      OPENAI_COMPATIBLE_BASE_URL: `${upstream}/v1`,
      OPENAI_COMPATIBLE_API_KEY: 'bench-key',
    },
    script,
  );
  const model = await createBenchModel(heddle);
  const { createApp } = (await heddle.data(
    'mutation { createApp(input: { name: "bench" }) { id } }',
    {},
  )) as { createApp: { id: string } };
  const { createApiKey } = (await heddle.data(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id } } }',
    {
      input: {
        appId: createApp.id,
        limits: [
          { meter: 'REQUESTS', window: 'MINUTE', amount: count },
          { meter: 'TOKENS', window: 'DAY', amount: count },
        ],
      },
    },
  )) as { createApiKey: { secret: string; key: { id: string } } };
  await heddle.data('mutation ($input: BudgetInput!) { saveBudget(input: $input) { id } }', {
    input: { keyId: createApiKey.key.id, amount: dollars, window: 'MONTH' },
  });
  return { ...heddle, dialect: chatDialect(model, tokens, bearer(createApiKey.secret)) };
}
