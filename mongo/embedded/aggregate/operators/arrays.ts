import { compareValues } from '../../bson/compare.ts';
import { int32, isNumeric, typeName, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { toExactLong } from '../../query/operands.ts';
import type { Expr, OperatorTable, Scope } from '../scope.ts';
import { isTruthy } from '../truth.ts';
import { checkVariableName } from '../variable-name.ts';
import { binary, isNullish, namedRaw, unary, variadic } from './operands.ts';

function elementAt(list: Value | undefined, position: Value | undefined): Value | undefined {
  if (isNullish(list) || isNullish(position)) return null;
  if (!Array.isArray(list)) {
    throw new CommandError(28689, `$arrayElemAt's first argument must be an array, but is ${typeName(list)}`);
  }
  if (!isNumeric(position)) {
    throw new CommandError(
      28690,
      `$arrayElemAt's second argument must be a numeric value, but is ${typeName(position)}`,
    );
  }
  const index = toExactLong(position);
  if (index === undefined) {
    throw new CommandError(28691, "$arrayElemAt's second argument must be representable as a 32-bit integer");
  }
  return list.at(Number(index));
}

function end(index: 0 | -1, code: number) {
  return unary((list, name) => {
    if (isNullish(list)) return null;
    if (!Array.isArray(list))
      throw new CommandError(code, `${name}'s argument must be an array, but is ${typeName(list)}`);
    return list.at(index);
  });
}

function concat(lists: (Value | undefined)[]): Value {
  const result: Value[] = [];
  for (const list of lists) {
    if (isNullish(list)) return null;
    if (!Array.isArray(list))
      throw new CommandError(28664, `$concatArrays only supports arrays, not ${typeName(list)}`);
    for (const item of list) result.push(item);
  }
  return result;
}

function whole(value: Value | undefined, name: string, place: string, code: number): number {
  const long = isNumeric(value) ? toExactLong(value) : undefined;
  if (long !== undefined && BigInt.asIntN(32, long) === long) return Number(long);
  throw new CommandError(
    code,
    `${name}: ${place} must be representable as a 32-bit integer, found a value of type: ${typeName(value)}`,
  );
}

function slice([list, second, third]: (Value | undefined)[], triple: boolean): Value {
  if (isNullish(list) || isNullish(second) || (triple && isNullish(third))) return null;
  if (!Array.isArray(list)) {
    throw new CommandError(
      28724,
      `First argument to $slice must be an array, but is of type: ${typeName(list)}`,
    );
  }
  const first = whole(second, '$slice', 'second argument', 28725);
  if (!triple) return first >= 0 ? list.slice(0, first) : list.slice(first);
  const count = whole(third, '$slice', 'third argument', 28727);
  if (count <= 0) throw new CommandError(28729, `Third argument to $slice must be positive: ${count}`);
  const start = first >= 0 ? first : Math.max(0, list.length + first);
  return list.slice(start, start + count);
}

/** The name of the element variable, `this` when none is given. */
function asName(value: Value | undefined, name: string): string {
  if (value === undefined) return 'this';
  if (typeof value !== 'string') throw new CommandError('TypeMismatch', `${name}'s 'as' must be a string`);
  checkVariableName(value);
  return value;
}

function filter(operand: Value, scope: Scope, name: string): Expr {
  const fields = namedRaw(operand, name, ['input', 'cond'], ['as', 'limit']);
  const input = scope.compile(fields.get('input')!);
  const { scope: inner, cell } = scope.bind(asName(fields.get('as'), name));
  const cond = inner.compile(fields.get('cond')!);
  const limitValue = fields.get('limit');
  const limit = limitValue === undefined ? undefined : scope.compile(limitValue);
  return (root) => {
    const list = input(root);
    if (isNullish(list)) return null;
    if (!Array.isArray(list))
      throw new CommandError(28651, `input to $filter must be an array not ${typeName(list)}`);
    const most = limit === undefined ? null : limit(root);
    const count = isNullish(most) ? list.length : whole(most, '$filter', 'limit', 327391);
    if (!isNullish(most) && count < 1) {
      throw new CommandError(327392, `$filter: limit must be greater than 0, was ${count}`);
    }
    const result: Value[] = [];
    for (const item of list) {
      if (result.length === count) break;
      cell.value = item;
      if (isTruthy(cond(root))) result.push(item);
    }
    return result;
  };
}

function map(operand: Value, scope: Scope, name: string): Expr {
  const fields = namedRaw(operand, name, ['input', 'in'], ['as']);
  const input = scope.compile(fields.get('input')!);
  const { scope: inner, cell } = scope.bind(asName(fields.get('as'), name));
  const body = inner.compile(fields.get('in')!);
  return (root) => {
    const list = input(root);
    if (isNullish(list)) return null;
    if (!Array.isArray(list))
      throw new CommandError(16883, `input to $map must be an array not ${typeName(list)}`);
    return list.map((item) => {
      cell.value = item;
      return body(root) ?? null;
    });
  };
}

function reduce(operand: Value, scope: Scope, name: string): Expr {
  const fields = namedRaw(operand, name, ['input', 'initialValue', 'in']);
  const input = scope.compile(fields.get('input')!);
  const initial = scope.compile(fields.get('initialValue')!);
  const withValue = scope.bind('value');
  const withThis = withValue.scope.bind('this');
  const body = withThis.scope.compile(fields.get('in')!);
  return (root) => {
    const list = input(root);
    if (isNullish(list)) return null;
    if (!Array.isArray(list))
      throw new CommandError(40080, `input to $reduce must be an array not ${typeName(list)}`);
    let value = initial(root);
    for (const item of list) {
      withValue.cell.value = value;
      withThis.cell.value = item;
      value = body(root);
    }
    return value;
  };
}

function size(list: Value | undefined): Value {
  if (Array.isArray(list)) return int32(list.length);
  throw new CommandError(17124, `The argument to $size must be an array, but was of type: ${typeName(list)}`);
}

function indexOfArray([list, wanted, from, to]: (Value | undefined)[]): Value {
  if (isNullish(list)) return null;
  if (!Array.isArray(list)) {
    throw new CommandError(
      40090,
      `$indexOfArray requires an array as a first argument, found: ${typeName(list)}`,
    );
  }
  const stop = Math.min(
    to === undefined ? list.length : whole(to, '$indexOfArray', 'ending index', 40096),
    list.length,
  );
  for (
    let index = from === undefined ? 0 : whole(from, '$indexOfArray', 'starting index', 40096);
    index < stop;
    index++
  ) {
    if (compareValues(list[index], wanted) === 0) return int32(index);
  }
  return int32(-1);
}

function range([start, end_, step]: (Value | undefined)[]): Value {
  const from = whole(start, '$range', 'starting value', 34443);
  const to = whole(end_, '$range', 'ending value', 34445);
  const by = step === undefined ? 1 : whole(step, '$range', 'step value', 34447);
  if (by === 0) throw new CommandError(34449, '$range requires a non-zero step value');
  const count = Math.ceil((to - from) / by);
  if (count > 1_000_000) throw new CommandError('ExceededMemoryLimit', '$range would make too many values');
  return Array.from({ length: Math.max(0, count) }, (_, index) => int32(from + index * by));
}

export const arrays: OperatorTable = {
  $arrayElemAt: binary(elementAt),
  $first: end(0, 28689),
  $last: end(-1, 28689),
  $concatArrays: variadic(concat),
  $slice: variadic((values) => slice(values, values.length === 3), 2, 3),
  $filter: filter,
  $map: map,
  $reduce: reduce,
  $size: unary(size),
  $isArray: unary((value) => Array.isArray(value)),
  $indexOfArray: variadic(indexOfArray, 2, 4),
  $range: variadic(range, 2, 3),
  $reverseArray: unary((list) => {
    if (isNullish(list)) return null;
    if (!Array.isArray(list)) {
      throw new CommandError(
        34435,
        `The argument to $reverseArray must be an array, but was of type: ${typeName(list)}`,
      );
    }
    return list.toReversed();
  }),
  $setUnion: variadic((lists, name) => {
    const all: Value[] = [];
    for (const list of lists) {
      if (isNullish(list)) return null;
      if (!Array.isArray(list)) {
        throw new CommandError(
          17043,
          `All operands of ${name} must be arrays. One argument is of type: ${typeName(list)}`,
        );
      }
      all.push(...list);
    }
    return all
      .sort(compareValues)
      .filter((item, index) => compareValues(item, all[index - 1]) !== 0 || index === 0);
  }),
};
