import { expectError } from '#core/expect-error.ts';
import { redactSecrets } from '#core/secrets/find-secrets.ts';

const bodyCharsMax = 65_536;
const messageCharsMax = 400;
/** Errors in errors: proxies put the text of one provider's error into another. */
const depthMax = 16;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface VendorError {
  /** Empty where the vendor sent no words of its own. */
  readonly message: string;
  /** Codes, types, statuses and reasons that the vendor named, in lower case, joined by spaces. */
  readonly words: string;
  /** The field of the request that the error is about; empty where none is named. */
  readonly param: string;
}

const noError: VendorError = { message: '', words: '', param: '' };

function joinWords(...values: readonly unknown[]): string {
  return values
    .filter((value) => (typeof value === 'string' && value !== '') || typeof value === 'number')
    .join(' ')
    .toLowerCase();
}

/** The error that a text holds when it is JSON; null when it is none. */
function errorInText(text: string, depth: number): VendorError | null {
  if (depth === 0 || text.length > bodyCharsMax || !/^\s*[[{]/.test(text)) return null;
  try {
    const inner = findError(JSON.parse(text), depth - 1);
    return inner.message === '' && inner.words === '' ? null : inner;
  } catch (error) {
    expectError(error, SyntaxError);
    return null;
  }
}

/** What OpenRouter reports of the provider behind it: the provider's own error, and why it refused the input. */
function errorInMetadata(metadata: unknown, depth: number): VendorError {
  if (!isObject(metadata)) return noError;
  const { raw, reasons } = metadata;
  const inner = raw === undefined || raw === null || depth === 0 ? noError : findError(raw, depth - 1);
  const flagged = Array.isArray(reasons) && reasons.length > 0 ? 'input_flagged' : '';
  return { ...inner, words: joinWords(inner.words, metadata.error_type, flagged) };
}

function toPath(location: unknown): string {
  return Array.isArray(location) ? location.filter((step) => step !== 'body').join('.') : '';
}

function findError(value: unknown, depth: number): VendorError {
  if (typeof value === 'string') return errorInText(value, depth) ?? { ...noError, message: value };
  if (depth === 0) return noError;
  if (Array.isArray(value)) return findError(value[0], depth - 1);
  if (!isObject(value)) return noError;
  const own = joinWords(
    value.code,
    value.type,
    value.status,
    value.status_code,
    value.__type,
    value.error_type,
    value.error_code,
    value.reason,
  );
  const response = isObject(value.response) ? value.response.error : undefined;
  for (const nested of [value.error, response, value.detail, value.errors, value.base_resp]) {
    if (nested === undefined || nested === null || typeof nested === 'boolean') continue;
    const inner = findError(nested, depth - 1);
    // A short word beside a message is its code: {"error":"rate_limited","message":"…"}.
    if (typeof nested === 'string' && typeof value.message === 'string' && value.message !== '') break;
    if (inner.message !== '' || inner.words !== '') return { ...inner, words: joinWords(inner.words, own) };
  }
  const text = value.message ?? value.msg ?? value.Message ?? value.status_msg;
  const message = typeof text === 'string' ? text : '';
  const inMessage = errorInText(message, depth);
  const inner = inMessage ?? errorInMetadata(value.metadata, depth - 1);
  const ownMessage = inMessage === null ? message : '';
  const words = joinWords(
    inner.words,
    own,
    typeof value.error === 'string' ? value.error : '',
    isObject(value.innererror) ? value.innererror.code : '',
  );
  const param = typeof value.param === 'string' ? value.param : toPath(value.loc);
  return {
    message: inner.message === '' ? ownMessage : inner.message,
    words,
    param: inner.param === '' ? param : inner.param,
  };
}

/** Finds message and codes in any of the shapes of vendors' errors. */
export function readVendorError(value: unknown): VendorError {
  return findError(value, depthMax);
}

/** The same of a response body, which may be anything; a body that is no JSON has `text` alone. */
export function readErrorBody(body: string): { readonly vendor: VendorError; readonly text: string } {
  if (body.length > bodyCharsMax) return { vendor: noError, text: '' };
  try {
    const value: unknown = JSON.parse(body);
    // A bare text is no vendor's error: whatever answers at the address states it.
    if (typeof value !== 'object') return { vendor: noError, text: body };
    return { vendor: readVendorError(value), text: '' };
  } catch (error) {
    expectError(error, SyntaxError);
    return { vendor: noError, text: body };
  }
}

/** Parts of keys with stars in the middle, and whatever stands after the name of a scheme. */
const keyFragments =
  /\b(?:sk|pk|rk|gsk|xai|pplx|csk|fw|hf|key|AIza|AKIA|ASIA|ya29\.)[-_A-Za-z0-9*.]{12,}|\b(?:Bearer|Basic)\s+[^\s"',]{4,}|(?<=:\/\/)[^\s/@]{1,200}@|[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/g;
const html = /<\s*(?:!doctype|html|head|body|title|center|h1|p|div|\?xml)\b/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: noise is what it looks for
const noise = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]/;

/**
 * A vendor's words as a client may read them: one line, without the credential or anything shaped like one, at most 400
 * characters; empty for a page of HTML and for bytes that are no text.
 */
export function presentable(message: string, secret: string | null): string {
  if (html.test(message) || noise.test(message)) return '';
  const line = message
    .slice(0, 4 * messageCharsMax)
    .replace(/[\s\u2028\u2029]+/g, ' ')
    .trim();
  const own = (secret ?? '').split(/[:\s]/).filter((part) => part.length >= 4);
  const ownRemoved = own.reduce((text, part) => text.replaceAll(part, '***'), line);
  const clean = redactSecrets(ownRemoved).replace(keyFragments, '***');
  return clean.length > messageCharsMax ? `${clean.slice(0, messageCharsMax - 1)}…` : clean;
}
