const bodyMax = 65_536;
const messageMax = 400;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface VendorError {
  /** Empty where the vendor gave no words of its own. */
  readonly message: string;
  /** Codes, types and statuses that the vendor named, in lower case, joined by spaces. */
  readonly words: string;
}

function texts(...values: readonly unknown[]): string {
  return values
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .join(' ')
    .toLowerCase();
}

/** Finds message and codes in any of the shapes that vendors give their errors. */
export function vendorErrorOf(value: unknown): VendorError {
  if (typeof value === 'string') return { message: value, words: '' };
  if (Array.isArray(value)) return vendorErrorOf(value[0]);
  if (!isObject(value)) return { message: '', words: '' };
  for (const nested of [
    value.error,
    isObject(value.response) ? value.response.error : undefined,
    value.detail,
  ]) {
    if (nested === undefined || nested === null || typeof nested === 'boolean') continue;
    const inner = vendorErrorOf(nested);
    if (inner.message !== '')
      return { message: inner.message, words: `${inner.words} ${texts(value.type)}`.trim() };
  }
  const message = value.message ?? value.msg ?? value.Message;
  return {
    message: typeof message === 'string' ? message : '',
    words: texts(value.code, value.type, value.status, value.__type),
  };
}

/** The same of a response body, which may be anything. */
export function vendorErrorOfBody(body: string): VendorError {
  if (body.length > bodyMax) return { message: '', words: '' };
  try {
    return vendorErrorOf(JSON.parse(body));
  } catch {
    return { message: body, words: '' };
  }
}

const secretShapes =
  /\b(?:sk|pk|rk|gsk|xai|pplx|csk|fw|hf|key|AIza|AKIA|ASIA|ya29\.)[-_A-Za-z0-9*.]{12,}|Bearer\s+\S+|[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/g;

/**
 * A vendor's words as a client may read them: one line, without the credential or anything shaped like one, at most 400
 * characters; empty for a page of HTML.
 */
export function presentable(message: string, secret: string | null): string {
  if (/<\s*(?:!doctype|html|head|body|title|center|h1|p|div)\b/i.test(message)) return '';
  const line = message
    .slice(0, 4 * messageMax)
    .replace(/\s+/g, ' ')
    .trim();
  const own = (secret ?? '').split(':').filter((part) => part.length >= 4);
  const clean = own.reduce((text, part) => text.replaceAll(part, '***'), line).replace(secretShapes, '***');
  return clean.length > messageMax ? `${clean.slice(0, messageMax - 1)}…` : clean;
}
