import { show } from '../../bson/show.ts';
import { type Doc, isDoc, typeName, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { compileProjection } from '../../query/projection.ts';
import { compileExpression, type ExpressionVariables } from '../expression.ts';
import { compileAddFields } from './add-fields.ts';

/** A stage that turns each document into one document. */
export type Transform = (doc: Doc) => Doc;

function unset(spec: Value, vars: ExpressionVariables): Transform {
  const names = Array.isArray(spec) ? spec : typeof spec === 'string' ? [spec] : [];
  if (names.length === 0)
    throw new CommandError(31002, '$unset specification must be a string or an array of strings');
  const projection: Doc = new Map();
  for (const name of names) {
    if (typeof name !== 'string') {
      throw new CommandError(
        31120,
        '$unset specification must be a string or an array containing only string values',
      );
    }
    projection.set(name, false);
  }
  return compileProjection(projection, { stage: true, vars });
}

function project(spec: Value, vars: ExpressionVariables): Transform {
  if (!isDoc(spec)) throw new CommandError(15969, '$project specification must be an object');
  return compileProjection(spec, { stage: true, vars });
}

function replaceWith(expression: Value, vars: ExpressionVariables, field: string): Transform {
  const evaluate = compileExpression(expression, vars);
  return (doc) => {
    const result = evaluate(doc);
    if (isDoc(result)) return result;
    throw new CommandError(
      40228,
      `'${field}' expression must evaluate to an object, but resulting value was: ${result === undefined ? 'MISSING' : show(result)}. Type of resulting value: '${typeName(result)}'. Input document: ${show(doc)}`,
    );
  };
}

function replaceRoot(spec: Value, vars: ExpressionVariables): Transform {
  if (!isDoc(spec))
    throw new CommandError(
      40229,
      `expected an object as specification for $replaceRoot stage, got ${typeName(spec)}`,
    );
  for (const key of spec.keys()) {
    if (key !== 'newRoot')
      throw new CommandError(40415, `BSON field '$replaceRoot.${key}' is an unknown field.`);
  }
  const root = spec.get('newRoot');
  if (root === undefined) throw new CommandError(40231, 'no newRoot specified for the $replaceRoot stage');
  return replaceWith(root, vars, 'newRoot');
}

/** The stages that an update may use, which $project and its kin share with pipelines. */
export const TRANSFORMS: ReadonlyMap<string, (spec: Value, vars: ExpressionVariables) => Transform> = new Map(
  [
    ['$addFields', (spec, vars) => compileAddFields(spec, vars, '$addFields')],
    ['$set', (spec, vars) => compileAddFields(spec, vars, '$set')],
    ['$unset', unset],
    ['$project', project],
    ['$replaceRoot', replaceRoot],
    ['$replaceWith', (spec, vars) => replaceWith(spec, vars, 'replacement document')],
  ],
);

/** Name and operand of a stage. */
export function parseStage(stage: Value): [name: string, spec: Value] {
  if (!isDoc(stage))
    throw new CommandError('TypeMismatch', "Each element of the 'pipeline' array must be an object");
  const entry = stage.entries().next();
  if (entry.done === true || stage.size !== 1) {
    throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  return entry.value;
}

/** Compiles the pipeline of an update. */
export function compileTransforms(
  stages: readonly Value[],
  vars: ExpressionVariables = new Map(),
): Transform {
  const transforms = stages.map((stage): Transform => {
    const [name, spec] = parseStage(stage);
    const make = TRANSFORMS.get(name);
    if (make === undefined) {
      throw new CommandError('InvalidOptions', `${name} is not allowed to be used within an update`);
    }
    return make(spec, vars);
  });
  return (doc) => transforms.reduce((result, transform) => transform(result), doc);
}
