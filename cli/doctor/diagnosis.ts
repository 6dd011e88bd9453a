import type { Database } from '#mongo/connect.ts';
import type { Environment } from '#server/config.ts';
import type { Part } from '#server/mesh.ts';
import type { DoctorFinding } from './finding.ts';

/** What a check works with. */
export interface Diagnosis {
  /** The variables as they are set, secret files read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The same, checked; variables that are wrong have their defaults. */
  readonly environment: Environment;
  /** The parts of the mesh that the process of this configuration runs. */
  readonly parts: readonly Part[];
  /** Whether providers, issuers and other servers beyond the mesh may be called. */
  readonly isOnline: boolean;
  readonly now: () => number;
  /** The store; undefined: there is none yet, or it cannot be reached, as the check of the store reports. */
  openStore(): Promise<Database | undefined>;
}

/** Looks at one area. Changes nothing but the record of the write probe, which readiness writes as well. */
export type Check = (diagnosis: Diagnosis) => Promise<readonly DoctorFinding[]>;

/** How long one call of a check to another server may take. */
export const callMsMax = 8_000;
/** Calls of one check that are made at once. */
const callsAtOnce = 8;

/** The results of the function for each item, in their order; at most eight are worked on at once. */
export async function mapBounded<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const run = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(callsAtOnce, items.length) }, run));
  return results;
}
