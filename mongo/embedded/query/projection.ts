import { compileExpression, type Expr, type ExpressionVariables } from '../aggregate/expression.ts';
import { isTruthy } from '../aggregate/truth.ts';
import { type Doc, isDoc, isNumeric, type Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';
import type { FilterNode } from './ast.ts';
import { compileFilter } from './compile.ts';
import { toExactLong } from './operands.ts';
import { parseFilter } from './parse.ts';

/** What a projection does at one path. Children are by field name, in the order given. */
type Branch = { children: Map<string, Branch | Leaf> };
type Leaf =
  | { kind: 'include' | 'exclude' | 'positional' }
  | { kind: 'slice'; skip: number | undefined; limit: number }
  | { kind: 'elemMatch'; matches: (item: Value) => boolean }
  | { kind: 'expression'; evaluate: Expr };

const isBranch = (node: Branch | Leaf): node is Branch => 'children' in node;

export type ProjectionOptions = {
  vars?: ExpressionVariables;
  /** find's own forms ($slice, $elemMatch, positional) are not part of $project. */
  stage?: boolean;
  /** The query's filter, which the positional operator needs. */
  filter?: FilterNode;
};

/** A compiled projection; `needed` are the top-level fields that it reads, or null when it may read any. */
export type Projection = {
  (doc: Doc): Doc;
  inclusive: boolean;
  needed: ReadonlySet<string> | null;
};

/**
 * Compiles a projection of find (or, with `stage`, of $project): inclusion, exclusion, expressions, $slice,
 * $elemMatch, the positional `$`. Throws the server's errors (31253, 31254 and their kin).
 */
export function compileProjection(spec: Doc, options: ProjectionOptions = {}): Projection {
  return new ProjectionParser(options).parse(spec);
}

class ProjectionParser {
  readonly options: ProjectionOptions;
  readonly root: Branch = { children: new Map() };
  inclusive: boolean | undefined;
  id: 'include' | 'exclude' | undefined;
  positional = false;
  needsAll = false;

  constructor(options: ProjectionOptions) {
    this.options = options;
  }

  parse(spec: Doc): Projection {
    if (spec.size === 0 && this.options.stage) {
      throw new CommandError(
        51272,
        'Invalid $project :: caused by :: projection specification must have at least one field',
      );
    }
    for (const [path, value] of spec) this.field(path.split('.'), value);
    const { root, id } = this;
    const inclusive = this.inclusive ?? id === 'include';
    if (inclusive) {
      if (id !== 'exclude' && !root.children.has('_id')) root.children.set('_id', { kind: 'include' });
      if (id === 'exclude') root.children.delete('_id');
    } else if (id === 'exclude') root.children.set('_id', { kind: 'exclude' });
    const filter = this.options.filter;
    const locate = this.positional && filter !== undefined ? compileFilter(filter, this.options) : undefined;
    const apply = (doc: Doc): Doc => {
      const details = { position: -1 };
      locate?.(doc, details);
      const context = { root: doc, position: details.position };
      return inclusive ? include(doc, root, context) : exclude(doc, root, context);
    };
    const needed = inclusive && !this.needsAll ? new Set(root.children.keys()) : null;
    return Object.assign(apply, { inclusive, needed });
  }

  field(parts: string[], value: Value): void {
    const path = parts.join('.');
    if (parts.some((part) => part === '')) {
      throw new CommandError(
        40353,
        parts.at(-1) === ''
          ? "FieldPath must not end with a '.'."
          : 'FieldPath field names may not be empty strings.',
      );
    }
    if (parts.at(-1) === '$' && parts.length > 1) {
      this.positionalField(parts, value);
      return;
    }
    if (parts.some((part) => part.startsWith('$') && !['$id', '$ref', '$db'].includes(part))) {
      throw new CommandError(
        16410,
        "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
      );
    }
    if (typeof value === 'boolean' || isNumeric(value)) {
      this.flag(parts, isTruthy(value));
      return;
    }
    if (!isDoc(value)) {
      this.expression(parts, value);
      return;
    }
    if (value.size === 0)
      throw new CommandError(
        51270,
        `An empty sub-projection is not a valid value. Found empty object at path`,
      );
    const operator = value.keys().next().value!;
    if (!operator.startsWith('$')) {
      for (const [name, inner] of value) {
        if (name.includes('.') && this.options.stage !== true) {
          throw new CommandError(40183, `cannot use dotted field name '${name}' in a sub object`);
        }
        this.field([...parts, ...name.split('.')], inner);
      }
      return;
    }
    if (this.options.stage !== true && value.size === 1) {
      const operand = value.get(operator)!;
      if (operator === '$elemMatch') {
        this.elemMatch(parts, operand);
        return;
      }
      if (operator === '$slice' && isFindSlice(operand)) {
        this.slice(parts, operand);
        return;
      }
      if (operator === '$meta') throw unsupported('a projection of $meta');
    }
    if (operator === '$elemMatch') {
      throw new CommandError('InvalidPipelineOperator', `Unrecognized expression '${operator}' at ${path}`);
    }
    this.expression(parts, value);
  }

  mode(inclusive: boolean, path: string): void {
    if (this.inclusive === undefined) this.inclusive = inclusive;
    else if (this.inclusive !== inclusive) {
      throw inclusive
        ? new CommandError(31253, `Cannot do inclusion on field ${path} in exclusion projection`)
        : new CommandError(31254, `Cannot do exclusion on field ${path} in inclusion projection`);
    }
  }

  flag(parts: string[], on: boolean): void {
    if (parts.length === 1 && parts[0] === '_id') {
      this.id = on ? 'include' : 'exclude';
      // _id keeps its place in the order of an inclusion
      this.put(parts, { kind: on ? 'include' : 'exclude' });
      return;
    }
    this.mode(on, parts.join('.'));
    this.put(parts, { kind: on ? 'include' : 'exclude' });
  }

  expression(parts: string[], value: Value): void {
    if (this.inclusive === false) {
      throw new CommandError(31252, 'Cannot use an expression in an exclusion projection');
    }
    this.inclusive = true;
    this.needsAll = true;
    if (parts[0] === '_id') this.id = 'include';
    this.put(parts, { kind: 'expression', evaluate: compileExpression(value, this.options.vars) });
  }

  slice(parts: string[], operand: Value): void {
    const pair = Array.isArray(operand);
    const first = pair ? operand[0] : undefined;
    const second = pair ? operand[1] : operand;
    const skip = first === undefined ? undefined : Number(toExactLong(first) ?? 0n);
    const limit = Number(toExactLong(second) ?? 0n);
    if (skip !== undefined && limit <= 0) {
      throw new CommandError(28724, 'First argument to $slice must be an array, but is of type: int');
    }
    this.put(parts, { kind: 'slice', skip, limit });
  }

  elemMatch(parts: string[], operand: Value): void {
    if (!isDoc(operand)) throw new CommandError(31274, 'elemMatch: Invalid argument, object required');
    if (parts.length > 1)
      throw new CommandError(31275, 'Cannot use $elemMatch projection on a nested field.');
    this.mode(true, parts[0]!);
    const filter: Doc = new Map([['v', new Map([['$elemMatch', operand]])]]);
    const matcher = compileFilter(parseFilter(filter), this.options);
    this.put(parts, { kind: 'elemMatch', matches: (item) => matcher(new Map([['v', [item]]])) });
  }

  positionalField(parts: string[], value: Value): void {
    if (this.options.stage) {
      throw new CommandError(
        16410,
        "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
      );
    }
    if (!(typeof value === 'boolean' || isNumeric(value)) || !isTruthy(value)) {
      throw new CommandError(31395, 'positional projection cannot be used with exclusion');
    }
    if (this.positional) {
      throw new CommandError(31276, 'Cannot specify more than one positional projection per query.');
    }
    this.positional = true;
    this.mode(true, parts.join('.'));
    this.put(parts.slice(0, -1), { kind: 'positional' });
  }

  put(parts: string[], leaf: Leaf): void {
    let branch = this.root;
    const last = parts.length - 1;
    for (const part of parts.slice(0, last)) {
      const next = branch.children.get(part);
      if (next === undefined) {
        const made: Branch = { children: new Map() };
        branch.children.set(part, made);
        branch = made;
      } else if (isBranch(next)) branch = next;
      else throw collision(parts);
    }
    if (branch.children.has(parts[last]!)) throw collision(parts);
    branch.children.set(parts[last]!, leaf);
  }
}

function collision(parts: string[]): CommandError {
  return new CommandError(31249, `Path collision at ${parts.join('.')}`);
}

/** find's $slice has numbers; $slice as an expression has an array first. */
function isFindSlice(operand: Value): boolean {
  if (isNumeric(operand)) return true;
  return Array.isArray(operand) && operand.length === 2 && operand.every((item) => isNumeric(item));
}

type Context = { root: Doc; position: number };

/** The document's own fields keep their order; computed fields follow in the projection's. */
function include(doc: Doc, branch: Branch, context: Context): Doc {
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

function exclude(doc: Doc, branch: Branch, context: Context): Doc {
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
