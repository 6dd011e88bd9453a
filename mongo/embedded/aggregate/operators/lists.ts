import { int32, typeName, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { type Accumulator, findAccumulator } from '../accumulators.ts';
import type { Expr, OperatorTable, VariableScope } from '../scope.ts';
import { unary } from './operands.ts';

/** $sum, $min and $max outside of $group: over their operands, or over the one operand's array. */
function over(operand: Value, scope: VariableScope, name: string): Expr {
  const make = findAccumulator(name);
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

function size(list: Value | undefined): Value {
  if (Array.isArray(list)) return int32(list.length);
  throw new CommandError(17124, `The argument to $size must be an array, but was of type: ${typeName(list)}`);
}

export const lists: OperatorTable = { $sum: over, $min: over, $max: over, $size: unary(size) };
