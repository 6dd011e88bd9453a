import { compareNumbers } from '../bson/compare.ts';
import { isNumeric, UNDEFINED, type Value } from '../bson/values.ts';

/** The server's truth: false, null, undefined, missing and zero are false, all else is true. */
export function isTruthy(value: Value | undefined): boolean {
  if (typeof value === 'boolean') return value;
  if (value === undefined || value === null || value === UNDEFINED) return false;
  return !isNumeric(value) || compareNumbers(value, 0) !== 0;
}
