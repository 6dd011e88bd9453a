import { approximateBytes } from '../../bson/size.ts';
import { type Doc, isDoc, Regex, typeName, type Value } from '../../bson/values.ts';
import { CommandError, unsupported } from '../../errors.ts';
import type { PipelineContext } from '../context.ts';
import { compileExpression, type Expr } from '../expression.ts';
import { PAUSE } from '../pause.ts';
import type { Cell } from '../scope.ts';
import type { Stage, Stream } from '../stream.ts';
import { checkVariableName } from '../variable-name.ts';
import { compileAddFields } from './add-fields.ts';

/** What the documents joined to one document may take, as in the server. */
const JOINED_BYTES_MAX = 64 * 1024 * 1024;

type CompileSub = (stages: Value[], context: PipelineContext) => { filter: Doc | undefined; run: Stage };

type Join = {
  from: string;
  as: Stage;
  result: Cell;
  local: { path: string[]; foreign: string } | undefined;
  let: { cell: Cell; value: Expr }[];
  sub: { filter: Doc | undefined; run: Stage } | undefined;
};

const ALLOWED = new Set(['from', 'as', 'localField', 'foreignField', 'let', 'pipeline']);

function text(spec: Doc, name: string): string {
  const value = spec.get(name);
  if (typeof value === 'string') return value;
  throw new CommandError(
    'FailedToParse',
    value === undefined
      ? `missing '${name}' option to $lookup stage specification`
      : `$lookup argument '${name}: ${typeName(value)}' must be a string`,
  );
}

function parse(spec: Value, context: PipelineContext, compileSub: CompileSub): Join {
  if (!isDoc(spec))
    throw new CommandError(
      'FailedToParse',
      `the $lookup stage specification must be an object, but found ${typeName(spec)}`,
    );
  for (const name of spec.keys()) {
    if (!ALLOWED.has(name)) throw new CommandError('FailedToParse', `unknown argument to $lookup: ${name}`);
  }
  const from = spec.get('from');
  if (isDoc(from)) throw unsupported('$lookup from another database');
  if (from === undefined && spec.has('pipeline')) throw unsupported('$lookup without a collection');
  const result: Cell = { value: undefined };
  const as = compileAddFields(
    new Map([[text(spec, 'as'), '$$joined']]),
    new Map([['joined', result]]),
    '$lookup',
  );
  const pipeline = spec.get('pipeline');
  const hasLocal = spec.has('localField') || spec.has('foreignField');
  if (pipeline === undefined && spec.has('let')) {
    throw new CommandError('FailedToParse', "$lookup with a 'let' argument must also specify 'pipeline'");
  }
  if (pipeline !== undefined && !Array.isArray(pipeline)) {
    throw new CommandError('TypeMismatch', "'pipeline' option must be specified as an array");
  }
  if (pipeline === undefined || hasLocal) {
    text(spec, 'localField');
    text(spec, 'foreignField');
  }
  const vars = new Map(context.vars);
  const bindings: Join['let'] = [];
  const definitions = spec.get('let');
  for (const [name, value] of isDoc(definitions) ? definitions : []) {
    checkVariableName(name);
    const cell: Cell = { value: undefined };
    bindings.push({ cell, value: compileExpression(value, context.vars) });
    vars.set(name, cell);
  }
  return {
    from: text(spec, 'from'),
    as: function* (input) {
      for (const doc of input) yield doc === PAUSE ? PAUSE : as(doc);
    },
    result,
    local: hasLocal
      ? { path: text(spec, 'localField').split('.'), foreign: text(spec, 'foreignField') }
      : undefined,
    let: bindings,
    sub: pipeline === undefined ? undefined : compileSub(pipeline, { ...context, vars }),
  };
}

/** The values at a path, an array's elements for the array. */
function localValues(value: Value | undefined, path: string[], at: number, into: Value[]): void {
  if (at === path.length) {
    if (Array.isArray(value)) into.push(...value);
    else if (value !== undefined) into.push(value);
  } else if (value instanceof Map) localValues(value.get(path[at]!), path, at + 1, into);
  else if (Array.isArray(value)) {
    for (const item of value) if (item instanceof Map) localValues(item, path, at, into);
  }
}

/** The filter on the foreign field that a document's local values make: equal to any of them, or to null. */
function equality(doc: Doc, path: string[], foreign: string): Doc {
  const values: Value[] = [];
  localValues(doc, path, 0, values);
  if (values.length === 0) return new Map([[foreign, null]]);
  if (!values.some((value) => value instanceof Regex))
    return new Map([[foreign, new Map([['$in', values]])]]);
  const branches = values.map((value): Doc => new Map([[foreign, new Map([['$eq', value]])]]));
  return new Map([['$or', branches]]);
}

/** `$lookup` by equal fields, by a pipeline, or by both. */
export function compileLookup(spec: Value, context: PipelineContext, compileSub: CompileSub): Stage {
  const join = parse(spec, context, compileSub);
  return function* (input) {
    for (const doc of input) {
      if (doc === PAUSE) {
        yield PAUSE;
        continue;
      }
      for (const { cell, value } of join.let) cell.value = value(doc);
      const filters: Doc[] = [];
      if (join.local !== undefined) filters.push(equality(doc, join.local.path, join.local.foreign));
      if (join.sub?.filter !== undefined) filters.push(join.sub.filter);
      const filter: Doc | undefined = filters.length > 1 ? new Map([['$and', filters]]) : filters[0];
      const found: Stream = context.collection(join.from).scan(filter);
      const joined: Value[] = [];
      let bytes = 0;
      for (const match of join.sub === undefined ? found : join.sub.run(found)) {
        if (match === PAUSE) {
          yield PAUSE;
          continue;
        }
        joined.push(match);
        bytes += approximateBytes(match);
        if (bytes > JOINED_BYTES_MAX) {
          throw new CommandError(
            4568,
            `Total size of documents in ${join.from} matching pipeline's $lookup stage exceeds ${JOINED_BYTES_MAX} bytes`,
          );
        }
      }
      join.result.value = joined;
      yield* join.as([doc]);
    }
  };
}
