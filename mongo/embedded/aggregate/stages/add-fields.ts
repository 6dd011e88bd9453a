import { type Doc, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { compileExpression, type Expr, type ExpressionVariables } from '../expression.ts';

type Tree = Map<string, Tree | Expr>;

/** `$addFields`/`$set`: `{ "a.b": e }` and `{ a: { b: e } }` both set one field inside `a`, in every array element. */
export function compileAddFields(spec: Value, vars: ExpressionVariables, name: string): (doc: Doc) => Doc {
  if (!isDoc(spec)) {
    throw new CommandError(40272, `${name} specification stage must be an object, got ${typeof spec}`);
  }
  if (spec.size === 0) {
    throw new CommandError(
      40177,
      `Invalid ${name} :: caused by :: specification must have at least one field`,
    );
  }
  const tree: Tree = new Map();
  for (const [path, value] of spec) put(tree, path.split('.'), value, vars, name);
  return (doc) => apply(doc, doc, tree);
}

function put(tree: Tree, parts: string[], value: Value, vars: ExpressionVariables, stage: string): void {
  const [first = '', ...rest] = parts;
  if (first === '') throw new CommandError(40353, "FieldPath must not end with a '.' or have empty parts.");
  if (first.startsWith('$')) {
    throw new CommandError(
      16410,
      `Invalid ${stage} :: caused by :: FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
    );
  }
  const nested =
    rest.length === 0 && isDoc(value) && value.size > 0 && !value.keys().next().value!.startsWith('$');
  if (rest.length === 0 && !nested) {
    if (tree.has(first)) throw collision(stage, first);
    tree.set(first, compileExpression(value, vars));
    return;
  }
  let inner = tree.get(first);
  if (inner === undefined) {
    inner = new Map();
    tree.set(first, inner);
  }
  if (!(inner instanceof Map)) throw collision(stage, parts.join('.'));
  if (!nested) put(inner, rest, value, vars, stage);
  else for (const [name, field] of value as Doc) put(inner, name.split('.'), field, vars, stage);
}

function collision(stage: string, path: string): CommandError {
  return new CommandError(
    40176,
    `Invalid ${stage} :: caused by :: specification contains two conflicting paths. Cannot specify '${path}' twice`,
  );
}

function apply(root: Doc, doc: Doc, tree: Tree): Doc {
  const result: Doc = new Map(doc);
  for (const [name, node] of tree) {
    const value = node instanceof Map ? inside(root, doc.get(name), node) : node(root);
    if (value === undefined) result.delete(name);
    else result.set(name, value);
  }
  return result;
}

function inside(root: Doc, value: Value | undefined, tree: Tree): Value {
  if (Array.isArray(value)) return value.map((item) => inside(root, item, tree));
  return apply(root, value instanceof Map ? value : new Map(), tree);
}
