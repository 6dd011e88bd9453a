import type { Expr } from '../aggregate/expression.ts';
import type { Doc, Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';

/** What a projection does at one path. Children are by field name, in the order of the projection. */
export type Branch = { children: Map<string, Branch | Leaf> };
export type Leaf =
  | { kind: 'include' | 'exclude' | 'positional' }
  | { kind: 'slice'; skip: number | undefined; limit: number }
  | { kind: 'elemMatch'; matches: (item: Value) => boolean }
  | { kind: 'expression'; evaluate: Expr };

export const isBranch = (node: Branch | Leaf): node is Branch => 'children' in node;

type Context = { root: Doc; position: number };

/** The document's own fields keep their order; computed fields follow in the projection's. */
export function include(doc: Doc, branch: Branch, context: Context): Doc {
  const result: Doc = new Map();
  const { children } = branch;
  for (const [name, value] of doc) {
    const child = children.get(name);
    if (child === undefined) continue;
    const kept = isBranch(child) ? includeBranch(value, child, context) : includeLeaf(value, child, context);
    if (kept !== undefined) result.set(name, kept);
  }
  for (const [name, child] of children) {
    if (isBranch(child)) {
      if (!doc.has(name) && computes(child))
        addComputed(result, name, include(new Map(), child, context), true);
    } else if (child.kind === 'expression') addComputed(result, name, child.evaluate(context.root), false);
  }
  return result;
}

function addComputed(result: Doc, name: string, value: Value | undefined, nested: boolean): void {
  if (value === undefined) result.delete(name);
  else if (!nested || (value as Doc).size > 0) result.set(name, value);
}

function computes(branch: Branch): boolean {
  for (const child of branch.children.values()) {
    if (isBranch(child) ? computes(child) : child.kind === 'expression') return true;
  }
  return false;
}

function includeBranch(value: Value, branch: Branch, context: Context): Value | undefined {
  if (value instanceof Map) return include(value, branch, context);
  if (!Array.isArray(value)) return computes(branch) ? include(new Map(), branch, context) : undefined;
  const result: Value[] = [];
  for (const item of value) {
    const kept =
      item instanceof Map || Array.isArray(item) || computes(branch)
        ? includeBranch(item, branch, context)
        : undefined;
    if (kept !== undefined) result.push(kept);
  }
  return result;
}

function includeLeaf(value: Value, leaf: Leaf, context: Context): Value | undefined {
  switch (leaf.kind) {
    case 'exclude':
    case 'expression':
      return undefined;
    case 'slice':
      return sliced(value, leaf);
    case 'elemMatch': {
      const found = Array.isArray(value) ? value.find(leaf.matches) : undefined;
      return found === undefined ? undefined : [found];
    }
    case 'positional': {
      if (!Array.isArray(value)) return value;
      if (context.position < 0 || context.position >= value.length) {
        throw new CommandError(
          51246,
          "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
        );
      }
      return [value[context.position]!];
    }
    default:
      return value;
  }
}

export function exclude(doc: Doc, branch: Branch, context: Context): Doc {
  const result: Doc = new Map();
  for (const [name, value] of doc) {
    const child = branch.children.get(name);
    if (child === undefined) result.set(name, value);
    else if (isBranch(child)) result.set(name, excludeBranch(value, child, context));
    else if (child.kind === 'slice') result.set(name, sliced(value, child));
    else if (child.kind === 'include') result.set(name, value);
  }
  return result;
}

function excludeBranch(value: Value, branch: Branch, context: Context): Value {
  if (value instanceof Map) return exclude(value, branch, context);
  return Array.isArray(value) ? value.map((item) => excludeBranch(item, branch, context)) : value;
}

function sliced(value: Value, { skip, limit }: { skip: number | undefined; limit: number }): Value {
  if (!Array.isArray(value)) return value;
  if (skip === undefined) return limit >= 0 ? value.slice(0, limit) : value.slice(limit);
  const start = skip >= 0 ? skip : Math.max(0, value.length + skip);
  return value.slice(start, start + limit);
}
