import { DateTime, ObjectId, Timestamp, typeName, type Value } from '../../bson/values.ts';
import { CommandError, unsupported } from '../../errors.ts';

export const DAY_MS = 86_400_000;
/** What JavaScript's Date can tell the parts of; the years -271821 to 275760. */
const MS_MAX = 8_640_000_000_000_000;

/** The milliseconds of what the date operators take for a date. */
export function dateMs(value: Value | undefined): number {
  let ms: number;
  if (value instanceof DateTime) ms = Number(value.ms);
  else if (value instanceof Timestamp) ms = value.t * 1000;
  else if (value instanceof ObjectId) ms = Buffer.from(value.id, 'latin1').readUInt32BE(0) * 1000;
  else throw new CommandError(16006, `can't convert from BSON type ${typeName(value)} to Date`);
  if (Math.abs(ms) > MS_MAX)
    throw new CommandError(18537, 'date is out of the range that has calendar parts');
  return ms;
}

/** The text form of a date in UTC: 2020-01-02T03:04:05.678Z. */
export function isoDate(ms: bigint): string {
  return formatDate('%Y-%m-%dT%H:%M:%S.%LZ', dateMs(new DateTime(ms)), 0);
}

/** Offset from UTC in milliseconds: UTC, GMT, Z, ±hh, ±hhmm, ±hh:mm. Named zones are refused. */
export function zoneOffset(zone: Value | undefined): number {
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

export function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(2000, 0, 1) - yearStart(date.getUTCFullYear())) / DAY_MS) + 1;
}

/** The start of a year in milliseconds after 2000-01-01; Date.UTC would take 0–99 for 1900–1999. */
function yearStart(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1) - Date.UTC(2000, 0, 1);
}

/** ISO 8601 week and its year. */
export function isoWeek(date: Date): { week: number; year: number } {
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(date.getTime() + (3 - weekday) * DAY_MS);
  return { week: Math.floor((dayOfYear(thursday) - 1) / 7) + 1, year: thursday.getUTCFullYear() };
}

/** Week of the year, Sunday first, days before the first Sunday in week 0. */
export function week(date: Date): number {
  return Math.floor((dayOfYear(date) + 6 - date.getUTCDay()) / 7);
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const pad = (value: number, size: number) => String(value).padStart(size, '0');

function zoneText(offset: number, colon: string): string {
  const minutes = Math.abs(offset) / 60_000;
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}${colon}${pad(minutes % 60, 2)}`;
}

/** $dateToString's format specifiers. Throws 18536 for an unknown one. */
export function formatDate(format: string, ms: number, offset: number): string {
  const date = new Date(ms + offset);
  return format.replace(/%(.?)/gs, (_, specifier: string) => {
    switch (specifier) {
      case 'Y': {
        const year = date.getUTCFullYear();
        if (year < 0 || year > 9999)
          throw new CommandError(
            18537,
            `Could not convert date to string: date component was outside the supported range of 0-9999: ${year}`,
          );
        return pad(year, 4);
      }
      case 'm':
        return pad(date.getUTCMonth() + 1, 2);
      case 'd':
        return pad(date.getUTCDate(), 2);
      case 'H':
        return pad(date.getUTCHours(), 2);
      case 'M':
        return pad(date.getUTCMinutes(), 2);
      case 'S':
        return pad(date.getUTCSeconds(), 2);
      case 'L':
        return pad(date.getUTCMilliseconds(), 3);
      case 'j':
        return pad(dayOfYear(date), 3);
      case 'w':
        return String(date.getUTCDay() + 1);
      case 'u':
        return String(date.getUTCDay() || 7);
      case 'U':
        return pad(week(date), 2);
      case 'V':
        return pad(isoWeek(date).week, 2);
      case 'G':
        return pad(isoWeek(date).year, 4);
      case 'b':
        return MONTHS[date.getUTCMonth()]!.slice(0, 3);
      case 'B':
        return MONTHS[date.getUTCMonth()]!;
      case 'z':
        return zoneText(offset, '');
      case 'Z':
        return String(offset / 60_000);
      case '%':
        return '%';
      case '':
        throw new CommandError(18535, "Unmatched '%' at end of format string");
      default:
        throw new CommandError(18536, `Invalid format character '%${specifier}' in format string`);
    }
  });
}
