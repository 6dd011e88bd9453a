import type { Caller } from '#core/caller.ts';

/** The callers that something is open to: all, those with a key, or none. */
export const exposures = ['on', 'authenticated', 'off'] as const;
export type Exposure = (typeof exposures)[number];

/** The exposure of the schema and of its tools. */
export interface Exposures {
  readonly introspection: Exposure;
  readonly explorer: Exposure;
}

/** What is open unless configured otherwise. */
export const openExposures: Exposures = { introspection: 'on', explorer: 'on' };

/** Whoever is not known counts as without a key. */
export function isExposed(exposure: Exposure, caller: Caller | undefined): boolean {
  if (exposure !== 'authenticated') return exposure === 'on';
  return caller !== undefined && caller.kind !== 'ANONYMOUS';
}
