import type { Value } from '../../bson/values.ts';
import { type Accumulator, accumulatorOf } from '../accumulators.ts';
import type { Expr, OperatorTable, Scope } from '../scope.ts';

/** $sum, $avg, $min and $max outside of $group: over their operands, or over the one operand's array. */
function over(operand: Value, scope: Scope, name: string): Expr {
  const make = accumulatorOf(name);
  const finish = (values: Iterable<Value | undefined>): Value => {
    const accumulator: Accumulator = make();
    for (const value of values) accumulator.add(value);
    return accumulator.result();
  };
  if (Array.isArray(operand) && operand.length !== 1) {
    const items = operand.map((item) => scope.compile(item));
    return (root) => finish(items.map((item) => item(root)));
  }
  const single = scope.compile(Array.isArray(operand) ? operand[0]! : operand);
  return (root) => {
    const value = single(root);
    return finish(Array.isArray(value) ? value : [value]);
  };
}

export const lists: OperatorTable = { $sum: over, $avg: over, $min: over, $max: over };
