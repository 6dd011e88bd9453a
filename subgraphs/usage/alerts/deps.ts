import { readStoreTimeMs } from '#mongo/store-time.ts';
import type { UsageDeps } from '../deps.ts';

/** What the evaluation of alerts needs. */
export type AlertDeps = Pick<UsageDeps, 'connection' | 'events' | 'log' | 'publicUrl' | 'now'> & {
  /** Series that the evaluation of one alert reads at most, of hours those of all hours; left out: 10,000. */
  readonly groupsMax?: number;
};

/** The present instant: the database's, so that all processes agree on it. */
export async function readAlertTimeMs({
  connection,
  now,
}: Pick<AlertDeps, 'connection' | 'now'>): Promise<number> {
  return now === undefined ? readStoreTimeMs(connection) : now();
}
