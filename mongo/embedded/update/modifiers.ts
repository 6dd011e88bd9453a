import { compareValues } from '../bson/compare.ts';
import { add } from '../bson/numbers.ts';
import { show } from '../bson/show.ts';
import { DateTime, isDoc, isNumeric, Timestamp, typeName, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { addToSet, pop, pull, pullAll, push } from './array-modifiers.ts';
import type { Modifier } from './modifier.ts';

const bad = (message: string) => new CommandError('BadValue', message);
const mismatch = (message: string) => new CommandError('TypeMismatch', message);

/** Makes a modifier of its operand, checking it. */
type Factory = (operand: Value, path: string) => Modifier;

const increment: Factory = (operand, path) => {
  if (!isNumeric(operand)) {
    throw mismatch(`Cannot increment with non-numeric argument: {${path}: ${show(operand)}}`);
  }
  return {
    creates: true,
    apply(old, context) {
      if (old === undefined) return operand;
      if (!isNumeric(old)) {
        throw mismatch(
          `Cannot apply $inc to a value of non-numeric type. {_id: ${show(context.id)}} has the field '${context.path.split('.').at(-1)}' of non-numeric type ${typeName(old)}`,
        );
      }
      const result = add(old, operand, 'none');
      if (result !== undefined) return result;
      throw bad(
        `Failed to apply $inc operations to current value ((NumberLong)${show(old)}) for document {_id: ${show(context.id)}}`,
      );
    },
  };
};

function extreme(wanted: 1 | -1): Factory {
  return (operand) => ({
    creates: true,
    apply: (old) => (old === undefined || compareValues(operand, old) === wanted ? operand : old),
  });
}

function currentDate(operand: Value, path: string): Modifier {
  let type = 'date';
  if (isDoc(operand)) {
    for (const key of operand.keys()) {
      if (key !== '$type') throw bad(`Unrecognized $currentDate option: ${key}`);
    }
    const given = operand.get('$type');
    if (given !== 'date' && given !== 'timestamp') {
      throw bad(
        "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
      );
    }
    type = given;
  } else if (typeof operand !== 'boolean') {
    throw bad(
      `${typeName(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}). (${path})`,
    );
  }
  return {
    creates: true,
    apply: (_old, { now }) =>
      type === 'date' ? new DateTime(now) : new Timestamp(Number(now / 1000n) >>> 0, 1),
  };
}

const set: Factory = (operand) => ({ creates: true, apply: () => operand });

/** Every modifier but $rename, which has two paths. */
export const MODIFIERS: ReadonlyMap<string, Factory> = new Map<string, Factory>([
  ['$set', set],
  ['$setOnInsert', (operand) => ({ creates: true, insertOnly: true, apply: () => operand })],
  ['$unset', () => ({ creates: false, apply: () => undefined })],
  ['$inc', increment],
  ['$min', extreme(-1)],
  ['$max', extreme(1)],
  ['$currentDate', currentDate],
  ['$push', push],
  ['$addToSet', addToSet],
  ['$pop', pop],
  ['$pull', pull],
  ['$pullAll', pullAll],
]);

/** The modifiers that MongoDB has and this store has not. */
export const REFUSED_MODIFIERS: ReadonlySet<string> = new Set(['$bit', '$mul']);
