import { approximateBytes } from '../../bson/size.ts';
import { type Doc, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { type Accumulator, findAccumulator, toGroupKey } from '../accumulators.ts';
import { compileExpression, type Expr, type ExpressionVariables } from '../expression.ts';
import { PAUSE } from '../pause.ts';
import type { Stage } from '../stream.ts';

type Field = { name: string; make: () => Accumulator; operand: Expr };
type Group = { id: Value; accumulators: Accumulator[] };

/** Beside its values a group takes about this much. */
const GROUP_BYTES = 160;
const ACCUMULATOR_BYTES = 120;

/** `$group`: one pass, memory for the groups alone, which is bounded by `bytesMax` (error 292 beyond). */
export function compileGroup(spec: Value, vars: ExpressionVariables, bytesMax: number): Stage {
  if (!isDoc(spec)) throw new CommandError(15947, "a group's fields must be specified in an object");
  const idSpec = spec.get('_id');
  if (idSpec === undefined) throw new CommandError(15955, 'a group specification must include an _id');
  const computeId = compileExpression(idSpec, vars);
  const fields = [...spec]
    .filter(([name]) => name !== '_id')
    .map(([name, value]) => compileField(name, value, vars));
  return function* (input) {
    const groups = new Map<unknown, Group>();
    let bytes = 0;
    for (const doc of input) {
      if (doc === PAUSE) {
        yield PAUSE;
        continue;
      }
      const id = computeId(doc) ?? null;
      const key = toGroupKey(id);
      let group = groups.get(key);
      if (group === undefined) {
        group = { id, accumulators: fields.map((field) => field.make()) };
        groups.set(key, group);
        bytes += GROUP_BYTES + fields.length * ACCUMULATOR_BYTES + 2 * approximateBytes(id);
      }
      for (let index = 0; index < fields.length; index++) {
        bytes += group.accumulators[index]!.add(fields[index]!.operand(doc));
      }
      if (bytes > bytesMax) throw memoryExceeded('$group', bytesMax);
    }
    for (const { id, accumulators } of groups.values()) {
      const result: Doc = new Map([['_id', id]]);
      for (let index = 0; index < fields.length; index++) {
        result.set(fields[index]!.name, accumulators[index]!.result());
      }
      yield result;
    }
  };
}

export function memoryExceeded(stage: string, bytesMax: number): CommandError {
  return new CommandError(
    'QueryExceededMemoryLimitNoDiskUseAllowed',
    `PlanExecutor error during aggregation :: caused by :: Exceeded memory limit for ${stage}: ${bytesMax} bytes`,
  );
}

function compileField(name: string, value: Value, vars: ExpressionVariables): Field {
  if (name.includes('.')) {
    throw new CommandError(40235, `The field name '${name}' cannot contain '.'`);
  }
  if (name.startsWith('$')) {
    throw new CommandError(40236, `The field name '${name}' cannot be an operator name`);
  }
  if (!isDoc(value) || value.size === 0) {
    throw new CommandError(40234, `The field '${name}' must be an accumulator object`);
  }
  if (value.size !== 1) {
    throw new CommandError(40238, `The field '${name}' must specify one accumulator`);
  }
  const [operator, operand] = value.entries().next().value!;
  const make = findAccumulator(operator);
  if (Array.isArray(operand)) {
    throw new CommandError(40237, `The ${operator} accumulator is a unary operator`);
  }
  return { name, make, operand: compileExpression(operand, vars) };
}
