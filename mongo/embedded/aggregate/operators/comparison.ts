import { compareValues } from '../../bson/compare.ts';
import { typeName } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { OperatorTable } from '../scope.ts';
import { isTruthy } from '../truth.ts';
import { binary, toOperandList, unary } from './operands.ts';

export const comparison: OperatorTable = {
  $eq: binary((a, b) => compareValues(a, b) === 0),
  $ne: binary((a, b) => compareValues(a, b) !== 0),
  $gt: binary((a, b) => compareValues(a, b) > 0),
  $gte: binary((a, b) => compareValues(a, b) >= 0),
  $lt: binary((a, b) => compareValues(a, b) < 0),
  $lte: binary((a, b) => compareValues(a, b) <= 0),
  $and: (operand, scope) => {
    const items = toOperandList(operand).map((item) => scope.compile(item));
    return (root) => items.every((item) => isTruthy(item(root)));
  },
  $or: (operand, scope) => {
    const items = toOperandList(operand).map((item) => scope.compile(item));
    return (root) => items.some((item) => isTruthy(item(root)));
  },
  $not: unary((value) => !isTruthy(value)),
  $in: binary((value, list) => {
    if (!Array.isArray(list)) throw new CommandError(40081, '$in requires an array as a second argument');
    return list.some((item) => compareValues(item, value) === 0);
  }),
  $type: unary(typeName),
};
