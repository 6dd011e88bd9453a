import type { UsageDimension } from '#core/graph-enums.generated.ts';
import type { RollupGroup } from '#mongo/usage/buckets.ts';
import type { CsvCell } from './csv.ts';
import { type CsvColumn, toDigits, toMoney } from './csv-column.ts';

/** What a charge is: the calls of a day by these. */
export const focusDimensions = [
  'TENANT',
  'TEAM',
  'APP',
  'KEY',
  'MODEL',
  'PROVIDER',
  'PROMPT',
] as const satisfies readonly UsageDimension[];

type Read = CsvColumn['read'];

const ofDimension =
  (dimension: (typeof focusDimensions)[number]): Read =>
  ({ values }) =>
    values[focusDimensions.indexOf(dimension)] ?? null;

const dayMs = 86_400_000;
const toTime = (at: Date): CsvCell => at.toISOString().replace('.000Z', 'Z');
const toStart = ({ start }: RollupGroup) => start ?? new Date(0);
const toMonth = (at: Date, months: number) =>
  new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1));
const always =
  (cell: CsvCell): Read =>
  () =>
    cell;
const cost: Read = ({ costNanos }) => toMoney(costNanos);
const tokens: Read = ({ inputTokens, outputTokens }) => toDigits(inputTokens + outputTokens);
const key = ofDimension('KEY');

const columns: readonly (readonly [name: string, read: Read])[] = [
  ['BilledCost', cost],
  ['BillingAccountId', ofDimension('TENANT')],
  ['BillingAccountName', always(null)],
  ['BillingCurrency', always('USD')],
  ['BillingPeriodEnd', (group) => toTime(toMonth(toStart(group), 1))],
  ['BillingPeriodStart', (group) => toTime(toMonth(toStart(group), 0))],
  ['ChargeCategory', always('Usage')],
  ['ChargeClass', always(null)],
  ['ChargeDescription', (group) => `Calls of the AI model ${ofDimension('MODEL')(group)}`],
  ['ChargeFrequency', always('Usage-Based')],
  ['ChargePeriodEnd', (group) => toTime(new Date(toStart(group).getTime() + dayMs))],
  ['ChargePeriodStart', (group) => toTime(toStart(group))],
  ['ConsumedQuantity', tokens],
  ['ConsumedUnit', always('Tokens')],
  ['ContractedCost', cost],
  ['EffectiveCost', cost],
  ['InvoiceIssuerName', ofDimension('PROVIDER')],
  ['ListCost', cost],
  ['PricingQuantity', tokens],
  ['PricingUnit', always('Tokens')],
  ['ProviderName', ofDimension('PROVIDER')],
  ['PublisherName', ofDimension('PROVIDER')],
  ['ResourceId', key],
  ['ResourceType', (group) => (key(group) === null ? null : 'API key')],
  ['ServiceCategory', always('AI and Machine Learning')],
  ['ServiceName', ofDimension('MODEL')],
  ['ServiceSubcategory', always('Generative AI')],
  ['SkuId', ofDimension('MODEL')],
  ['SubAccountId', ofDimension('APP')],
  ['SubAccountName', always(null)],
  ['x_CacheHits', ({ cacheHits }) => toDigits(cacheHits)],
  ['x_Failures', ({ failures }) => toDigits(failures)],
  ['x_InputTokens', ({ inputTokens }) => toDigits(inputTokens)],
  ['x_OutputTokens', ({ outputTokens }) => toDigits(outputTokens)],
  ['x_PromptId', ofDimension('PROMPT')],
  ['x_Requests', ({ requests }) => toDigits(requests)],
  ['x_TeamId', ofDimension('TEAM')],
  ['x_UnpricedRequests', ({ unpriced }) => toDigits(unpriced)],
];

/**
 * The columns of FOCUS 1.2 (FinOps Foundation, "FinOps Open Cost and Usage Specification", May 2025): all that are mandatory, and those
 * conditional ones that a mesh has something for. Prices per unit are left out, as a charge has tokens of several prices. Those that
 * begin with x_ are Heddle's own, as the specification provides for.
 */
export const focusColumns: readonly CsvColumn[] = columns.map(([name, read]) => ({ name, read }));
