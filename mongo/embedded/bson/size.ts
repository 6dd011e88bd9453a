import { Binary, type Value } from './values.ts';

/** Roughly the bytes that a value takes in memory, for the limits of stages that hold many. */
export function approximateBytes(value: Value | undefined): number {
  if (typeof value === 'string') return 24 + value.length;
  if (value instanceof Map) {
    let bytes = 96;
    for (const [name, field] of value) bytes += 32 + name.length + approximateBytes(field);
    return bytes;
  }
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + 8 + approximateBytes(item), 32);
  return value instanceof Binary ? 96 + value.bytes.length : 24;
}
