import { decimalOfNanos } from '#core/money.ts';
import type { RollupGroup } from '#mongo/usage/buckets.ts';
import type { CsvCell } from './csv.ts';

/** A column of a file, with what its cells hold. */
export interface CsvColumn {
  readonly name: string;
  readonly read: (group: RollupGroup) => CsvCell;
}

/** A cell with a number. */
export function toDigits(amount: number | bigint): CsvCell {
  return { digits: String(amount) };
}

/** A cell with an amount in US dollars. */
export function toMoney(nanos: bigint): CsvCell {
  return { digits: decimalOfNanos(nanos) };
}
