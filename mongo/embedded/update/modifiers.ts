import { compareValues } from '../bson/compare.ts';
import { add, multiply, type Numeric } from '../bson/numbers.ts';
import { show } from '../bson/show.ts';
import { DateTime, Int32, int32, isDoc, isNumeric, Timestamp, typeName, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { addToSet, pop, pull, pullAll, push } from './array-modifiers.ts';
import type { Modifier } from './modifier.ts';

const bad = (message: string) => new CommandError('BadValue', message);
const mismatch = (message: string) => new CommandError('TypeMismatch', message);

/** Makes a modifier of its operand, checking it. */
type Factory = (operand: Value, path: string) => Modifier;

function arithmetic(
  name: '$inc' | '$mul',
  operation: typeof add,
  verb: string,
  start: (operand: Numeric) => Value,
): Factory {
  return (operand, path) => {
    if (!isNumeric(operand))
      throw mismatch(`Cannot ${verb} with non-numeric argument: {${path}: ${show(operand)}}`);
    return {
      creates: true,
      apply(old, context) {
        if (old === undefined) return start(operand);
        if (!isNumeric(old)) {
          throw mismatch(
            `Cannot apply ${name} to a value of non-numeric type. {_id: ${show(context.id)}} has the field '${context.path.split('.').at(-1)}' of non-numeric type ${typeName(old)}`,
          );
        }
        const result = operation(old, operand, 'none');
        if (result !== undefined) return result;
        throw bad(
          `Failed to apply ${name} operations to current value ((NumberLong)${show(old)}) for document {_id: ${show(context.id)}}`,
        );
      },
    };
  };
}

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

const BITWISE: { [name: string]: (a: bigint, b: bigint) => bigint } = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

function bit(operand: Value, path: string): Modifier {
  if (!isDoc(operand)) {
    throw bad(
      `The $bit modifier is not compatible with a ${typeName(operand)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}}`,
    );
  }
  if (operand.size === 0)
    throw bad(
      `You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}}`,
    );
  const steps = [...operand].map(([name, value]) => {
    const operation = BITWISE[name];
    if (operation === undefined)
      throw bad(
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: {${name}: ${show(value)}}`,
      );
    if (!(value instanceof Int32) && typeof value !== 'bigint') {
      throw bad(
        `The $bit modifier field must be an Integer(32/64 bit); a '${typeName(value)}' is not supported here: {${name}: ${show(value)}}`,
      );
    }
    return { operation, value };
  });
  const long = (value: Int32 | bigint) => (typeof value === 'bigint' ? value : BigInt(value.value));
  return {
    creates: true,
    apply(old, context) {
      let current: Value = old ?? int32(0);
      for (const { operation, value } of steps) {
        if (!(current instanceof Int32) && typeof current !== 'bigint') {
          throw bad(
            `Cannot apply $bit to a value of non-integral type.{_id: ${show(context.id)}} has the field ${path} of non-integer type ${typeName(current)}`,
          );
        }
        const wide: boolean = typeof current === 'bigint' || typeof value === 'bigint';
        const result: bigint = operation(long(current), long(value));
        current = wide ? result : int32(Number(result));
      }
      return current;
    },
  };
}

const set: Factory = (operand) => ({ creates: true, apply: () => operand });

/** Every modifier but $rename, which has two paths. */
export const MODIFIERS: ReadonlyMap<string, Factory> = new Map<string, Factory>([
  ['$set', set],
  ['$setOnInsert', (operand) => ({ creates: true, insertOnly: true, apply: () => operand })],
  ['$unset', () => ({ creates: false, apply: () => undefined })],
  ['$inc', arithmetic('$inc', add, 'increment', (operand) => operand)],
  [
    '$mul',
    arithmetic('$mul', multiply, 'multiply', (operand) => multiply(operand, int32(0), 'none') as Value),
  ],
  ['$min', extreme(-1)],
  ['$max', extreme(1)],
  ['$currentDate', currentDate],
  ['$bit', bit],
  ['$push', push],
  ['$addToSet', addToSet],
  ['$pop', pop],
  ['$pull', pull],
  ['$pullAll', pullAll],
]);
