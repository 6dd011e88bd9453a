import {
  APICallError,
  InvalidArgumentError,
  InvalidPromptError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import type { ErrorCode } from '#core/errors.ts';
import { expectError } from '#core/expect-error.ts';
import { ProviderFailure } from '../provider.ts';
import { malformed } from '../translate/completeness.ts';
import { isInputTooLong } from './input-too-long.ts';
import { retryAfterMs } from './retry-after.ts';
import { presentable, readErrorBody, readVendorError, type VendorError } from './vendor-message.ts';

/** Vendors send these with any status, also with 403, which elsewhere means the key. */
const contentRefused = joinPatterns(
  /content[_ -]?(?:filter|policy|management|moderation)|usage guidelines|safety_check|content exists risk/,
  /responsible_?ai|moderation_blocked|data_inspection_failed|input_flagged|\b(?:requires|failed|by) moderation/,
  /\b(?:input|prompt|content|request|message|output|response|text)s? (?:was|were|is|are|has been|have been|got) flagged/,
);
/** These only where the request is what was wrong. */
const filtered = joinPatterns(
  contentRefused,
  /safety (?:system|filter|polic)|prohibited[_ ]content|flagged|moderation|blocked (?:by|due)/,
  /(?:inappropriate|unsafe|sensitive) content|violat\w{1,4} (?:our|the|its) [\w ]{0,20}polic/,
  /new_sensitive|敏感|不安全|违规/,
);
/** What the model wrote was no call, or not the JSON that was requested: it may do better the next time. */
const modelFailed = /tool_use_failed|json_validate_failed/i;
/** The key, its account, or the place that it is used from. */
const badKey = joinPatterns(
  /api[_ -]?key (?:not valid|invalid|expired)|(?:invalid|incorrect|expired|missing)[_ -]?api[_ -]?key|api_key_invalid/,
  /authentication_error|\bunauthenticated\b|missing authentication|\blogin fail/,
  /\bkey (?:has been|is|was) (?:disabled|revoked|deactivated|suspended|deleted|expired)/,
  /\b(?:account|organization|project)\b[^.]{0,60}\b(?:is|was|been) (?:suspended|deactivated|disabled|restricted|banned)\b/,
  /user location is not supported|unsupported_country|\b(?:country|region|territory) (?:is )?not supported/,
);
const outOfCredit = joinPatterns(
  /insufficient_(?:\w{1,20}_)?quota|insufficient[ _](?:balance|credits?|funds)|balance is (?:insufficient|not enough)|not[ _]enough[ _](?:balance|credits?)/,
  /credit balance|used all (?:available|of your) credits|(?:no|out of) credits\b|free tier\b.{0,40}\bexhausted/,
  /billing_hard_limit|spending limit|reached your (?:\w{1,20} ){0,4}usage limit|\bbudget_exceeded\b|budget has been exceeded/,
  /\barrearage\b|exceeded_current_quota_error|token_quota_failed|(?:额度|余额)不足/,
);
const limited =
  /rate_?limit|throttl|too_?many_?requests|resource_?exhausted|quota_?exceeded|capacity_exceeded|\brate limit(?:ed| reached| exceeded)/i;
/** More tokens in one call than the account has credit for, or than a limit allows in any time. */
const tooCostly = /requires more credits.{0,20}fewer max_?tokens|can only afford/i;
const tooLarge = /\brequest too large\b|tokens must be reduced/i;
/** Routers of many providers have the model, but none that takes what the call holds. */
const unsupported = /no endpoints found that\b/i;
/** The vendor could not get, or may not read, an image or a file that the call names. */
const fileNotFetched =
  /\b(?:fetch|download)\w*\b.{0,40}(?:\b(?:images?|files?|urls?|media|documents?|attachments?|videos?|audio)\b|https?:)/i;
const fileRefused =
  /\b(?:images?|files?|attachments?)\b.{0,60}\b(?:not found|may not exist|not exist|forbidden|permission|access)\b|\bpermission to (?:access|read) the (?:image|file)\b/i;
const limitedInChinese =
  /限流|(?:速率|频率|并发)[^。]{0,12}(?:限制|上限|过高|超限)|(?:请求|调用|访问)[^。]{0,8}(?:频繁|频率过高|次数过多|过快)|(?:达到|超过|超出)[^。]{0,16}(?:速率|频率|并发|请求数|调用次数)/;
const limitedInWords = joinPatterns(/please wait before trying again|too many requests/, limitedInChinese);
const noSuchModel = joinPatterns(
  /\bmodel_?not_?(?:found|exist|supported)|\bdeploymentnotfound\b|\b(?:invalid|unknown|unsupported)_model\b/,
  /\bmodel_(?:decommissioned|deprecated|retired)\b/,
);
/** These only where the request is what was wrong. */
const noSuchModelInWords = joinPatterns(
  /\b(?:invalid|unknown|unsupported) model(?: id| name)?\b(?! (?:parameter|input|output|setting|option))|not a valid model\b/,
  /\bmodel(?: id| identifier| name)?(?: [^\s]{1,120})? (?:is|was|has been) (?:invalid|decommissioned|deprecated|retired|not supported)/,
  /\bmodel(?: [^\s]{1,120})? (?:does not exist|doesn't exist|not exist|not found)|on-demand throughput isn.t supported|模型不存在/,
);

function joinPatterns(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), 'i');
}

const networkTimeouts = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

interface Verdict {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly text: string;
  /** As in ProviderFailure. */
  readonly isAboutCall?: boolean;
  readonly evidence?: string;
}

const noCredit: Verdict = {
  code: 'PROVIDER_RATE_LIMITED',
  retryable: false,
  text: "The provider's account has no credit left",
};

const refusedContent: Verdict = {
  code: 'CONTENT_FILTERED',
  retryable: false,
  text: "The provider's content filter refused the call",
};

const refusedKey: Verdict = {
  code: 'PROVIDER_AUTH',
  retryable: false,
  text: 'The provider refused our credential',
};

const limitedCalls: Verdict = {
  code: 'PROVIDER_RATE_LIMITED',
  retryable: true,
  text: 'The provider limits our calls',
};

const noModel: Verdict = { code: 'NOT_FOUND', retryable: false, text: 'The provider has no such model' };

const tooMuch: Verdict = {
  code: 'PROVIDER_RATE_LIMITED',
  retryable: false,
  text: "The provider's account has no credit for so many tokens",
  isAboutCall: true,
};

const badFile: Verdict = {
  code: 'BAD_USER_INPUT',
  retryable: false,
  text: 'The provider could not read a file of the call',
};

const tooLong: Verdict = {
  code: 'CONTEXT_TOO_LONG',
  retryable: false,
  text: 'The input does not fit the model',
};

/** Statuses that mean no more than that the request, or the server, is at fault: what stands beside them decides. */
function isVague(status: number): boolean {
  return [400, 403, 404, 412, 422].includes(status) || status >= 500;
}

/** The verdict where a vendor's codes are of the pattern, or else its message is, of which the words are kept. */
function where(pattern: RegExp, { words, message }: VendorError, verdict: Verdict): Verdict | null {
  if (pattern.test(words)) return verdict;
  const evidence = pattern.exec(message)?.[0];
  return evidence === undefined ? null : { ...verdict, evidence };
}

/** Messages about a file of the call, which state nothing about the provider, its credential or its model. */
function isAboutFile(status: number, { message }: VendorError): boolean {
  if (status === 401 || status === 402) return false;
  return fileNotFetched.test(message) || ((status === 403 || status === 404) && fileRefused.test(message));
}

/** What codes and words mean, whatever the status; null where they decide nothing. */
function verdictOfWords(status: number, vendor: VendorError): Verdict | null {
  const all = `${vendor.words} ${vendor.message}`;
  if (contentRefused.test(all)) return refusedContent;
  if (isAboutFile(status, vendor)) return badFile;
  if (status === 429 && tooLarge.test(vendor.message)) return tooLong;
  if (status === 402) return tooCostly.test(vendor.message) ? tooMuch : noCredit;
  const credit = isVague(status) || status === 429 ? where(outOfCredit, vendor, noCredit) : null;
  if (credit !== null) return credit;
  if (!isVague(status)) return null;
  if (noSuchModel.test(vendor.words)) return noModel;
  if (status === 404 && unsupported.test(vendor.message)) return { ...noModel, isAboutCall: true };
  const key = status === 404 ? null : where(badKey, vendor, refusedKey);
  if (key !== null) return key;
  if (status !== 404 && limited.test(vendor.words)) return limitedCalls;
  const limits = status === 404 ? null : where(limitedInWords, vendor, limitedCalls);
  if (limits !== null) return limits;
  return status !== 403 && status !== 404 && isInputTooLong(vendor) ? tooLong : null;
}

function badRequest(vendor: VendorError): Verdict {
  const all = `${vendor.words} ${vendor.message}`;
  if (isInputTooLong(vendor)) return tooLong;
  if (filtered.test(all)) return refusedContent;
  const model = where(noSuchModelInWords, vendor, noModel);
  if (model !== null) return model;
  if (modelFailed.test(all)) {
    return {
      code: 'PROVIDER_ERROR',
      retryable: true,
      text: 'The model wrote what its provider could not read',
    };
  }
  return { code: 'BAD_USER_INPUT', retryable: false, text: 'The provider refused the call' };
}

/** Proxies answer 400 or 500 and name the status that they were answered with. */
function innerStatus(status: number, { words }: VendorError): number {
  if (status !== 400 && status < 500) return status;
  const named = /(?:^|\s)(401|402|403|404|408|413|429)(?:\s|$)/.exec(words)?.[1];
  return named === undefined ? status : Number(named);
}

function judgeFailure(status: number, vendor: VendorError): Verdict {
  const verdict = verdictOfWords(status, vendor);
  if (verdict !== null) return verdict;
  if (status === 401 || status === 403) return refusedKey;
  if (status === 429) return limitedCalls;
  if (status === 404 || status === 410) return noModel;
  if (status === 408 || status === 504 || status === 522 || status === 524) {
    return { code: 'PROVIDER_TIMEOUT', retryable: true, text: 'The provider took too long' };
  }
  if (status === 413) return { ...tooLong, text: 'The input is too large for the provider' };
  if (status === 409 || status === 424 || status === 425 || status === 498 || status === 499) {
    return { code: 'PROVIDER_ERROR', retryable: true, text: 'The provider could not take the call now' };
  }
  if (status >= 400 && status < 500) return badRequest(vendor);
  if (status >= 300 && status < 400) {
    return {
      code: 'PROVIDER_ERROR',
      retryable: false,
      text: 'The provider redirected the call: correct its base URL',
    };
  }
  return { code: 'PROVIDER_ERROR', retryable: true, text: 'The provider failed' };
}

export interface FailedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly vendor?: VendorError;
  /** The words that alone determined the status. */
  readonly evidence?: string | undefined;
  readonly cause?: unknown;
}

/**
 * What a response that is no success means. Of a body that is no JSON the words decide with the rest, but are not passed on:
 * whatever answers at the provider's address would else speak to its callers.
 */
export function failureOfResponse(response: FailedResponse, secret: string | null): ProviderFailure {
  const { status, headers, body } = response;
  const { vendor: found, text: plain } = readErrorBody(body);
  const vendor = response.vendor ?? (plain === '' ? found : { ...found, message: plain });
  const meaning = judgeFailure(innerStatus(status, vendor), vendor);
  // What a vendor states about a refused key may hold parts of the key, or the name of its owner.
  const aboutKey = meaning.code === 'PROVIDER_AUTH' || status === 401 || status === 403;
  const isPlain = response.vendor === undefined && plain !== '';
  const words = aboutKey || isPlain ? '' : presentable(vendor.message, secret);
  const about = `${meaning.text} (HTTP ${status})`;
  const isLimited = meaning.code === 'PROVIDER_RATE_LIMITED';
  return new ProviderFailure(meaning.code, words === '' ? `${about}.` : `${about}: ${words}`, {
    retryable: meaning.retryable,
    status,
    retryAfterMs: retryAfterMs(headers, body, vendor.message, Date.now(), isLimited),
    isAboutCall: meaning.isAboutCall ?? false,
    evidence: meaning.evidence ?? response.evidence ?? null,
    ...(response.cause === undefined ? {} : { cause: response.cause }),
  });
}

function networkCode(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as { readonly code?: unknown };
    if (typeof code === 'string' && /^(?:UND_ERR_|E[A-Z_]+$|CERT_|DEPTH_|SELF_|UNABLE_|ERR_TLS)/.test(code))
      return code;
  }
  return null;
}

function failureOfNetwork(code: string, cause: unknown): ProviderFailure {
  if (networkTimeouts.has(code)) {
    return new ProviderFailure('PROVIDER_TIMEOUT', `The provider did not answer in time (${code}).`, {
      retryable: true,
      cause,
    });
  }
  return new ProviderFailure('PROVIDER_ERROR', `The connection to the provider failed (${code}).`, {
    retryable: true,
    cause,
  });
}

function failureOfApiCall(error: APICallError, secret: string | null): ProviderFailure {
  const network = networkCode(error.cause);
  if (network !== null) return failureOfNetwork(network, error);
  const status = error.statusCode;
  if (status === undefined || (status >= 200 && status < 300)) return malformed(error);
  const body = error.responseBody ?? '';
  return failureOfResponse({ status, headers: error.responseHeaders ?? {}, body, cause: error }, secret);
}

const statusOfCodes: readonly (readonly [RegExp, number])[] = [
  [/rate_?limit|throttl|resource_?exhausted|too_?many_?requests|insufficient_quota|quota_?exceeded/, 429],
  [/overload|unavailable/, 503],
  [/auth|permission|api_key|access_?denied|expired_?token|unrecognized_?client/, 401],
  [/not_?found/, 404],
  [/timeout|deadline/, 504],
  [/invalid|bad_?request|context_length|content_filter|validation|moderation/, 400],
];
/** Where no code is named. */
const statusOfMessages: readonly (readonly [RegExp, number])[] = [
  [joinPatterns(/rate.?limit|too many requests|quota exceeded/, limitedInChinese), 429],
  [/overloaded|unavailable|at capacity/i, 503],
  [/unauthorized|invalid api key|authentication failed/i, 401],
  [/timed? ?out|deadline exceeded/i, 504],
];

function statusOfEvent(
  event: unknown,
  vendor: VendorError,
): { readonly status: number; readonly evidence?: string | undefined } {
  const { words, message } = vendor;
  const given = typeof event === 'object' && event !== null ? Reflect.get(event, 'statusCode') : undefined;
  if (typeof given === 'number') return { status: given };
  const inWords = /(?:^|\s)([45]\d\d)(?:\s|$)/.exec(words)?.[1];
  if (inWords !== undefined) return { status: Number(inWords) };
  const byCode = statusOfCodes.find(([pattern]) => pattern.test(words))?.[1];
  if (byCode !== undefined) return { status: byCode };
  const inMessage = /^\W{0,3}(?:(?:http|error|status|code)\W{1,3}){0,4}([45]\d\d)\b/i.exec(message)?.[1];
  if (inMessage !== undefined) return { status: Number(inMessage) };
  const byMessage = statusOfMessages.find(([pattern]) => pattern.test(message));
  if (byMessage === undefined) return { status: isInputTooLong(vendor) ? 400 : 500 };
  const [pattern, status] = byMessage;
  return { status, evidence: pattern.exec(message)?.[0] };
}

function toText(event: unknown): string {
  try {
    return JSON.stringify(event) ?? '';
  } catch (error) {
    expectError(error, TypeError, RangeError);
    return '';
  }
}

/** An error that came inside an answer with status 200: what it states decides. */
export function failureOfEvent(event: unknown, secret: string | null): ProviderFailure {
  const vendor = readVendorError(event);
  const found = statusOfEvent(event, vendor);
  return failureOfResponse({ ...found, headers: {}, body: toText(event), vendor, cause: event }, secret);
}

/**
 * Anything thrown on the way to a provider and back, in our words. An abort by the caller's signal stays the signal's
 * reason: it is not the provider's failure.
 */
export function toFailure(error: unknown, signal: AbortSignal | undefined, secret: string | null): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof ProviderFailure) return error;
  if (APICallError.isInstance(error)) return failureOfApiCall(error, secret);
  if (NoSuchModelError.isInstance(error)) {
    const { modelId, modelType } = error;
    return modelType === 'embeddingModel'
      ? new ProviderFailure('BAD_USER_INPUT', 'This provider does not embed.', {
          retryable: false,
          cause: error,
        })
      : new ProviderFailure('NOT_FOUND', `The provider has no model ${modelId}.`, {
          retryable: false,
          cause: error,
        });
  }
  if (
    UnsupportedFunctionalityError.isInstance(error) ||
    InvalidPromptError.isInstance(error) ||
    InvalidArgumentError.isInstance(error)
  ) {
    const words = presentable(error.message, secret);
    return new ProviderFailure('BAD_USER_INPUT', `This model cannot take the call: ${words}`, {
      retryable: false,
      cause: error,
    });
  }
  const network = networkCode(error);
  return network === null ? malformed(error) : failureOfNetwork(network, error);
}
