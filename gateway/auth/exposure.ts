import type { Caller } from '#core/caller.ts';

/** To whom something is open: to everybody, to callers with a key, or to none. */
export const exposures = ['on', 'authenticated', 'off'] as const;
export type Exposure = (typeof exposures)[number];

/** What of the schema and its tools is open to whom. */
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
