import type { MeterHistory, Quota } from '../quota.ts';
import { describeLedger } from './ledger-suite.ts';
import { describeReservations } from './reservations-suite.ts';

/** The promises of state/quota/quota.ts, kept by every implementation. `lose`: the store loses what it holds. */
export function quotaSuite(
  name: string,
  open: (history: MeterHistory) => Quota,
  lose: (quota: Quota, history: MeterHistory) => Promise<Quota>,
): void {
  describeReservations(name, open);
  describeLedger(name, open, lose);
}
