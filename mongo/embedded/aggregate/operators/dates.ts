import { DateTime, int32, isDoc, isNumeric, typeName, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { toExactLong } from '../../query/operands.ts';
import type { Expr, OperatorCompiler, OperatorTable, Scope } from '../scope.ts';
import { DAY_MS, dateMs, dayOfYear, formatDate, isoWeek, week, zoneOffset } from './date-parts.ts';
import { isNullish, named } from './operands.ts';

/** `$year: date`, or `{ date, timezone }`. */
function part(read: (date: Date) => number): OperatorCompiler {
  return (operand, scope, name) => {
    const short =
      !isDoc(operand) || ![...operand.keys()].every((key) => key === 'date' || key === 'timezone');
    const single = Array.isArray(operand) && operand.length === 1 ? operand[0]! : operand;
    const args = short
      ? { date: scope.compile(single) }
      : named(operand, scope, name, ['date'], ['timezone']);
    const date = args.date!;
    const zone = 'timezone' in args ? args.timezone : undefined;
    return (root) => {
      const value = date(root);
      const offset = zone === undefined ? 'UTC' : zone(root);
      if (isNullish(value) || isNullish(offset)) return null;
      return int32(read(new Date(dateMs(value) + zoneOffset(offset))));
    };
  };
}

type Unit = 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond';
const UNIT_MS: { [unit: string]: number } = {
  week: 7 * DAY_MS,
  day: DAY_MS,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};
const UNIT_MONTHS: { [unit: string]: number } = { year: 12, quarter: 3, month: 1 };
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

function unitOf(value: Value, name: string): Unit {
  if (typeof value !== 'string')
    throw new CommandError(5439013, `${name} requires 'unit' to be a string, but got ${typeName(value)}`);
  if (!(value in UNIT_MS) && !(value in UNIT_MONTHS)) {
    throw new CommandError(
      'FailedToParse',
      `${name} parameter 'unit' value cannot be recognized as a time unit: ${value}`,
    );
  }
  return value as Unit;
}

function weekdayOf(value: Value | undefined, name: string): number {
  const day = typeof value === 'string' ? WEEKDAYS.indexOf(value.slice(0, 3).toLowerCase()) : -1;
  if (day < 0)
    throw new CommandError(
      'FailedToParse',
      `${name} parameter 'startOfWeek' value cannot be recognized as a day of a week: ${String(value)}`,
    );
  return day;
}

const floorTo = (value: number, size: number) => Math.floor(value / size) * size;
/** Bins count from here, as in the server. */
const REFERENCE_MS = Date.UTC(2000, 0, 1);

/** The start of the bin of `size` units that a local time lies in. */
function truncateLocal(local: number, unit: Unit, size: number, startOfWeek: number): number {
  const months = UNIT_MONTHS[unit];
  if (months !== undefined) {
    const date = new Date(local);
    const index = (date.getUTCFullYear() - 2000) * 12 + date.getUTCMonth();
    return new Date(REFERENCE_MS).setUTCMonth(floorTo(index, months * size));
  }
  // the first such weekday on or after 2000-01-01, a Saturday
  const reference = unit === 'week' ? REFERENCE_MS + ((startOfWeek - 6 + 7) % 7) * DAY_MS : REFERENCE_MS;
  return reference + floorTo(local - reference, UNIT_MS[unit]! * size);
}

function dateTrunc(operand: Value, scope: Scope, name: string): Expr {
  const args = named(operand, scope, name, ['date', 'unit'], ['binSize', 'timezone', 'startOfWeek']);
  const constant = (expr: Expr | undefined, otherwise: Value): Expr => expr ?? (() => otherwise);
  const date = args.date!;
  const unitExpr = args.unit!;
  const binSize = constant(args.binSize, int32(1));
  const zone = constant(args.timezone, 'UTC');
  const startOfWeek = constant(args.startOfWeek, 'sunday');
  return (root) => {
    const value = date(root);
    const unitValue = unitExpr(root);
    const sizeValue = binSize(root);
    const zoneValue = zone(root);
    if (isNullish(value) || isNullish(unitValue) || isNullish(sizeValue) || isNullish(zoneValue)) return null;
    const unit = unitOf(unitValue, name);
    const start = unit === 'week' ? startOfWeek(root) : 'sunday';
    if (isNullish(start)) return null;
    const size = isNumeric(sizeValue) ? toExactLong(sizeValue) : undefined;
    if (size === undefined)
      throw new CommandError(
        5439017,
        `${name} requires 'binSize' to be a 64-bit integer, but got value of type ${typeName(sizeValue)}`,
      );
    if (size <= 0n)
      throw new CommandError(
        5439018,
        `${name} requires 'binSize' to be greater than 0, but got value ${size}`,
      );
    const offset = zoneOffset(zoneValue);
    const local = dateMs(value) + offset;
    return new DateTime(BigInt(truncateLocal(local, unit, Number(size), weekdayOf(start, name)) - offset));
  };
}

function dateToString(operand: Value, scope: Scope, name: string): Expr {
  const args = named(operand, scope, name, ['date'], ['format', 'timezone', 'onNull']);
  return (root) => {
    const value = args.date!(root);
    const zone = args.timezone === undefined ? 'UTC' : args.timezone(root);
    if (isNullish(value)) return args.onNull === undefined ? null : args.onNull(root);
    if (isNullish(zone)) return null;
    const offset = zoneOffset(zone);
    const format =
      args.format === undefined ? `%Y-%m-%dT%H:%M:%S.%L${offset === 0 ? 'Z' : ''}` : args.format(root);
    if (isNullish(format)) return null;
    if (typeof format !== 'string')
      throw new CommandError(18533, `${name} requires that 'format' be a string, found: ${typeName(format)}`);
    return formatDate(format, dateMs(value), offset);
  };
}

/** Adds months keeping the day where the month has it, otherwise its last day. */
function addMonths(local: number, months: number): number {
  const date = new Date(local);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(date.getTime());
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  return date.setUTCDate(Math.min(day, last.getUTCDate()));
}

function shift(sign: 1 | -1): OperatorCompiler {
  return (operand, scope, name) => {
    const args = named(operand, scope, name, ['startDate', 'unit', 'amount'], ['timezone']);
    return (root) => {
      const start = args.startDate!(root);
      const unitValue = args.unit!(root);
      const amountValue = args.amount!(root);
      const zone = args.timezone === undefined ? 'UTC' : args.timezone(root);
      if (isNullish(start) || isNullish(unitValue) || isNullish(amountValue) || isNullish(zone)) return null;
      const unit = unitOf(unitValue, name);
      const amount = toExactLong(amountValue);
      if (amount === undefined)
        throw new CommandError(5166405, `${name} expects integer amount of time units`);
      const by = Number(amount) * sign;
      const offset = zoneOffset(zone);
      const months = UNIT_MONTHS[unit];
      const local = dateMs(start) + offset;
      const moved = months === undefined ? local + by * UNIT_MS[unit]! : addMonths(local, by * months);
      if (!(Math.abs(moved) <= 8.64e15)) throw new CommandError(5166406, `${name} overflowed`);
      return new DateTime(BigInt(moved - offset));
    };
  };
}

/** The number of unit boundaries between two dates. */
function dateDiff(operand: Value, scope: Scope, name: string): Expr {
  const args = named(operand, scope, name, ['startDate', 'endDate', 'unit'], ['timezone', 'startOfWeek']);
  return (root) => {
    const start = args.startDate!(root);
    const end = args.endDate!(root);
    const unitValue = args.unit!(root);
    const zone = args.timezone === undefined ? 'UTC' : args.timezone(root);
    if (isNullish(start) || isNullish(end) || isNullish(unitValue) || isNullish(zone)) return null;
    const unit = unitOf(unitValue, name);
    const first = args.startOfWeek === undefined ? 0 : weekdayOf(args.startOfWeek(root), name);
    const offset = zoneOffset(zone);
    const from = truncateLocal(dateMs(start) + offset, unit, 1, first);
    const to = truncateLocal(dateMs(end) + offset, unit, 1, first);
    const months = UNIT_MONTHS[unit];
    if (months === undefined) return BigInt(Math.round((to - from) / UNIT_MS[unit]!));
    const monthOf = (ms: number) => new Date(ms).getUTCFullYear() * 12 + new Date(ms).getUTCMonth();
    return BigInt((monthOf(to) - monthOf(from)) / months);
  };
}

export const dates: OperatorTable = {
  $year: part((date) => date.getUTCFullYear()),
  $month: part((date) => date.getUTCMonth() + 1),
  $dayOfMonth: part((date) => date.getUTCDate()),
  $dayOfWeek: part((date) => date.getUTCDay() + 1),
  $dayOfYear: part(dayOfYear),
  $hour: part((date) => date.getUTCHours()),
  $minute: part((date) => date.getUTCMinutes()),
  $second: part((date) => date.getUTCSeconds()),
  $millisecond: part((date) => date.getUTCMilliseconds()),
  $week: part(week),
  $isoWeek: part((date) => isoWeek(date).week),
  $isoWeekYear: part((date) => isoWeek(date).year),
  $isoDayOfWeek: part((date) => date.getUTCDay() || 7),
  $dateTrunc: dateTrunc,
  $dateToString: dateToString,
  $dateAdd: shift(1),
  $dateSubtract: shift(-1),
  $dateDiff: dateDiff,
};
