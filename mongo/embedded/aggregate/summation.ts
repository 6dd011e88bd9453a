import { addDecimals, type Decimal, decimalOfInteger, exactDouble, pack, unpack } from '../bson/decimal.ts';
import { fitsInt64, type Numeric, wholeNumber } from '../bson/numbers.ts';
import { Decimal128, Int32, type Value } from '../bson/values.ts';

const SAFE = 2 ** 52;
const WIDTHS = ['int', 'long', 'double', 'decimal'] as const;
type Widest = (typeof WIDTHS)[number];
const NO_DECIMAL: Decimal = decimalOfInteger(0n);

/**
 * The sum of numbers of any types, as $sum makes it: whole numbers exactly, doubles with their rounding
 * errors kept beside (two doubles, as in the server), decimals with 34 digits. Type of the result: the widest seen.
 */
export class Summation {
  #small = 0;
  #long = 0n;
  #double = 0;
  #error = 0;
  #decimal: Decimal = NO_DECIMAL;
  #widest: Widest = 'int';

  add(value: Numeric): void {
    if (value instanceof Int32) {
      this.#small += value.value;
      if (this.#small > SAFE || this.#small < -SAFE) this.#carry();
    } else if (typeof value === 'bigint') {
      this.#long += value;
      if (this.#widest === 'int') this.#widest = 'long';
    } else if (typeof value === 'number') {
      this.#addDouble(value);
      if (this.#widest !== 'decimal') this.#widest = 'double';
    } else {
      this.#decimal = addDecimals(this.#decimal, unpack(value));
      this.#widest = 'decimal';
    }
  }

  #carry(): void {
    this.#long += BigInt(this.#small);
    this.#small = 0;
  }

  #addDouble(value: number): void {
    const sum = this.#double + value;
    if (Number.isFinite(sum)) {
      const part = sum - this.#double;
      this.#error += this.#double - (sum - part) + (value - part);
    }
    this.#double = sum;
  }

  #asDouble(): number {
    this.#carry();
    const whole = Number(this.#long);
    // what the conversion of a long loses goes to the error
    const lost = Number(this.#long - BigInt(Number.isFinite(whole) ? whole : 0));
    const total = this.#double + whole;
    if (!Number.isFinite(total)) return total;
    const part = total - this.#double;
    return total + (this.#error + (this.#double - (total - part) + (whole - part)) + lost);
  }

  #asDecimal(): Decimal {
    this.#carry();
    const doubles = Number.isFinite(this.#double)
      ? addDecimals(exactDouble(this.#double), exactDouble(this.#error))
      : exactDouble(this.#double);
    return addDecimals(this.#decimal, addDecimals(decimalOfInteger(this.#long), doubles));
  }

  sum(): Numeric {
    if (this.#widest === 'decimal') return pack(this.#asDecimal());
    if (this.#widest === 'double') return this.#asDouble();
    this.#carry();
    if (this.#widest === 'int') return wholeNumber(this.#long) ?? Number(this.#long);
    return fitsInt64(this.#long) ? this.#long : Number(this.#long);
  }

  /** All that it keeps, as a value for `merge`. */
  partial(): Value {
    this.#carry();
    return [this.#widest, this.#long.toString(), this.#double, this.#error, pack(this.#decimal)];
  }

  /** Adds what another has summed. */
  merge(partial: Value): void {
    const [widest, long, double, error, decimal] = partial as [Widest, string, number, number, Decimal128];
    this.#long += BigInt(long);
    this.#addDouble(double);
    if (Number.isFinite(error)) this.#error += error;
    this.#decimal = addDecimals(this.#decimal, unpack(decimal));
    if (WIDTHS.indexOf(widest) > WIDTHS.indexOf(this.#widest)) this.#widest = widest;
  }
}

export function isSummable(value: Value | undefined): value is Numeric {
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value instanceof Int32 ||
    value instanceof Decimal128
  );
}
