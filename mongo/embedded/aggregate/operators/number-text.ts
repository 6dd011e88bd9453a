import { decimalToString, unpack } from '../../bson/decimal.ts';
import type { Numeric } from '../../bson/numbers.ts';
import { Decimal128, Int32 } from '../../bson/values.ts';

/** A number as $toString and the string operators write it; doubles as C's %.16g. */
export function numberText(value: Numeric): string {
  if (value instanceof Int32) return String(value.value);
  if (value instanceof Decimal128) return decimalToString(unpack(value));
  if (typeof value === 'bigint') return String(value);
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential(15).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -5 && exponent < 16) return trimZeros(value.toFixed(Math.min(100, 15 - exponent)));
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${trimZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
