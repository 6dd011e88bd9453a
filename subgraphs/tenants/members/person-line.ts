import { hash } from 'node:crypto';
import type { Identity } from '../identity/identity.ts';

/** Ids of keys have no dash. */
const prefix = 'user-';

/**
 * What the limits, calls and idempotency keys of a person are counted under: the same for all of its tokens. Subjects are unique
 * for one issuer alone, and have characters that ids have not.
 */
export function lineOfPerson({ issuer, subject }: Pick<Identity, 'issuer' | 'subject'>): string {
  return `${prefix}${hash('sha256', JSON.stringify([issuer, subject]), 'hex').slice(0, 32)}`;
}

/** Whether a line is that of a person: its limits are the default limits of keys, and no record has it. */
export function isPersonLine(lineId: string): boolean {
  return lineId.startsWith(prefix);
}
