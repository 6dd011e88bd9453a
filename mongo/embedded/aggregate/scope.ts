import { DateTime, type Doc, type Value } from '../bson/values.ts';

/** Where a variable's value is while an expression runs; set by whoever binds it. */
export type Cell = { value: Value | undefined };

/** The variables that expressions may name with `$$`: a command's `let`, a $lookup's `let`, NOW. */
export type ExpressionVariables = ReadonlyMap<string, Cell>;

/** A compiled expression: undefined is the missing value. */
export type Expr = (root: Doc) => Value | undefined;

/** What the operators compile their operands with. */
export type VariableScope = { compile(value: Value): Expr };

export type OperatorCompiler = (operand: Value, scope: VariableScope, name: string) => Expr;
export type OperatorTable = { readonly [name: string]: OperatorCompiler };

/** The variables of one command: NOW is read once. */
export function commandVariables(now: bigint = BigInt(Date.now())): Map<string, Cell> {
  return new Map([['NOW', { value: new DateTime(now) }]]);
}
