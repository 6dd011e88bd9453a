import type { Connection } from 'mongoose';
import type { CallRows } from '#core/ledger-reach.ts';
import { decimalOfNanos } from '#core/money.ts';
import { alignedWindow } from '#state/quota/windows.ts';
import { clockAheadMs } from '../clocks.ts';
import type { CostForecast, UsageFilter } from '../generated.ts';
import { toCalls } from '../usage-calls.ts';
import { forecastSpend } from './forecast-spend.ts';
import { readHourlySpend, readSpend, toDollars, toExpectedNanos } from './read-spend.ts';

/** The expected cost of the current month of the rows that `scope` lets through. */
export async function readCostForecast(
  connection: Connection,
  scope: CallRows,
  filter: UsageFilter | null,
  nowMs: number,
): Promise<CostForecast> {
  const { startMs, endMs } = alignedWindow('MONTH', nowMs);
  const window = { from: new Date(startMs), to: new Date(endMs) };
  const calls = toCalls(scope, filter);
  if (calls === null) return { ...window, spent: decimalOfNanos(0n), expected: null };
  const [spent, history] = await Promise.all([
    readSpend(connection, calls, { fromMs: startMs, toMs: nowMs + clockAheadMs }),
    readHourlySpend(connection, calls, nowMs),
  ]);
  const forecast = forecastSpend({ spent: toDollars(spent), windowEndMs: endMs }, history, nowMs);
  return {
    ...window,
    spent: decimalOfNanos(spent),
    expected: forecast === null ? null : decimalOfNanos(toExpectedNanos(forecast.total)),
  };
}
