import { isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Expr, OperatorTable, VariableScope } from '../scope.ts';
import { isNullish, namedRaw } from './operands.ts';

/** A field name that may hold dots and dollars: a constant string. */
function constantName(value: Value, name: string, code: number): string {
  const literal = isDoc(value) && value.size === 1 ? (value.get('$literal') ?? value) : value;
  if (typeof literal !== 'string' || (literal === value && literal.startsWith('$'))) {
    throw new CommandError(code, `${name} requires 'field' to evaluate to a constant string`);
  }
  return literal;
}

function setField(operand: Value, scope: VariableScope, name: string): Expr {
  const fields = namedRaw(operand, name, ['field', 'input', 'value']);
  const field = constantName(fields.get('field')!, name, 4161107);
  const input = scope.compile(fields.get('input')!);
  const value = scope.compile(fields.get('value')!);
  return (root) => {
    const target = input(root);
    if (isNullish(target)) return null;
    if (!isDoc(target)) {
      throw new CommandError(4161105, `${name} requires 'input' to evaluate to type Object`);
    }
    const result = new Map(target);
    const item = value(root);
    if (item === undefined) result.delete(field);
    else result.set(field, item);
    return result;
  };
}

export const objects: OperatorTable = { $setField: setField };
