/** Forms in which numbers are written, read from the units of a text: tens of thousands of numbers stand in a long one. */
import { isDigitUnit, skipDigits } from './finder.ts';

const [space, hyphen, fullStop, slash, smallX] = [0x20, 0x2d, 0x2e, 0x2f, 0x78];
const extensionDigitsMax = 6;

/** Where an extension of up to six digits ends. */
export function skipExtension(units: Uint16Array, at: number): number {
  if (units[at] !== smallX) return at;
  const end = skipDigits(units, at + 1);
  return end === at + 1 ? at : Math.min(end, at + 1 + extensionDigitsMax);
}

/** Up to four digits, up to two, and more, with a full stop, a slash or a hyphen between. */
export function isDate(units: Uint16Array, at: number): boolean {
  let next = skipDigits(units, at);
  if (next - at > 4 || !isDateSign(units[next] as number)) return false;
  const second = next + 1;
  next = skipDigits(units, second);
  const length = next - second;
  return (
    length > 0 && length <= 2 && isDateSign(units[next] as number) && isDigitUnit(units[next + 1] as number)
  );
}

/** Up to three digits, and groups of three behind a space or a full stop. */
export function isInThousands(units: Uint16Array, at: number, end: number): boolean {
  let next = skipDigits(units, at);
  if (next - at > 3) return false;
  while (next < end) {
    const unit = units[next] as number;
    if (unit !== space && unit !== fullStop) return false;
    const group = next + 1;
    next = skipDigits(units, group);
    if (next - group !== 3) return false;
  }
  return next === end;
}

function isDateSign(unit: number): boolean {
  return unit === fullStop || unit === slash || unit === hyphen;
}

/** Where a number of 12 to 19 digits ends, in one group or as cards have it: 4-4-4-4, with up to three more, or 4-6-4 or 4-6-5; -1: it has another form. */
export function findCardEnd(units: Uint16Array, at: number): number {
  const first = skipDigits(units, at);
  if (first - at !== 4) return first - at >= 12 && first - at <= 19 ? first : -1;
  const sign = units[first];
  if (sign !== space && sign !== fullStop && sign !== hyphen) return -1;
  const skipGroup = (end: number) => (units[end] === sign ? skipDigits(units, end + 1) : end);
  const second = skipGroup(first);
  const third = skipGroup(second);
  const [lengthOfSecond, lengthOfThird] = [second - first - 1, third - second - 1];
  if (lengthOfSecond === 6) return lengthOfThird === 4 || lengthOfThird === 5 ? third : -1;
  if (lengthOfSecond !== 4 || lengthOfThird !== 4) return -1;
  const fourth = skipGroup(third);
  if (fourth - third - 1 !== 4) return -1;
  const fifth = skipGroup(fourth);
  // A sign without digits behind it ends it.
  if (fifth - fourth <= 1) return fourth;
  return fifth - fourth - 1 <= 3 ? fifth : -1;
}

/** The 32 bits of an address of version 4; null: one of its four numbers is beyond 255, or begins with a needless 0. */
export function readIpv4(written: string): number | null {
  let [address, part, digits] = [0, 0, 0];
  for (let at = 0; at <= written.length; at += 1) {
    const unit = at < written.length ? written.charCodeAt(at) : fullStop;
    if (unit !== fullStop) {
      if (digits > 0 && part === 0) return null;
      part = 10 * part + unit - 0x30;
      digits += 1;
      continue;
    }
    if (part > 255) return null;
    address = (address << 8) | part;
    [part, digits] = [0, 0];
  }
  return address;
}
