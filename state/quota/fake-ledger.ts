import type { HistoryCall, HistoryQuestion, HistorySum, MeterHistory, QuotaAmounts } from './quota.ts';

interface Row extends Omit<HistoryCall, 'isClosed'> {
  drawn: QuotaAmounts | null;
}

/** A ledger in memory, for tests of meters: rows are opened, closed and read as the true one's are. */
export class FakeLedger implements MeterHistory {
  readonly rows: Map<string, Row>;
  /** How often it was read. */
  reads = 0;
  /** Waited for before a read looks at the rows, and after it has. */
  beforeRead: () => Promise<unknown> = async () => undefined;
  afterRead: () => Promise<unknown> = async () => undefined;

  /** `rows`: of another, for a second process that reads the same ledger. */
  constructor(rows = new Map<string, Row>()) {
    this.rows = rows;
  }

  open(id: string, atMs: number, scopes: readonly string[], amounts: QuotaAmounts): void {
    this.rows.set(id, { id, atMs, scopes, amounts, drawn: null });
  }

  close(id: string, drawn: QuotaAmounts): void {
    const row = this.rows.get(id);
    if (row !== undefined) row.drawn = drawn;
  }

  async read({ scopes, boundariesMs, fine, untilMs, except }: HistoryQuestion) {
    this.reads += 1;
    await this.beforeRead();
    const fromMs = Math.min(...boundariesMs);
    const rows = [...this.rows.values()].filter(({ id, atMs }) => atMs >= fromMs && !except.includes(id));
    const sums: HistorySum[] = [];
    const calls: HistoryCall[] = [];
    const groups = Map.groupBy(
      rows.filter(({ drawn, atMs }) => drawn !== null && atMs < untilMs),
      ({ atMs, scopes: of }) =>
        JSON.stringify([
          boundariesMs.map((boundary) => atMs >= boundary),
          fine !== null && atMs >= fine.fromMs ? Math.floor(atMs / fine.lengthMs) : null,
          of.filter((scope) => scopes.includes(scope)),
        ]),
    );
    for (const group of groups.values()) {
      const amounts: Record<string, bigint> = {};
      for (const { drawn } of group) {
        for (const [meter, amount] of Object.entries(drawn ?? {})) {
          amounts[meter] = (amounts[meter] ?? 0n) + amount;
        }
      }
      const times = group.map(({ atMs }) => atMs);
      const of = group[0]?.scopes.filter((scope) => scopes.includes(scope)) ?? [];
      sums.push({ scopes: of, firstMs: Math.min(...times), lastMs: Math.max(...times), amounts });
    }
    for (const { id, scopes: of, atMs, amounts, drawn } of rows) {
      if (!of.some((scope) => scopes.includes(scope)) || (drawn !== null && atMs < untilMs)) continue;
      calls.push({ id, scopes: of, atMs, amounts: drawn ?? amounts, isClosed: drawn !== null });
    }
    await this.afterRead();
    return { sums, calls };
  }
}
