import { type Doc, isDoc, UNDEFINED, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Expr, OperatorCompiler, VariableScope } from '../scope.ts';

/** Null, BSON undefined and missing, which most operators answer with null. */
export function isNullish(value: Value | undefined): value is null | undefined | typeof UNDEFINED {
  return value === undefined || value === null || value === UNDEFINED;
}

/** A list of operands, or the one that stands for a list of one. */
export function toOperandList(operand: Value): Value[] {
  if (Array.isArray(operand)) return operand;
  const single: Value[] = [operand];
  return single;
}

function readArguments(operand: Value, min: number, max: number, name: string): Value[] {
  const list = toOperandList(operand);
  if (list.length >= min && list.length <= max) return list;
  throw min === max
    ? new CommandError(
        16020,
        `Expression ${name} takes exactly ${min} arguments. ${list.length} were passed in.`,
      )
    : new CommandError(
        28667,
        `Expression ${name} takes at least ${min} arguments, and at most ${max}, but ${list.length} were passed in.`,
      );
}

/** An operator of one argument. */
export function unary(
  evaluate: (value: Value | undefined, name: string) => Value | undefined,
): OperatorCompiler {
  return (operand, scope, name) => {
    const inner = scope.compile(readArguments(operand, 1, 1, name)[0]!);
    return (root) => evaluate(inner(root), name);
  };
}

/** An operator of two arguments. */
export function binary(
  evaluate: (left: Value | undefined, right: Value | undefined, name: string) => Value | undefined,
): OperatorCompiler {
  return (operand, scope, name) => {
    const [left, right] = readArguments(operand, 2, 2, name).map((item) => scope.compile(item)) as [
      Expr,
      Expr,
    ];
    return (root) => evaluate(left(root), right(root), name);
  };
}

/** An operator of `min` to `max` arguments, all evaluated. */
export function variadic(
  evaluate: (values: (Value | undefined)[], name: string) => Value | undefined,
  min = 0,
  max = Number.POSITIVE_INFINITY,
): OperatorCompiler {
  return (operand, scope, name) => {
    const items = readArguments(operand, min, max, name).map((item) => scope.compile(item));
    return (root) =>
      evaluate(
        items.map((item) => item(root)),
        name,
      );
  };
}

/** Named arguments: each compiled; an unknown or a missing one is refused. */
export function named(
  operand: Value,
  scope: VariableScope,
  name: string,
  required: readonly string[],
  optional: readonly string[] = [],
): { [argument: string]: Expr | undefined } {
  const fields = namedRaw(operand, name, required, optional);
  return Object.fromEntries([...fields].map(([key, value]) => [key, scope.compile(value)]));
}

/** Named arguments as they stand. */
export function namedRaw(
  operand: Value,
  name: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Doc {
  if (!isDoc(operand)) {
    throw new CommandError('FailedToParse', `${name} only supports an object as its argument`);
  }
  for (const key of operand.keys()) {
    if (!required.includes(key) && !optional.includes(key)) {
      throw new CommandError('FailedToParse', `Unrecognized argument to ${name}: ${key}`);
    }
  }
  for (const key of required) {
    if (!operand.has(key)) throw new CommandError('FailedToParse', `Missing '${key}' parameter to ${name}`);
  }
  return operand;
}
