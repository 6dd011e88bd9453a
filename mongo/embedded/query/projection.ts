import { compileExpression, type ExpressionVariables } from '../aggregate/expression.ts';
import { isTruthy } from '../aggregate/truth.ts';
import { type Doc, isDoc, isNumeric, type Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';
import type { FilterNode } from './ast.ts';
import { compileFilter } from './compile.ts';
import { toExactLong } from './operands.ts';
import { parseFilter } from './parse.ts';
import { type Branch, exclude, include, isBranch, type Leaf } from './projected.ts';

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
