import type { ExpressionVariables } from '../aggregate/expression.ts';
import { compileTransforms } from '../aggregate/stages/transforms.ts';
import { equalValues } from '../bson/compare.ts';
import { identicalValues } from '../bson/identical.ts';
import { show } from '../bson/show.ts';
import { type Doc, isDoc, Timestamp, typeName, type Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';
import { type ArrayFilters, parseArrayFilters } from './array-filters.ts';
import { Editor } from './edit.ts';
import type { Modifier, ModifierContext } from './modifier.ts';
import { MODIFIERS, REFUSED_MODIFIERS } from './modifiers.ts';
import {
  checkConflicts,
  checkTopLevelName,
  comparePaths,
  expandPath,
  isDynamic,
  parseUpdatePath,
} from './paths.ts';
import { parseRename, type Rename, renameSteps } from './rename.ts';
import { computeShapeKey, knownShape, rememberShape, type Shape } from './shapes.ts';

export type UpdateOptions = { arrayFilters?: readonly Doc[]; vars?: ExpressionVariables };

export type UpdateContext = {
  /** An upsert that inserts: $setOnInsert applies, _id may still be set. */
  isInsert?: boolean;
  /** What the matcher's details reported, for `$`. */
  position?: number;
  /** Milliseconds since the epoch, for $currentDate. */
  now?: bigint;
};

type UpdateResult = { doc: Doc; changed: boolean };

/** A compiled update. `fields` are the top-level fields that it can change, or null when it may change any. */
export type Update = {
  kind: 'operators' | 'replacement' | 'pipeline';
  fields: ReadonlySet<string> | null;
  /**
   * Returns the new document and leaves the old one as it was. `changed` is false when not a byte would differ
   * (a $push that sorts always counts as a change, as in the server).
   */
  apply(doc: Doc, context?: UpdateContext): UpdateResult;
};

/** Compiles an update: operators, a whole document, or a pipeline. Throws the server's errors for each. */
export function compileUpdate(update: Doc | Value[], options: UpdateOptions = {}): Update {
  const filters = options.arrayFilters ?? [];
  if (Array.isArray(update)) {
    if (filters.length > 0) {
      throw new CommandError('FailedToParse', 'arrayFilters may not be specified for pipeline-style updates');
    }
    return compilePipelineUpdate(update, options);
  }
  const first = update.keys().next().value;
  if (first?.startsWith('$')) return compileOperators(update, filters);
  if (filters.length > 0) {
    throw new CommandError(
      'FailedToParse',
      'arrayFilters may not be specified for replacement-style updates',
    );
  }
  return compileReplacement(update);
}

function immutableId(message: string): CommandError {
  return new CommandError('ImmutableField', message);
}

function compileReplacement(replacement: Doc): Update {
  for (const name of replacement.keys()) {
    if (name.startsWith('$')) {
      throw new CommandError(
        'DollarPrefixedFieldName',
        `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
      );
    }
  }
  return {
    kind: 'replacement',
    fields: null,
    apply: (doc, context) => finish(doc, fillTimestamps(replacement, context?.now)),
  };
}

/** Empty timestamps at the top level are set to now, as the server does on storing a document. */
function fillTimestamps(doc: Doc, now: bigint = BigInt(Date.now())): Doc {
  let result = doc;
  for (const [name, value] of doc) {
    if (!(value instanceof Timestamp) || value.t !== 0 || value.i !== 0 || name === '_id') continue;
    if (result === doc) result = new Map(doc);
    result.set(name, new Timestamp(Number(now / 1000n) >>> 0, 1));
  }
  return result;
}

/** A document that takes another's place keeps its _id; one without an _id gets it, in front. */
function finish(old: Doc, next: Doc): UpdateResult {
  const id = old.get('_id');
  let result = next;
  if (id !== undefined) {
    const given = next.get('_id');
    if (given === undefined) result = new Map([['_id', id], ...next]);
    else if (!equalValues(given, id)) {
      throw immutableId(
        `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${show(given)}`,
      );
    }
  }
  return { doc: result, changed: !identicalValues(result, old) };
}

function compilePipelineUpdate(stages: Value[], options: UpdateOptions): Update {
  const transform = compileTransforms(stages, options.vars);
  return { kind: 'pipeline', fields: null, apply: (doc) => finish(doc, transform(doc)) };
}

type Operation = { path: string[]; modifier: Modifier };

/** An update of a known shape: only its values are checked. */
function compileKnown(update: Doc, { order, paths, fields }: Shape): Update {
  const given: Operation[] = [];
  for (const [name, operands] of update) {
    const factory = MODIFIERS.get(name)!;
    for (const [text, operand] of operands as Doc) {
      given.push({ path: paths[given.length]!, modifier: factory(operand, text) });
    }
  }
  const operations = order.map((position) => given[position]!);
  return {
    kind: 'operators',
    fields,
    apply: (doc, context = {}) => applyOperations(doc, operations, context),
  };
}

function compileOperators(update: Doc, filters: readonly Doc[]): Update {
  const key = filters.length === 0 ? computeShapeKey(update) : undefined;
  const shape = key === undefined ? undefined : knownShape(key);
  if (shape !== undefined) return compileKnown(update, shape);
  const given: Operation[] = [];
  const renames: Rename[] = [];
  for (const [name, operands] of update) {
    const factory = MODIFIERS.get(name);
    if (factory === undefined && name !== '$rename') {
      if (REFUSED_MODIFIERS.has(name)) throw unsupported(`the update operator ${name}`);
      throw new CommandError(
        'FailedToParse',
        `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    }
    if (!isDoc(operands)) {
      throw new CommandError(
        'FailedToParse',
        `Modifiers operate on fields but we found type ${typeName(operands)} instead. For example: {$mod: {<field>: ...}} not {${name}: ${show(operands)}}`,
      );
    }
    for (const [text, operand] of operands) {
      if (factory === undefined) renames.push(parseRename(text, operand));
      else given.push({ path: parseUpdatePath(text), modifier: factory(operand, text) });
    }
  }
  const operations = given.toSorted((a, b) => comparePaths(a.path, b.path));
  const paths = operations.map((operation) => operation.path);
  const all = [...paths, ...renames.flatMap(({ from, to }) => [from, to])];
  checkConflicts(all.toSorted(comparePaths));
  const arrayFilters = parseArrayFilters(filters, paths);
  const dynamic = paths.some(isDynamic) || renames.length > 0;
  const fields = new Set(all.map((path) => path[0]!));
  if (key !== undefined && !dynamic) {
    rememberShape(key, {
      order: operations.map((operation) => given.indexOf(operation)),
      paths: given.map((operation) => operation.path),
      fields,
    });
  }
  return {
    kind: 'operators',
    fields,
    apply(doc, context = {}) {
      const concrete = dynamic ? expand(doc, operations, renames, arrayFilters, context) : operations;
      return applyOperations(doc, concrete, context);
    },
  };
}

function expand(
  doc: Doc,
  operations: readonly Operation[],
  renames: readonly Rename[],
  filters: ArrayFilters,
  context: UpdateContext,
): Operation[] {
  const result: Operation[] = renames.flatMap((rename) => renameSteps(doc, rename));
  for (const { path, modifier } of operations) {
    if (modifier.insertOnly === true && context.isInsert !== true) continue;
    for (const concrete of expandPath(doc, path, context.position ?? -1, filters)) {
      result.push({ path: concrete, modifier });
    }
  }
  result.sort((a, b) => comparePaths(a.path, b.path));
  checkConflicts(result.map(({ path }) => path));
  return result;
}

function applyOperations(doc: Doc, operations: readonly Operation[], context: UpdateContext): UpdateResult {
  const editor = new Editor(doc);
  const now = context.now ?? BigInt(Date.now());
  const id = doc.get('_id');
  let rewritten = false;
  for (const { path, modifier } of operations) {
    if (modifier.insertOnly === true && context.isInsert !== true) continue;
    const modifierContext: ModifierContext = { id, path: path.join('.'), now, rewritten: false };
    if (modifier.creates && context.isInsert !== true) checkTopLevelName(path);
    editor.apply(path, modifier, modifierContext);
    rewritten ||= modifierContext.rewritten;
  }
  if (id !== undefined && editor.root !== doc && !equalValues(editor.root.get('_id'), id)) {
    throw immutableId("Performing an update on the path '_id' would modify the immutable field '_id'");
  }
  return { doc: editor.root, changed: rewritten || editor.root !== doc };
}
