import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { LimitWindow, Meter } from '#core/graph-enums.generated.ts';
import type { FakeLedger } from '../fake-ledger.ts';
import type { Quota, QuotaAmounts, QuotaLimit, QuotaReservation, ReservationDecision } from '../quota.ts';

/** Reservations expire after a minute. */
const ttlMs = 60_000;

/** A decision that grants, without what is left. */
export const spent = { granted: true, atMs: expect.any(Number) };

/** A decision that grants. */
export const granted = { ...spent, left: expect.any(Array) };

/** A limit of a subject, by default of a day. */
export function limitOn(
  subject: string,
  meter: Meter,
  limit: bigint | null,
  window: LimitWindow = 'DAY',
  scope?: string,
): QuotaLimit {
  return { subject, meter, window, limit, ...(scope === undefined ? {} : { scope }) };
}

/** Calls of one partition, with the rows that they leave in a ledger. */
export class Calls {
  readonly ledger: FakeLedger;
  readonly quota: Quota;
  readonly partition: string;

  constructor(ledger: FakeLedger, quota: Quota, partition: string = randomUUID()) {
    this.ledger = ledger;
    this.quota = quota;
    this.partition = partition;
  }

  reserve(
    id: string,
    amounts: QuotaAmounts,
    limits: readonly QuotaLimit[],
    more: Partial<Pick<QuotaReservation, 'scopes' | 'ttlMs' | 'raise' | 'together'>> = {},
  ): Promise<ReservationDecision> {
    const { partition } = this;
    return this.quota.reserve({ id, partition, scopes: [], amounts, limits, ttlMs, ...more });
  }

  /** Reserves and opens the row. */
  async begin(
    id: string,
    amounts: QuotaAmounts,
    limits: readonly QuotaLimit[],
    more: { readonly scopes?: readonly string[]; readonly ttlMs?: number } = {},
  ): Promise<boolean> {
    const decision = await this.reserve(id, amounts, limits, more);
    if (!decision.granted) return false;
    const scopes = [...(more.scopes ?? []), ...limits.map(({ scope, subject }) => scope ?? subject)];
    this.ledger.open(id, decision.atMs, [...new Set(scopes)], amounts);
    return true;
  }

  /** Closes the row and settles. */
  async end(id: string, drawn: QuotaAmounts, scopes?: readonly string[]): Promise<void> {
    const row = this.ledger.rows.get(id);
    this.ledger.close(id, { ...row?.amounts, ...drawn });
    await this.quota.settle(this.partition, id, drawn, scopes);
  }

  read(...limits: readonly QuotaLimit[]) {
    return this.quota.read(this.partition, limits);
  }

  release(id: string): Promise<void> {
    return this.quota.release(this.partition, id);
  }
}
