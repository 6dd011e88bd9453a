import { BsonSymbol, DateTime, int32, isNumeric, Regex, typeName, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { toLong } from '../../query/operands.ts';
import { compileRegex } from '../../query/regex.ts';
import type { Expr, OperatorTable, Scope } from '../scope.ts';
import { isoDate } from './date-parts.ts';
import { numberText } from './number-text.ts';
import { binary, isNullish, namedRaw, unary, variadic } from './operands.ts';

function concat(values: (Value | undefined)[]): Value {
  let result = '';
  for (const value of values) {
    if (isNullish(value)) return null;
    if (typeof value !== 'string')
      throw new CommandError(16702, `$concat only supports strings, not ${typeName(value)}`);
    result += value;
  }
  return result;
}

/** What the string operators take for text: strings, numbers and dates; nothing is ''. */
function textOf(value: Value | undefined, code: number): string {
  if (isNullish(value)) return '';
  if (typeof value === 'string') return value;
  if (isNumeric(value)) return numberText(value);
  if (value instanceof DateTime) return isoDate(value.ms);
  if (value instanceof BsonSymbol) return value.value;
  throw new CommandError(code, `can't convert from BSON type ${typeName(value)} to String`);
}

/** Only ASCII letters change, as in the server. */
const lower = (text: string) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
const upper = (text: string) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

function count(value: Value | undefined, code: number, name: string): number {
  const long = isNumeric(value) ? toLong(value) : undefined;
  if (long === undefined)
    throw new CommandError(code, `${name}: starting index and length must be numeric types`);
  return Number(long);
}

function substrCodePoints([text, start, length]: (Value | undefined)[], name: string): Value {
  const source = textOf(text, 16007);
  const from = count(start, 34450, name);
  const size = count(length, 34452, name);
  if (from < 0) throw new CommandError(34455, `${name}: the starting index must be a nonnegative integer.`);
  if (size < 0) throw new CommandError(34454, `${name}: length must be a nonnegative integer.`);
  return [...source].slice(from, from + size).join('');
}

function substrBytes([text, start, length]: (Value | undefined)[], name: string): Value {
  const source = Buffer.from(textOf(text, 16007));
  const from = count(start, 16034, name);
  const size = count(length, 16035, name);
  if (from < 0) throw new CommandError(50752, `${name}: starting index must be non-negative (got: ${from})`);
  if (from >= source.length) return '';
  const stop = size < 0 ? source.length : Math.min(source.length, from + size);
  const inside = (index: number) => ((source[index] ?? 0) & 0xc0) === 0x80;
  if (inside(from))
    throw new CommandError(28656, `${name}:  Invalid range, starting index is a UTF-8 continuation byte.`);
  if (inside(stop))
    throw new CommandError(
      28657,
      `${name}:  Invalid range, ending index is in the middle of a UTF-8 character.`,
    );
  return source.toString('utf8', from, stop);
}

function split(text: Value | undefined, separator: Value | undefined): Value {
  if (isNullish(text) || isNullish(separator)) return null;
  if (typeof text !== 'string')
    throw new CommandError(
      40085,
      `$split requires an expression that evaluates to a string as a first argument, found: ${typeName(text)}`,
    );
  if (typeof separator !== 'string')
    throw new CommandError(
      40086,
      `$split requires an expression that evaluates to a string as a second argument, found: ${typeName(separator)}`,
    );
  if (separator === '') throw new CommandError(40087, '$split requires a non-empty separator');
  return text.split(separator);
}

function trim(side: 'both' | 'left' | 'right') {
  return (operand: Value, scope: Scope, name: string): Expr => {
    const fields = namedRaw(operand, name, ['input'], ['chars']);
    const input = scope.compile(fields.get('input')!);
    const charsValue = fields.get('chars');
    const chars = charsValue === undefined ? undefined : scope.compile(charsValue);
    return (root) => {
      const text = input(root);
      if (isNullish(text)) return null;
      if (typeof text !== 'string')
        throw new CommandError(50699, `${name} requires its input to be a string, got ${typeName(text)}`);
      const set =
        chars === undefined
          ? '\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a'
          : chars(root);
      if (isNullish(set)) return null;
      if (typeof set !== 'string')
        throw new CommandError(50700, `${name} requires 'chars' to be a string, got ${typeName(set)}`);
      const points = [...text];
      const wanted = new Set(set);
      let [from, to] = [0, points.length];
      if (side !== 'right') while (from < to && wanted.has(points[from]!)) from++;
      if (side !== 'left') while (to > from && wanted.has(points[to - 1]!)) to--;
      return points.slice(from, to).join('');
    };
  };
}

function compileMatch(operand: Value, scope: Scope, name: string): Expr {
  const fields = namedRaw(operand, name, ['input', 'regex'], ['options']);
  const [input, regex, options] = ['input', 'regex', 'options'].map((field) =>
    scope.compile(fields.get(field) ?? null),
  ) as [Expr, Expr, Expr];
  let last: { pattern: string; flags: string; compiled: RegExp } | undefined;
  return (root) => {
    const text = input(root);
    const pattern = regex(root);
    if (isNullish(text) || isNullish(pattern)) return false;
    if (typeof text !== 'string') throw new CommandError(51104, `${name} needs 'input' to be of type string`);
    if (typeof pattern !== 'string' && !(pattern instanceof Regex)) {
      throw new CommandError(51105, `${name} needs 'regex' to be of type string or regex`);
    }
    const given = options(root);
    const source = typeof pattern === 'string' ? pattern : pattern.pattern;
    const flags = typeof given === 'string' ? given : pattern instanceof Regex ? pattern.options : '';
    if (last?.pattern !== source || last.flags !== flags) {
      last = { pattern: source, flags, compiled: compileRegex(new Regex(source, flags)) };
    }
    return last.compiled.test(text);
  };
}

function indexOfText([text, wanted, from, to]: (Value | undefined)[], name: string): Value {
  if (isNullish(text)) return null;
  if (typeof text !== 'string')
    throw new CommandError(
      40093,
      `${name} requires a string as the first argument, found: ${typeName(text)}`,
    );
  if (typeof wanted !== 'string')
    throw new CommandError(
      40094,
      `${name} requires a string as the second argument, found: ${typeName(wanted)}`,
    );
  const points = [...text];
  const start = from === undefined ? 0 : count(from, 40096, name);
  const stop = to === undefined ? points.length : Math.min(count(to, 40096, name), points.length);
  const needle = [...wanted];
  for (let index = start; index + needle.length <= stop; index++) {
    if (needle.every((point, offset) => points[index + offset] === point)) return int32(index);
  }
  return int32(-1);
}

function replaceWith(all: boolean) {
  return (operand: Value, scope: Scope, name: string): Expr => {
    const fields = namedRaw(operand, name, ['input', 'find', 'replacement']);
    const parts = ['input', 'find', 'replacement'].map((field) => scope.compile(fields.get(field)!));
    return (root) => {
      const values = parts.map((part) => part(root));
      for (const [index, value] of values.entries()) {
        if (!isNullish(value) && typeof value !== 'string') {
          throw new CommandError(
            [51746, 51745, 51744][index]!,
            `${name} requires strings, found: ${typeName(value)}`,
          );
        }
      }
      const [input, find, replacement] = values;
      if (typeof input !== 'string' || typeof find !== 'string' || typeof replacement !== 'string')
        return null;
      return all ? input.replaceAll(find, () => replacement) : input.replace(find, () => replacement);
    };
  };
}

export const strings: OperatorTable = {
  $concat: variadic(concat),
  $toLower: unary((value) => lower(textOf(value, 16007))),
  $toUpper: unary((value) => upper(textOf(value, 16007))),
  $substr: variadic(substrBytes, 3, 3),
  $substrBytes: variadic(substrBytes, 3, 3),
  $substrCP: variadic(substrCodePoints, 3, 3),
  $strLenCP: unary((value, name) => {
    if (typeof value !== 'string')
      throw new CommandError(34471, `${name} requires a string argument, found: ${typeName(value)}`);
    return int32([...value].length);
  }),
  $strLenBytes: unary((value, name) => {
    if (typeof value !== 'string')
      throw new CommandError(34473, `${name} requires a string argument, found: ${typeName(value)}`);
    return int32(Buffer.byteLength(value));
  }),
  $strcasecmp: binary((a, b) => {
    const [left, right] = [Buffer.from(upper(textOf(a, 16007))), Buffer.from(upper(textOf(b, 16007)))];
    return int32(Buffer.compare(left, right));
  }),
  $split: binary(split),
  $trim: trim('both'),
  $ltrim: trim('left'),
  $rtrim: trim('right'),
  $indexOfCP: variadic(indexOfText, 2, 4),
  $replaceOne: replaceWith(false),
  $replaceAll: replaceWith(true),
  $regexMatch: compileMatch,
};
