import { expect, it } from 'vitest';
import type { RollupGroup } from '#mongo/usage/buckets.ts';
import { focusColumns, focusDimensions } from './focus.ts';

const values = {
  ...{ TENANT: 'acme', TEAM: 'team1', APP: 'app1', KEY: 'k1' },
  ...{ MODEL: 'demo/echo', PROVIDER: 'demo', PROMPT: 'p1' },
};
const toGroup = (rest: Partial<Record<keyof typeof values, null>> = {}): RollupGroup => ({
  start: new Date('2026-12-31T00:00:00Z'),
  values: focusDimensions.map((dimension) => ({ ...values, ...rest })[dimension]),
  ...{ requests: 7, failures: 1, cacheHits: 2, inputTokens: 30, outputTokens: 12, unpriced: 3 },
  ...{ costNanos: 123_400n, savedByCacheNanos: 5n, savedByRoutingNanos: 6n, latency: new Map() },
});
const toRecord = (group: RollupGroup) =>
  Object.fromEntries(
    focusColumns.map(({ name, read }) => {
      const cell = read(group);
      return [name, typeof cell === 'object' && cell !== null ? cell.digits : cell];
    }),
  );

it('a charge of FOCUS has each column of its calls', () => {
  const cost = '0.000123400';
  expect(toRecord(toGroup())).toEqual({
    ...{
      BilledCost: cost,
      ContractedCost: cost,
      EffectiveCost: cost,
      ListCost: cost,
      BillingCurrency: 'USD',
    },
    ...{ BillingAccountId: 'acme', BillingAccountName: null, SubAccountId: 'app1', SubAccountName: null },
    ...{ BillingPeriodStart: '2026-12-01T00:00:00Z', BillingPeriodEnd: '2027-01-01T00:00:00Z' },
    ...{ ChargePeriodStart: '2026-12-31T00:00:00Z', ChargePeriodEnd: '2027-01-01T00:00:00Z' },
    ...{ ChargeCategory: 'Usage', ChargeClass: null, ChargeFrequency: 'Usage-Based' },
    ChargeDescription: 'Calls of the AI model demo/echo',
    ...{ ConsumedQuantity: '42', ConsumedUnit: 'Tokens', PricingQuantity: '42', PricingUnit: 'Tokens' },
    ...{ InvoiceIssuerName: 'demo', ProviderName: 'demo', PublisherName: 'demo' },
    ...{ ResourceId: 'k1', ResourceType: 'API key', ServiceName: 'demo/echo', SkuId: 'demo/echo' },
    ...{ ServiceCategory: 'AI and Machine Learning', ServiceSubcategory: 'Generative AI' },
    ...{ x_CacheHits: '2', x_Failures: '1', x_InputTokens: '30', x_OutputTokens: '12', x_PromptId: 'p1' },
    ...{ x_Requests: '7', x_TeamId: 'team1', x_UnpricedRequests: '3' },
  });
});

it('a charge of calls without a key has no resource', () => {
  const record = toRecord(toGroup({ KEY: null, PROMPT: null, TEAM: null }));
  expect(record).toMatchObject({ ResourceId: null, ResourceType: null, x_PromptId: null, x_TeamId: null });
});
