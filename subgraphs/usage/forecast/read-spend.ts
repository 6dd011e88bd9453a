import type { Connection } from 'mongoose';
import { hourLengthMs } from '#core/time-lengths.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import type { BudgetRecord } from '#mongo/budgets.ts';
import { type RollupQuestion, readRollup } from '#mongo/usage-rollups.ts';
import { type HourlySpend, historyMs } from './forecast-spend.ts';

/** Which calls count. */
export type SpentCalls = Pick<RollupQuestion, 'tenantId' | 'filter' | 'rows'>;

/** Keys of one line whose calls count for its budget. */
const lineKeysMax = 20;
const nanosPerDollar = 1e9;

/** What calls that started in a range cost, in nano-dollars. */
export async function readSpend(
  connection: Connection,
  calls: SpentCalls,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<bigint> {
  const range = { from: new Date(fromMs), to: new Date(toMs) };
  const groups = await readRollup(connection, { ...calls, ...range, interval: 'ALL', by: [] });
  return groups.reduce((sum, { costNanos }) => sum + costNanos, 0n);
}

/** What calls cost in each whole hour that a forecast looks at. */
export async function readHourlySpend(
  connection: Connection,
  calls: SpentCalls,
  nowMs: number,
): Promise<HourlySpend> {
  const endMs = nowMs - (nowMs % hourLengthMs);
  const fromMs = endMs - historyMs;
  const range = { from: new Date(fromMs), to: new Date(endMs) };
  const hours = new Array<number>(historyMs / hourLengthMs).fill(0);
  for (const group of await readRollup(connection, { ...calls, ...range, interval: 'HOUR', by: [] })) {
    const index = Math.round(((group.start?.getTime() ?? fromMs) - fromMs) / hourLengthMs);
    hours[index] = (hours[index] ?? 0) + toDollars(group.costNanos);
  }
  return { endMs, hours };
}

/** The calls that count for a budget: of a key those of the present and former keys of its line. */
export async function findBudgetCalls(
  { tenantId, appId, teamId, keyLineId }: BudgetRecord,
  connection: Connection,
): Promise<SpentCalls> {
  if (keyLineId == null) {
    const [app, team] = [appId == null ? {} : { APP: [appId] }, teamId == null ? {} : { TEAM: [teamId] }];
    return { tenantId, filter: { ...app, ...team } };
  }
  const ofLine = await apiKeys(connection)
    .find({ lineId: keyLineId }, { _id: 1 })
    .sort({ createdAt: -1 })
    .limit(lineKeysMax)
    .lean();
  return { tenantId, filter: { KEY: ofLine.map(({ _id }) => _id) } };
}

export const toDollars = (nanos: bigint) => Number(nanos) / nanosPerDollar;

/** An expected amount, to the millionth of a dollar, as a whole number of nano-dollars. */
export const toExpectedNanos = (dollars: number) => BigInt(Math.round(dollars * 1e6)) * 1_000n;
