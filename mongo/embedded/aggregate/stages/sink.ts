import { type Doc, isDoc, typeName, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { PipelineContext } from '../context.ts';
import { compileExpression } from '../expression.ts';
import type { Cell } from '../scope.ts';
import { compileTransforms } from './transforms.ts';

/** Where a pipeline's results go instead of to the client; `database` is undefined for the pipeline's own. */
export type Sink =
  | { kind: 'out'; database: string | undefined; collection: string }
  | {
      kind: 'merge';
      database: string | undefined;
      collection: string;
      /** The fields that identify a document; a unique index must have them. */
      on: string[];
      whenMatched: 'change' | 'keepExisting' | 'fail';
      whenNotMatched: 'insert' | 'discard' | 'fail';
      /** For `change`: the document that takes the existing one's place. */
      combine(existing: Doc, incoming: Doc): Doc;
    };

type Target = { database: string | undefined; collection: string };

function target(value: Value | undefined, stage: string, code: number): Target {
  if (typeof value === 'string') return { database: undefined, collection: value };
  if (isDoc(value)) {
    const database = value.get('db');
    const collection = value.get('coll');
    for (const key of value.keys()) {
      if (key !== 'db' && key !== 'coll') {
        throw new CommandError(
          16994,
          `If an object is passed to ${stage} it must have exactly 2 fields: 'db' and 'coll'`,
        );
      }
    }
    if (typeof collection === 'string' && (database === undefined || typeof database === 'string')) {
      return { database, collection };
    }
  }
  throw new CommandError(
    code,
    `${stage} only supports a string or object argument, but found ${typeName(value)}`,
  );
}

export function parseOut(spec: Value): Sink {
  return { kind: 'out', ...target(spec, '$out', 16990) };
}

const MATCHED = ['replace', 'keepExisting', 'merge', 'fail'] as const;
const NOT_MATCHED = ['insert', 'discard', 'fail'] as const;
const FIELDS = new Set(['into', 'on', 'let', 'whenMatched', 'whenNotMatched']);

export function parseMerge(spec: Value, context: PipelineContext): Sink {
  const options: Doc = typeof spec === 'string' ? new Map([['into', spec]]) : isDoc(spec) ? spec : new Map();
  if (!isDoc(spec) && typeof spec !== 'string') {
    throw new CommandError(51182, `$merge requires a string or object argument, but found ${typeName(spec)}`);
  }
  for (const key of options.keys()) {
    if (!FIELDS.has(key)) throw new CommandError(40415, `BSON field '$merge.${key}' is an unknown field.`);
  }
  if (!options.has('into'))
    throw new CommandError(40414, "BSON field '$merge.into' is missing but a required field");
  const on = options.get('on') ?? '_id';
  const fields = Array.isArray(on) ? on : [on];
  if (fields.length === 0)
    throw new CommandError(51187, "If explicitly specifying $merge 'on', must include at least one field");
  const names = fields.map((field) => {
    if (typeof field !== 'string')
      throw new CommandError(51134, "$merge 'on' must be a string or an array of strings");
    return field;
  });
  const whenMatched = options.get('whenMatched') ?? 'merge';
  const whenNotMatched = NOT_MATCHED.find((value) => value === (options.get('whenNotMatched') ?? 'insert'));
  if (whenNotMatched === undefined) {
    throw new CommandError('BadValue', "Enumeration value for field 'whenNotMatched' is not a valid value.");
  }
  const matched = Array.isArray(whenMatched) ? 'pipeline' : MATCHED.find((value) => value === whenMatched);
  if (matched === undefined) {
    throw new CommandError('BadValue', "Enumeration value for field 'whenMatched' is not a valid value.");
  }
  return {
    kind: 'merge',
    ...target(options.get('into'), '$merge', 51178),
    on: names,
    whenMatched: matched === 'keepExisting' || matched === 'fail' ? matched : 'change',
    whenNotMatched,
    combine: combiner(matched, whenMatched, options.get('let'), context),
  };
}

function combiner(
  kind: string,
  whenMatched: Value,
  definitions: Value | undefined,
  context: PipelineContext,
): (existing: Doc, incoming: Doc) => Doc {
  if (kind === 'replace') return (_existing, incoming) => incoming;
  if (!Array.isArray(whenMatched)) return (existing, incoming) => new Map([...existing, ...incoming]);
  const given: Cell = { value: undefined };
  const vars = new Map([...context.vars, ['new', given] as const]);
  const bindings: { cell: Cell; evaluate: (doc: Doc) => Value | undefined }[] = [];
  for (const [name, value] of isDoc(definitions) ? definitions : []) {
    const cell: Cell = { value: undefined };
    bindings.push({ cell, evaluate: compileExpression(value, context.vars) });
    vars.set(name, cell);
  }
  const transform = compileTransforms(whenMatched, vars);
  return (existing, incoming) => {
    given.value = incoming;
    for (const { cell, evaluate } of bindings) cell.value = evaluate(incoming);
    return transform(existing);
  };
}
