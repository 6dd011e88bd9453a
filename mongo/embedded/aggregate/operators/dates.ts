import {
  DateTime,
  int32,
  isDoc,
  isNumeric,
  ObjectId,
  Timestamp,
  typeName,
  type Value,
} from '../../bson/values.ts';
import { CommandError, unsupported } from '../../errors.ts';
import { toExactLong } from '../../query/operands.ts';
import type { Expr, OperatorCompiler, OperatorTable, VariableScope } from '../scope.ts';
import { isNullish, named } from './operands.ts';

const DAY_MS = 86_400_000;
/** The range of which JavaScript's Date computes the parts; the years -271821 to 275760. */
const MS_MAX = 8_640_000_000_000_000;

/** The milliseconds of what the date operators take for a date. */
function dateMs(value: Value | undefined): number {
  let ms: number;
  if (value instanceof DateTime) ms = Number(value.ms);
  else if (value instanceof Timestamp) ms = value.t * 1000;
  else if (value instanceof ObjectId) ms = Buffer.from(value.id, 'latin1').readUInt32BE(0) * 1000;
  else throw new CommandError(16006, `can't convert from BSON type ${typeName(value)} to Date`);
  if (Math.abs(ms) > MS_MAX)
    throw new CommandError(18537, 'date is out of the range that has calendar parts');
  return ms;
}

/** Offset from UTC in milliseconds: UTC, GMT, Z, ±hh, ±hhmm, ±hh:mm. Named zones are refused. */
function zoneOffset(zone: Value | undefined): number {
  if (typeof zone !== 'string') {
    throw new CommandError(40517, `timezone must evaluate to a string, found ${typeName(zone)}`);
  }
  if (/^(?:UTC|GMT|Z|Etc\/UTC|Etc\/GMT)$/.test(zone)) return 0;
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (match !== null) {
    const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
    return (match[1] === '-' ? -minutes : minutes) * 60_000;
  }
  if (/^[A-Z][A-Za-z]+(?:\/[A-Za-z_+\-\d]+)+$/.test(zone)) throw unsupported(`the time zone ${zone}`);
  throw new CommandError(40485, `unrecognized time zone identifier: "${zone}"`);
}

/** `$year: date`, or `{ date, timezone }`. */
function part(read: (date: Date) => number): OperatorCompiler {
  return (operand, scope, name) => {
    const isNamed =
      isDoc(operand) && [...operand.keys()].every((key) => key === 'date' || key === 'timezone');
    const single = Array.isArray(operand) && operand.length === 1 ? operand[0]! : operand;
    const fields = isNamed ? operand : new Map<string, Value>([['date', single]]);
    const { date, timezone } = named(fields, scope, name, ['date'], ['timezone']);
    return (root) => {
      const value = date!(root);
      const zone = timezone === undefined ? 'UTC' : timezone(root);
      if (isNullish(value) || isNullish(zone)) return null;
      return int32(read(new Date(dateMs(value) + zoneOffset(zone))));
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

function parseUnit(value: Value, name: string): Unit {
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

function parseWeekday(value: Value | undefined, name: string): number {
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

function dateTrunc(operand: Value, scope: VariableScope, name: string): Expr {
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
    const unit = parseUnit(unitValue, name);
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
    return new DateTime(BigInt(truncateLocal(local, unit, Number(size), parseWeekday(start, name)) - offset));
  };
}

export const dates: OperatorTable = {
  $dateTrunc: dateTrunc,
  $year: part((date) => date.getUTCFullYear()),
  $month: part((date) => date.getUTCMonth() + 1),
};
