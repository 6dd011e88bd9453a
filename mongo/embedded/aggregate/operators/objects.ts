import { type Doc, isDoc, typeName, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Expr, OperatorTable, Scope } from '../scope.ts';
import { isNullish, namedRaw, unary, variadic } from './operands.ts';

function merge(values: (Value | undefined)[]): Value {
  const result: Doc = new Map();
  for (const value of values) {
    if (isNullish(value)) continue;
    if (!isDoc(value)) {
      throw new CommandError(
        40400,
        `$mergeObjects requires object inputs, but input is of type ${typeName(value)}`,
      );
    }
    for (const [name, field] of value) result.set(name, field);
  }
  return result;
}

function objectToArray(value: Value | undefined): Value {
  if (isNullish(value)) return null;
  if (!isDoc(value)) {
    throw new CommandError(40390, `$objectToArray requires a document input, found: ${typeName(value)}`);
  }
  return [...value].map(
    ([name, field]): Doc =>
      new Map<string, Value>([
        ['k', name],
        ['v', field],
      ]),
  );
}

function arrayToObject(value: Value | undefined): Value {
  if (isNullish(value)) return null;
  if (!Array.isArray(value)) {
    throw new CommandError(40386, `$arrayToObject requires an array input, found: ${typeName(value)}`);
  }
  const result: Doc = new Map();
  for (const item of value) {
    const [name, field] = pairOf(item);
    if (typeof name !== 'string') {
      throw new CommandError(
        40395,
        '$arrayToObject requires an array of pairs whose keys are of type string',
      );
    }
    if (name.includes('\0'))
      throw new CommandError(4940400, 'Key field cannot contain an embedded null byte');
    result.set(name, field);
  }
  return result;
}

function pairOf(item: Value): [Value, Value] {
  if (Array.isArray(item)) {
    if (item.length !== 2) {
      throw new CommandError(40397, '$arrayToObject requires an array of size 2 arrays');
    }
    return [item[0]!, item[1]!];
  }
  if (!isDoc(item))
    throw new CommandError(40398, `Unrecognised input type format for $arrayToObject: ${typeName(item)}`);
  const name = item.get('k');
  const field = item.get('v');
  if (item.size !== 2 || name === undefined || field === undefined) {
    throw new CommandError(40393, "$arrayToObject requires an object keys of 'k' and 'v'");
  }
  return [name, field];
}

/** A field name that may hold dots and dollars: a constant string. */
function constantName(value: Value, name: string, code: number): string {
  const literal = isDoc(value) && value.size === 1 ? (value.get('$literal') ?? value) : value;
  if (typeof literal !== 'string' || (literal === value && literal.startsWith('$'))) {
    throw new CommandError(code, `${name} requires 'field' to evaluate to a constant string`);
  }
  return literal;
}

function getField(operand: Value, scope: Scope, name: string): Expr {
  const short = typeof operand === 'string' || (isDoc(operand) && !operand.has('field'));
  const fields = short
    ? new Map<string, Value>([['field', operand]])
    : namedRaw(operand, name, ['field'], ['input']);
  const field = constantName(fields.get('field')!, name, 5654601);
  const input = scope.compile(fields.get('input') ?? '$$CURRENT');
  return (root) => {
    const value = input(root);
    if (isDoc(value)) return value.get(field);
    return value === undefined ? undefined : null;
  };
}

function setField(operand: Value, scope: Scope, name: string): Expr {
  const required = name === '$unsetField' ? ['field', 'input'] : ['field', 'input', 'value'];
  const fields = namedRaw(operand, name, required);
  const field = constantName(fields.get('field')!, name, 4161107);
  const input = scope.compile(fields.get('input')!);
  const value = scope.compile(fields.get('value') ?? '$$REMOVE');
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

export const objects: OperatorTable = {
  $mergeObjects: variadic(merge),
  $objectToArray: unary(objectToArray),
  $arrayToObject: unary(arrayToObject),
  $getField: getField,
  $setField: setField,
  $unsetField: setField,
};
