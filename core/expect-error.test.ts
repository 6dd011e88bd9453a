import { expect, it } from 'vitest';
import { expectError } from './expect-error.ts';

it('passes over the expected kinds of error, and throws every other one again', () => {
  expect(expectError(new SyntaxError('no JSON'), SyntaxError)).toBeUndefined();
  expect(expectError(new RangeError('deep'), TypeError, RangeError)).toBeUndefined();
  const defect = new TypeError('x is undefined');
  expect(() => expectError(defect, SyntaxError)).toThrow(defect);
  expect(() => expectError('text', SyntaxError)).toThrow('text');
});
