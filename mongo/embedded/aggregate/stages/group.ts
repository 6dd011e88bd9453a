import { decodeDocument } from '../../bson/decode.ts';
import { encodeDocument } from '../../bson/encode.ts';
import { approximateBytes } from '../../bson/size.ts';
import { type Doc, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { encodeKeyPart } from '../../keys/encode.ts';
import { type Keyed, SpilledRuns } from '../../spill/external-sort.ts';
import { type Accumulator, findAccumulator, toGroupKey } from '../accumulators.ts';
import type { StageMemory } from '../context.ts';
import { compileExpression, type Expr, type ExpressionVariables } from '../expression.ts';
import { PAUSE } from '../pause.ts';
import type { Stage, Stream } from '../stream.ts';

type Field = { name: string; make: () => Accumulator; operand: Expr };
type Group = { id: Value; accumulators: Accumulator[] };

/** Beside its values a group takes about this much. */
const GROUP_BYTES = 160;
const ACCUMULATOR_BYTES = 120;

/**
 * `$group`: one pass, memory for the groups alone. Where they take more than the stage may, they go to disk with what
 * they have gathered so far, in the order of their keys, and are merged at the end: then only what one group gathers is bounded.
 */
export function compileGroup(spec: Value, vars: ExpressionVariables, memory: StageMemory): Stage {
  if (!isDoc(spec)) throw new CommandError(15947, "a group's fields must be specified in an object");
  const idSpec = spec.get('_id');
  if (idSpec === undefined) throw new CommandError(15955, 'a group specification must include an _id');
  const computeId = compileExpression(idSpec, vars);
  const fields = [...spec]
    .filter(([name]) => name !== '_id')
    .map(([name, value]) => compileField(name, value, vars));
  return function* (input) {
    const groups = new Groups(fields, memory);
    try {
      for (const doc of input) {
        if (doc === PAUSE) yield PAUSE;
        else groups.add(computeId(doc) ?? null, doc);
      }
      yield* groups.results();
    } finally {
      groups.close();
    }
  };
}

class Groups {
  readonly #fields: readonly Field[];
  readonly #memory: StageMemory;
  readonly #groups = new Map<unknown, Group>();
  #bytes = 0;
  #runs: SpilledRuns | undefined;

  constructor(fields: readonly Field[], memory: StageMemory) {
    this.#fields = fields;
    this.#memory = memory;
  }

  add(id: Value, doc: Doc): void {
    const fields = this.#fields;
    const key = toGroupKey(id);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = this.#begin(id);
      this.#groups.set(key, group);
      this.#bytes += GROUP_BYTES + fields.length * ACCUMULATOR_BYTES + 2 * approximateBytes(id);
    }
    for (let index = 0; index < fields.length; index++) {
      this.#bytes += group.accumulators[index]!.add(fields[index]!.operand(doc));
    }
    if (this.#bytes > this.#memory.bytesMax) this.#spill();
  }

  *results(): Stream {
    if (this.#runs === undefined) {
      for (const group of this.#groups.values()) yield this.#result(group);
      return;
    }
    this.#spill();
    let last: { readonly key: Uint8Array; readonly group: Group } | undefined;
    let bytes = 0;
    for (const record of this.#runs.merged()) {
      if (record === PAUSE) {
        yield PAUSE;
        continue;
      }
      const [id = null, ...partials] = decodeDocument(record.value).values();
      if (last === undefined || Buffer.compare(last.key, record.key) !== 0) {
        if (last !== undefined) yield this.#result(last.group);
        last = { key: record.key, group: this.#begin(id) };
        bytes = 0;
      }
      for (const [index, partial] of partials.entries()) {
        bytes += last.group.accumulators[index]!.merge(partial);
      }
      if (bytes > this.#memory.bytesMax) throw memoryExceeded('$group', this.#memory.bytesMax);
    }
    if (last !== undefined) yield this.#result(last.group);
  }

  close(): void {
    this.#groups.clear();
    this.#runs?.close();
  }

  #begin(id: Value): Group {
    return { id, accumulators: this.#fields.map((field) => field.make()) };
  }

  #result({ id, accumulators }: Group): Doc {
    const result: Doc = new Map([['_id', id]]);
    for (const [index, { name }] of this.#fields.entries()) result.set(name, accumulators[index]!.result());
    return result;
  }

  #spill(): void {
    const { space, bytesMax } = this.#memory;
    if (space === undefined) throw memoryExceeded('$group', bytesMax);
    this.#runs ??= new SpilledRuns(space);
    const keyed = [...this.#groups.values()].map((group) => ({ key: encodeKeyPart(group.id, 1), group }));
    keyed.sort((a, b) => Buffer.compare(a.key, b.key));
    this.#runs.add(encodeGroups(keyed));
    this.#groups.clear();
    this.#bytes = 0;
  }
}

function* encodeGroups(
  keyed: readonly { readonly key: Uint8Array; readonly group: Group }[],
): Generator<Keyed> {
  for (const { key, group } of keyed) {
    const values: Value[] = [group.id, ...group.accumulators.map((accumulator) => accumulator.partial())];
    yield { key, value: encodeDocument(new Map(values.map((value, index) => [`${index}`, value]))) };
  }
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
