import { isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Expr, OperatorTable, Scope } from '../scope.ts';
import { isTruthy } from '../truth.ts';
import { checkVariableName } from '../variable-name.ts';
import { isNullish, namedRaw } from './operands.ts';

function cond(operand: Value, scope: Scope): Expr {
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

function ifNull(operand: Value, scope: Scope): Expr {
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

function switchCase(operand: Value, scope: Scope): Expr {
  if (!isDoc(operand)) throw new CommandError(40060, '$switch requires an object as an argument');
  for (const key of operand.keys()) {
    if (key !== 'branches' && key !== 'default') {
      throw new CommandError(40067, `$switch found an unknown argument: ${key}`);
    }
  }
  const branches = operand.get('branches');
  if (!Array.isArray(branches)) throw new CommandError(40061, "$switch expected an array for 'branches'");
  if (branches.length === 0) throw new CommandError(40068, '$switch requires at least one branch.');
  const compiled = branches.map((branch): [Expr, Expr] => {
    if (!isDoc(branch)) throw new CommandError(40062, '$switch expected each branch to be an object');
    const test = branch.get('case');
    const then = branch.get('then');
    if (test === undefined)
      throw new CommandError(40064, "$switch requires each branch have a 'case' expression");
    if (then === undefined)
      throw new CommandError(40065, "$switch requires each branch have a 'then' expression.");
    return [scope.compile(test), scope.compile(then)];
  });
  const otherwise = operand.get('default');
  const fallback = otherwise === undefined ? undefined : scope.compile(otherwise);
  return (root) => {
    for (const [test, then] of compiled) if (isTruthy(test(root))) return then(root);
    if (fallback === undefined) {
      throw new CommandError(
        40066,
        '$switch could not find a matching branch for an input, and no default was specified.',
      );
    }
    return fallback(root);
  };
}

function letIn(operand: Value, scope: Scope, name: string): Expr {
  const fields = namedRaw(operand, name, ['vars', 'in']);
  const vars = fields.get('vars');
  if (!isDoc(vars)) throw new CommandError(10065, 'invalid parameter: expected an object (vars)');
  let inner = scope;
  const bindings: { value: Expr; set: (value: Value | undefined) => void }[] = [];
  for (const [variable, expression] of vars) {
    checkVariableName(variable);
    // a variable's expression does not see the others
    const value = scope.compile(expression);
    const bound = inner.bind(variable);
    inner = bound.scope;
    bindings.push({
      value,
      set: (result) => {
        bound.cell.value = result;
      },
    });
  }
  const body = inner.compile(fields.get('in')!);
  return (root) => {
    for (const { value, set } of bindings) set(value(root));
    return body(root);
  };
}

export const conditional: OperatorTable = {
  $cond: cond,
  $ifNull: ifNull,
  $switch: switchCase,
  $let: letIn,
};
