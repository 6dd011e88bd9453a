import { isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Expr, OperatorTable, VariableScope } from '../scope.ts';
import { isTruthy } from '../truth.ts';
import { isNullish } from './operands.ts';

function cond(operand: Value, scope: VariableScope): Expr {
  let parts: Value[];
  if (Array.isArray(operand)) {
    if (operand.length !== 3) {
      throw new CommandError(
        16020,
        `Expression $cond takes exactly 3 arguments. ${operand.length} were passed in.`,
      );
    }
    parts = operand;
  } else {
    if (!isDoc(operand)) throw new CommandError('FailedToParse', '$cond requires an array or an object');
    for (const key of operand.keys()) {
      if (!['if', 'then', 'else'].includes(key)) {
        throw new CommandError(17083, `Unrecognized parameter to $cond: ${key}`);
      }
    }
    for (const [key, code] of [
      ['if', 17080],
      ['then', 17081],
      ['else', 17082],
    ] as const) {
      if (!operand.has(key)) throw new CommandError(code, `Missing '${key}' parameter to $cond`);
    }
    parts = [operand.get('if')!, operand.get('then')!, operand.get('else')!];
  }
  const [test, yes, no] = parts.map((part) => scope.compile(part)) as [Expr, Expr, Expr];
  return (root) => (isTruthy(test(root)) ? yes(root) : no(root));
}

function ifNull(operand: Value, scope: VariableScope): Expr {
  if (!Array.isArray(operand) || operand.length < 2) {
    const given = Array.isArray(operand) ? operand.length : 1;
    throw new CommandError(1257300, `$ifNull needs at least two arguments, had: ${given}`);
  }
  const items = operand.map((item) => scope.compile(item));
  const last = items.length - 1;
  return (root) => {
    for (let index = 0; index < last; index++) {
      const value = items[index]!(root);
      if (!isNullish(value)) return value;
    }
    return items[last]!(root);
  };
}

export const conditional: OperatorTable = { $cond: cond, $ifNull: ifNull };
