import type { Doc, Value } from '../bson/values.ts';
export type ExpressionVariables = ReadonlyMap<string, Value>;
export type Evaluate = (doc: Doc) => Value | undefined;
export function compileExpression(_expression: Value, _vars?: ExpressionVariables): Evaluate {
  throw new Error('being written');
}
export function isTruthy(value: Value | undefined): boolean {
  return value !== undefined;
}
