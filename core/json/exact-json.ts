import { randomUUID } from 'node:crypto';
import { endOfString } from './json-depth.ts';

declare global {
  interface JSON {
    /** A value that JSON.stringify writes as this text (ECMAScript 2026). */
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

/** Numbers that a double may not hold as written: many digits, or a large exponent. Other JSON is parsed as usual. */
const suspect = /[\d.]{16}|\d[eE][+-]?\d{3}/g;
const numberStart = /[-+.\deE]/;
const numberRest = /[-+.\deE]*/y;
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const isName = /\s*:/y;
/** Stands in a text for a number until it is parsed. It is drawn anew in each process, and leaves none. */
const placeholder = randomUUID();

/** Whether JSON.parse may change a number in the text. */
export function mayLoseDigits(text: string): boolean {
  suspect.lastIndex = 0;
  return suspect.test(text);
}

/**
 * JSON.parse that keeps the digits of every number which a double would change: such a number is a raw JSON value, which
 * JSON.stringify writes digit for digit. A reviver could do it too, but takes twenty times as long, for a single such number.
 * @throws {SyntaxError} when the text is no JSON
 */
export function parseJson(text: string): unknown {
  if (!mayLoseDigits(text)) return JSON.parse(text);
  const { text: replaced, numbers } = replaceNumbers(text);
  const value: unknown = JSON.parse(replaced);
  return numbers.length === 0 ? value : restoreNumbers(value, numbers);
}

/** The text with a string in the place of each number that would lose digits. */
function replaceNumbers(text: string): { readonly text: string; readonly numbers: readonly string[] } {
  const numbers: string[] = [];
  let replaced = '';
  let copied = 0;
  let at = 0;
  let quote = text.indexOf('"');
  suspect.lastIndex = 0;
  let found = suspect.exec(text);
  while (found !== null) {
    while (quote >= 0 && quote < found.index) {
      at = endOfString(text, quote) + 1;
      quote = text.indexOf('"', at);
      if (at > found.index) break;
    }
    if (at <= found.index) {
      let start = found.index;
      while (start > copied && numberStart.test(text[start - 1] ?? '')) start -= 1;
      numberRest.lastIndex = start;
      const [source = ''] = numberRest.exec(text) ?? [];
      at = start + source.length;
      isName.lastIndex = at;
      if (jsonNumber.test(source) && losesDigits(Number(source), source) && !isName.test(text)) {
        replaced += `${text.slice(copied, start)}"${placeholder}${numbers.length}"`;
        copied = at;
        numbers.push(source);
      }
    }
    suspect.lastIndex = at;
    found = suspect.exec(text);
  }
  return { text: replaced + text.slice(copied), numbers };
}

/** Puts raw numbers where their placeholders are. */
function restoreNumbers(value: unknown, numbers: readonly string[]): unknown {
  const restored = (found: unknown): object | undefined => {
    if (typeof found !== 'string' || !found.startsWith(placeholder)) return undefined;
    return JSON.rawJSON(numbers[Number(found.slice(placeholder.length))] ?? '');
  };
  const whole = restored(value);
  if (whole !== undefined) return whole;
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const container = next as Record<string | number, unknown>;
    if (Array.isArray(next)) {
      for (let index = 0; index < next.length; index++) visit(container, index, next[index]);
    } else for (const name of Object.keys(container)) visit(container, name, container[name]);
  }
  return value;

  function visit(container: Record<string | number, unknown>, key: string | number, found: unknown): void {
    if (typeof found === 'object' && found !== null) open.push(found);
    else if (typeof found === 'string') {
      const raw = restored(found);
      if (raw !== undefined) container[key] = raw;
    }
  }
}

function losesDigits(value: number, source: string): boolean {
  return (source.length > 15 || !Number.isFinite(value)) && source !== String(value);
}
