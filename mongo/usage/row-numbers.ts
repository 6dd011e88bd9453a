import { Int32, type Value } from '@heddle/embedded-store/values';

/** A number of a stored row, of whichever type it is; 0: it is none. */
export function toRowNumber(value: Value | undefined): number {
  if (typeof value === 'number') return value;
  if (value instanceof Int32) return value.value;
  return typeof value === 'bigint' ? Number(value) : 0;
}
