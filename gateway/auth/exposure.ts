import type { Caller } from '#core/caller.ts';
import { type ClientResult, refusal } from '../errors.ts';

const introspectionOff = refusal('FORBIDDEN', 'Introspection is turned off here.');
const introspectionNeedsKey = refusal(
  'UNAUTHENTICATED',
  'Introspection requires authentication: send `authorization: Bearer <API key>`.',
);

/** The callers that something is open to: all, those with a key, or none. */
export const exposures = ['on', 'authenticated', 'off'] as const;
export type Exposure = (typeof exposures)[number];

/** Of the schema also, to callers with a key, what their scopes reach. */
export const introspectionExposures = [...exposures, 'role'] as const;
export type IntrospectionExposure = (typeof introspectionExposures)[number];

/** The exposure of the schema and of its tools. */
export interface Exposures {
  readonly introspection: IntrospectionExposure;
  readonly explorer: Exposure;
}

/** What is open unless configured otherwise. */
export const openExposures: Exposures = { introspection: 'on', explorer: 'on' };

/** Whoever is not known counts as without a key. */
export function isExposed(exposure: IntrospectionExposure, caller: Caller | undefined): boolean {
  if (exposure === 'on' || exposure === 'off') return exposure === 'on';
  return caller !== undefined && caller.kind !== 'ANONYMOUS';
}

/** The answer to a caller that the schema is not open to. */
export function refuseIntrospection(exposure: IntrospectionExposure): ClientResult {
  return exposure === 'off' ? introspectionOff : introspectionNeedsKey;
}
