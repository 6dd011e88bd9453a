import { compareValues, equalValues } from '../bson/compare.ts';
import { show } from '../bson/show.ts';
import { type Doc, isDoc, isNumeric, Regex, typeName, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { compileFilter } from '../query/compile.ts';
import { toExactLong } from '../query/operands.ts';
import { parseFilter } from '../query/parse.ts';
import { compileSorter, parseSort } from '../query/sort.ts';
import { valueSet } from '../query/value-set.ts';
import type { Modifier } from './modifier.ts';

const bad = (message: string) => new CommandError('BadValue', message);

/** The items of `{ $each: […] }`, or the operand alone. */
function readEach(operand: Value, name: string): Value[] {
  if (!isDoc(operand) || !operand.has('$each')) {
    const single: Value[] = [operand];
    return single;
  }
  const each = operand.get('$each');
  if (Array.isArray(each)) return each;
  throw bad(`The argument to $each in ${name} must be an array but it was of type: ${typeName(each)}`);
}

function whole(value: Value | undefined, clause: string): number | undefined {
  if (value === undefined) return undefined;
  const long = isNumeric(value) ? toExactLong(value) : undefined;
  if (long === undefined) {
    throw bad(`The value for ${clause} must be an integer value but was given type: ${typeName(value)}`);
  }
  return Number(long);
}

/** `$sort: 1` sorts the elements themselves, `$sort: { a: 1 }` their fields. */
function compileSortModifier(value: Value | undefined): ((items: Value[]) => Value[]) | undefined {
  if (value === undefined) return undefined;
  if (isNumeric(value)) {
    const direction = toExactLong(value);
    if (direction !== 1n && direction !== -1n) throw bad('The $sort element value must be either 1 or -1');
    const sign = Number(direction);
    return (items) => items.toSorted((a, b) => compareValues(a, b) * sign);
  }
  if (!isDoc(value))
    throw bad(
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    );
  if (value.size === 0) throw bad('The $sort pattern is empty when it should be a set of fields.');
  for (const direction of value.values()) {
    const sign = toExactLong(direction);
    if (sign !== 1n && sign !== -1n) throw bad('The $sort element value must be either 1 or -1');
  }
  const sorter = compileSorter(parseSort(value));
  const empty: Doc = new Map();
  return (items) =>
    items
      .map((item: Value): { item: Value; key: Value[] } => ({
        item,
        key: sorter.buildKey(isDoc(item) ? item : empty),
      }))
      .sort((a, b) => sorter.compare(a.key, b.key))
      .map(({ item }) => item);
}

const CLAUSES = new Set(['$each', '$slice', '$sort', '$position']);

export function push(operand: Value, _path: string): Modifier {
  const items = readEach(operand, '$push');
  const clauses = isDoc(operand) && operand.has('$each') ? operand : undefined;
  for (const name of clauses?.keys() ?? []) {
    if (!CLAUSES.has(name)) throw bad(`Unrecognized clause in $push: ${name}`);
  }
  const position = whole(clauses?.get('$position'), '$position');
  const slice = whole(clauses?.get('$slice'), '$slice');
  const sort = compileSortModifier(clauses?.get('$sort'));
  return {
    creates: true,
    apply(old, context) {
      if (old !== undefined && !Array.isArray(old)) {
        throw bad(
          `The field '${context.path}' must be an array but is of type ${typeName(old)} in document {_id: ${show(context.id)}}`,
        );
      }
      const list = old ?? [];
      if (items.length === 0 && sort === undefined && slice === undefined && old !== undefined) return old;
      const at =
        position === undefined ? list.length : position < 0 ? Math.max(0, list.length + position) : position;
      let result = [...list.slice(0, at), ...items, ...list.slice(at)];
      if (sort !== undefined) {
        result = sort(result);
        context.rewritten = true;
      }
      if (slice !== undefined) result = slice >= 0 ? result.slice(0, slice) : result.slice(slice);
      return result;
    },
  };
}

export function addToSet(operand: Value, _path: string): Modifier {
  const isEach = isDoc(operand) && operand.keys().next().value === '$each';
  if (isEach && operand.size > 1) {
    throw bad(`Found unexpected fields after $each in $addToSet: ${show(operand)}`);
  }
  const items = isEach ? readEach(operand, '$addToSet') : ([operand] as Value[]);
  return {
    creates: true,
    apply(old, context) {
      if (old !== undefined && !Array.isArray(old)) {
        throw bad(
          `Cannot apply $addToSet to non-array field. Field named '${context.path.split('.').at(-1)}' has non-array type ${typeName(old)}`,
        );
      }
      const list = old ?? [];
      const present = valueSet(list);
      const added: Value[] = [];
      for (const item of items) {
        if (!present.has(item) && !added.some((other) => equalValues(other, item))) added.push(item);
      }
      return added.length === 0 && old !== undefined ? old : [...list, ...added];
    },
  };
}

export function pop(operand: Value, path: string): Modifier {
  if (!isNumeric(operand))
    throw new CommandError('FailedToParse', `Expected a number in: ${path}: ${show(operand)}`);
  const side = toExactLong(operand);
  if (side !== 1n && side !== -1n) {
    throw new CommandError('FailedToParse', `$pop expects 1 or -1, found: ${show(operand)}`);
  }
  return {
    creates: false,
    apply(old, context) {
      if (old === undefined) return undefined;
      if (!Array.isArray(old)) {
        throw new CommandError(
          'TypeMismatch',
          `Path '${context.path}' contains an element of non-array type '${typeName(old)}'`,
        );
      }
      if (old.length === 0) return old;
      return side === 1n ? old.slice(0, -1) : old.slice(1);
    },
  };
}

/** `$pull`'s condition on one element: a value, a regular expression, operators, or a query on its fields. */
function pullTest(condition: Value): (item: Value) => boolean {
  if (condition instanceof Regex || isDoc(condition)) {
    const operators = condition instanceof Regex || condition.keys().next().value?.startsWith('$') === true;
    const logical =
      isDoc(condition) && ['$and', '$or', '$nor', '$expr'].includes(condition.keys().next().value ?? '');
    if (operators && !logical) {
      const operand: Doc = condition instanceof Regex ? new Map([['$regex', condition]]) : condition;
      const matches = compileFilter(parseFilter(new Map([['v', new Map([['$elemMatch', operand]])]])));
      return (item) => matches(new Map([['v', [item]]]));
    }
    const matches = compileFilter(parseFilter(condition as Doc));
    return (item) => isDoc(item) && matches(item);
  }
  return (item) => equalValues(item, condition);
}

function removing(drop: (item: Value) => boolean, message: string): Modifier {
  return {
    creates: false,
    apply(old) {
      if (old === undefined) return undefined;
      if (!Array.isArray(old)) throw bad(message);
      const kept = old.filter((item) => !drop(item));
      return kept.length === old.length ? old : kept;
    },
  };
}

export function pull(operand: Value, _path: string): Modifier {
  return removing(pullTest(operand), 'Cannot apply $pull to a non-array value');
}

export function pullAll(operand: Value, _path: string): Modifier {
  if (!Array.isArray(operand))
    throw bad(`$pullAll requires an array argument but was given a ${typeName(operand)}`);
  const set = valueSet(operand);
  return removing((item) => set.has(item), 'Cannot apply $pull to a non-array value');
}
