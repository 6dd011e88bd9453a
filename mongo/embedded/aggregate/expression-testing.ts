import { Decimal128, type Document, Long } from 'bson';
import { expect } from 'vitest';
import { d, j } from '../bson/testing.ts';
import { UNDEFINED, type Value } from '../bson/values.ts';
import { commandVariables, compileExpression } from './expression.ts';

/** For tests: what an expression that evaluatesTo no value evaluatesTo. */
export const MISSING = Symbol('missing');
export const decimal = (text: string) => Decimal128.fromString(text);
export const long = (value: number) => Long.fromNumber(value);
export const date = (text: string) => new Date(text);

export function evaluate(expression: unknown, doc: Document): Value | undefined {
  const compiled = compileExpression(d({ e: expression }).get('e')!, commandVariables(0n));
  return compiled(d(doc));
}

/** For tests: an expression and what the server makes of it. */
export function evaluatesTo(expression: unknown, expected: unknown, doc: Document = {}): void {
  const value = evaluate(expression, doc);
  if (expected === MISSING) expect(value, JSON.stringify(expression)).toBeUndefined();
  else
    expect(j(new Map([['v', value ?? UNDEFINED]])), JSON.stringify(expression)).toBe(j(d({ v: expected })));
}

/** For tests: an expression that is refusesExpression with the server's code. */
export function refusesExpression(expression: unknown, code: number, doc: Document = {}): void {
  expect(() => evaluate(expression, doc), JSON.stringify(expression)).toThrow(
    expect.objectContaining({ code }),
  );
}
