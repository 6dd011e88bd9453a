import { type Doc, isDoc, type Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';
import { arithmetic } from './operators/arithmetic.ts';
import { comparison } from './operators/comparison.ts';
import { conditional } from './operators/conditional.ts';
import { dates } from './operators/dates.ts';
import { lists } from './operators/lists.ts';
import { objects } from './operators/objects.ts';
import type { Cell, Expr, ExpressionVariables, OperatorCompiler, VariableScope } from './scope.ts';
import { SERVER_EXPRESSIONS } from './server-names.ts';
import { checkVariableName } from './variable-name.ts';

export type { Expr, ExpressionVariables } from './scope.ts';
export { commandVariables } from './scope.ts';
export { isTruthy } from './truth.ts';

/** Every expression operator that the store has. */
export const EXPRESSIONS: ReadonlyMap<string, OperatorCompiler> = new Map(
  Object.entries({
    ...arithmetic,
    ...comparison,
    ...conditional,
    ...dates,
    ...lists,
    ...objects,
    $literal: (operand: Value) => () => operand,
    $expr: (operand: Value, scope: VariableScope) => scope.compile(operand),
  }),
);

const NO_VARIABLES: ExpressionVariables = new Map();
const DEPTH_MAX = 200;

/**
 * Compiles an aggregation expression. Throws the server's errors for what it refuses: an unknown operator is
 * InvalidPipelineOperator (168), an undefined variable 17276.
 */
export function compileExpression(expression: Value, vars: ExpressionVariables = NO_VARIABLES): Expr {
  return createScope(vars, 0).compile(expression);
}

/** Evaluates a command's `let` (or a $lookup's constants) into variables beside the others. */
export function letVariables(definitions: Doc, vars: ExpressionVariables): Map<string, Cell> {
  const result = new Map(vars);
  for (const [name, value] of definitions) {
    checkVariableName(name);
    result.set(name, { value: compileExpression(value, vars)(new Map()) });
  }
  return result;
}

function createScope(vars: ExpressionVariables, depth: number): VariableScope {
  if (depth > DEPTH_MAX) throw new CommandError('BadValue', 'the expression is nested too deeply');
  return { compile: (value) => compileValue(value, vars, depth) };
}

function compileValue(value: Value, vars: ExpressionVariables, depth: number): Expr {
  if (typeof value === 'string') return value.startsWith('$') ? compilePath(value, vars) : () => value;
  if (Array.isArray(value)) {
    const scope = createScope(vars, depth + 1);
    const items = value.map((item) => scope.compile(item));
    return (root) => items.map((item) => item(root) ?? null);
  }
  if (!isDoc(value)) return () => value;
  return compileObject(value, vars, depth);
}

function compileObject(value: Doc, vars: ExpressionVariables, depth: number): Expr {
  const scope = createScope(vars, depth + 1);
  const first = value.keys().next().value;
  if (first?.startsWith('$')) {
    if (value.size !== 1) {
      throw new CommandError(15983, 'an object representing an expression must have exactly one field');
    }
    const operator = EXPRESSIONS.get(first);
    if (operator !== undefined) return operator(value.get(first)!, scope, first);
    throw SERVER_EXPRESSIONS.has(first)
      ? unsupported(`the expression ${first}`)
      : new CommandError('InvalidPipelineOperator', `Unrecognized expression '${first}'`);
  }
  const fields: [string, Expr][] = [];
  for (const [name, field] of value) {
    if (name.startsWith('$')) {
      throw new CommandError(
        16404,
        `FieldPath field names may not start with '$'. Consider using $getField or $setField`,
      );
    }
    if (name.includes('.')) {
      throw new CommandError(
        16412,
        `FieldPath field names may not contain '.'. Consider using $getField or $setField.`,
      );
    }
    fields.push([name, scope.compile(field)]);
  }
  return (root) => {
    const result: Doc = new Map();
    for (const [name, field] of fields) {
      const item = field(root);
      if (item !== undefined) result.set(name, item);
    }
    return result;
  };
}

/** "$a.b", "$$name.a", "$$ROOT". */
function compilePath(text: string, vars: ExpressionVariables): Expr {
  if (!text.startsWith('$$')) return fieldPath(checkedParts(text.slice(1)));
  const [name = '', ...parts] = checkedParts(text.slice(2));
  const walk = (start: Expr): Expr =>
    parts.length === 0 ? start : (root) => walkExpression(start(root), parts, 0);
  if (name === 'ROOT' || name === 'CURRENT') return walk((root) => root);
  if (name === 'REMOVE') return () => undefined;
  const cell = vars.get(name);
  if (cell !== undefined) return walk(() => cell.value);
  if (name === 'CLUSTER_TIME' || name === 'USER_ROLES' || name === 'SEARCH_META') {
    throw unsupported(`the variable $$${name}`);
  }
  throw new CommandError(17276, `Use of undefined variable: ${name}`);
}

function checkedParts(path: string): string[] {
  if (path === '') throw new CommandError(16872, `'$' by itself is not a valid FieldPath`);
  const parts = path.split('.');
  for (const part of parts) {
    if (part === '')
      throw new CommandError(40353, `FieldPath must not end with a '.' or hold empty parts: '${path}'`);
    if (part.startsWith('$')) {
      throw new CommandError(
        16410,
        `FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
      );
    }
  }
  return parts;
}

function fieldPath(parts: string[]): Expr {
  const [first, ...rest] = parts as [string, ...string[]];
  if (rest.length === 0) return (root) => root.get(first);
  return (root) => walkExpression(root.get(first), rest, 0);
}

/** Field access as expressions do it: arrays evaluate to the array of their documents' values, positions mean nothing. */
function walkExpression(value: Value | undefined, parts: string[], at: number): Value | undefined {
  if (at === parts.length) return value;
  if (value instanceof Map) return walkExpression(value.get(parts[at]!), parts, at + 1);
  if (!Array.isArray(value)) return undefined;
  const result: Value[] = [];
  for (const item of value) {
    const inner = walkExpression(item, parts, at);
    if (inner !== undefined) result.push(inner);
  }
  return result;
}
