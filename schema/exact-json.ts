declare global {
  interface JSON {
    /** A value that JSON.stringify writes as the given text (ECMAScript 2026). */
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
  }
}

/** Numbers that a double may not hold as written: many digits, or a large exponent. Other JSON is parsed as usual. */
const suspect = /[\d.]{16}|\d[eE][+-]?\d{3}/;

/**
 * JSON.parse that keeps the digits of every number which a double would change: such a number is a raw JSON value, which
 * JSON.stringify writes digit for digit.
 * @throws {SyntaxError} when the text is no JSON
 */
export function parseJson(text: string): unknown {
  if (!suspect.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && losesDigits(value, source)
      ? JSON.rawJSON(source)
      : value,
  );
}

function losesDigits(value: number, source: string): boolean {
  return (source.length > 15 || !Number.isFinite(value)) && source !== String(value);
}
