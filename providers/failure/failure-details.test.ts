import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failureOfEvent, failureOfResponse, toFailure } from './failure.ts';

/** Headers name instants to the second. */
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-01T12:00:00Z') }));
afterAll(() => void vi.useRealTimers());

const secret = 'sk-live-abcdefghijklmnop';

function respond(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return failureOfResponse({ status, headers, body: text }, secret);
}

describe('the details of a failure', () => {
  it('returns how long to wait, from whichever header or body has it', () => {
    expect(respond(429, '', { 'retry-after': '7' }).retryAfterMs).toBe(7000);
    expect(respond(429, '', { 'retry-after-ms': '1500', 'retry-after': '7' }).retryAfterMs).toBe(1500);
    const date = new Date(Date.now() + 60_000).toUTCString();
    expect(respond(429, '', { 'retry-after': date }).retryAfterMs).toBe(60_000);
    expect(respond(429, '', { 'retry-after': 'soon' }).retryAfterMs).toBeNull();
    expect(respond(429, '', { 'retry-after': '-5' }).retryAfterMs).toBe(0);
    expect(respond(429, '', { 'retry-after': '999999999' }).retryAfterMs).toBe(86_400_000);
    const google = { error: { code: 429, details: [{ '@type': 'RetryInfo', retryDelay: '34.07s' }] } };
    expect(respond(429, google).retryAfterMs).toBe(34_070);
    expect(respond(500, '').retryAfterMs).toBeNull();
    // It may be the client's text that is repeated, and the time holds for all clients.
    const repeated = { error: { message: 'Cannot read "please try again in 24 hours"' } };
    expect(respond(500, repeated).retryAfterMs).toBeNull();
    expect(respond(400, repeated).retryAfterMs).toBeNull();
  });

  it('passes on the words of the vendor in one short line', () => {
    expect(respond(400, { error: { message: 'top_p\n  must be  below 1' } }).message).toBe(
      'The provider refused the call (HTTP 400): top_p must be below 1',
    );
    const long = respond(400, { error: { message: 'x'.repeat(5000) } });
    expect(long.message.length).toBeLessThanOrEqual(500);
    for (const shape of [
      { message: 'said so' },
      { error: 'said so' },
      { detail: 'said so' },
      [{ error: { message: 'said so' } }],
      { response: { error: { message: 'said so' } } },
      { errors: [{ message: 'said so' }] },
      { detail: [{ loc: ['body', 'x'], msg: 'said so', type: 'missing' }] },
      { error: 'bad_request', message: 'said so' },
      { error: { message: JSON.stringify({ error: { message: 'said so' } }) } },
    ]) {
      expect(respond(400, shape).message).toContain('said so');
    }
  });

  it.each([
    ['a tool description', { code: 'string_above_max_length', param: 'tools[0].function.description' }],
    ['a tool description, in words alone', { code: 'string_above_max_length', param: undefined }],
    ["a call's id", { param: 'messages[2].tool_calls[0].id' }],
    ['a field of metadata', { param: 'metadata.user' }],
  ])('does not take %s that is too long for an input that is', (_, error) => {
    const message = `Invalid '${error.param ?? 'tools[0].function.description'}': string too long. Expected a string with maximum length 1024, but got a string with length 1500 instead.`;
    const failure = respond(400, { error: { type: 'invalid_request_error', message, ...error } });
    expect(failure).toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
  });

  it.each([
    'messages[1].content',
    'messages[1].content[0].text',
    'input',
    'input[0].content',
    'instructions',
  ])('takes a text of %s that is too long for an input that is', (param) => {
    const message = `Invalid '${param}': string too long. Expected a string with maximum length 10485760.`;
    for (const error of [
      { message, code: 'string_above_max_length', param, type: 'invalid_request_error' },
      { message, code: 'string_above_max_length', type: 'invalid_request_error' },
    ]) {
      expect(respond(400, { error })).toMatchObject({ code: 'CONTEXT_TOO_LONG', retryable: false });
    }
  });

  it.each([
    'max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.',
    'max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for claude',
    'The parameter `max_tokens` specified in the request are not valid: integer above maximum value',
    'The maximum tokens you requested exceeds the model limit of 4096. Try again with a lower value.',
    'max_completion_tokens exceeds the maximum number of tokens allowed (32768).',
    'Invalid request: the tool description is too long',
    'The image is too large: 6 MB > 5 MB',
    'The name of the function is too long',
    "Unknown parameter: 'context_length'.",
    'tools.0.custom.description: String should have at most 1024 characters',
    'messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes',
    'stop: too many entries, maximum length 4',
    'The request has an invalid temperature, which is too large',
  ])('does not take it for an input that is too long: %s', (message) => {
    for (const error of [
      { message },
      { message, type: 'invalid_request_error' },
      { message, type: 'invalid_request_error', code: 'invalid_request_error' },
    ]) {
      expect(respond(400, { error })).toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
    }
  });

  it.each([
    "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
    'Requested tokens (1762) exceed context window of 512',
    'request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it',
    "'max_tokens' is too large: 4096. This model's maximum context length is 8192 tokens and your request has 5000 input tokens",
    "Requested token count exceeds the model's maximum context length of 32768 tokens.",
    'Your message is too long',
    'input length exceeds limit of 8192 tokens',
  ])('takes it for an input that is too long, with 400 and with 500: %s', (message) => {
    for (const status of [400, 422, 500]) {
      expect(respond(status, { error: { message } })).toMatchObject({ code: 'CONTEXT_TOO_LONG' });
    }
  });

  it.each([
    [403, { message: 'Your chosen model requires moderation and your input was flagged', code: 403 }],
    [403, { message: 'refused', code: 403, metadata: { reasons: ['violence'], flagged_input: 'private' } }],
    [400, { message: 'The response was filtered', innererror: { code: 'ResponsibleAIPolicyViolation' } }],
    [451, { message: 'Your prompt was flagged' }],
    [500, { message: 'blocked', code: 'content_policy_violation' }],
    [429, { message: 'refused', code: 'content_filter' }],
  ])('knows with HTTP %i that content was refused: %j', (status, error) => {
    const failure = respond(status, { error });
    expect(failure).toMatchObject({ code: 'CONTENT_FILTERED', retryable: false });
    expect(failure.message).not.toContain('private');
  });

  it.each([
    [403, { message: 'Your account was flagged for review' }, 'PROVIDER_AUTH'],
    [403, { message: 'You have used all available credits' }, 'PROVIDER_RATE_LIMITED'],
    [403, { code: 'model_not_found', message: 'Project has no access to model `x`' }, 'NOT_FOUND'],
    [403, { errors: [{ reason: 'rateLimitExceeded', message: 'Quota' }] }, 'PROVIDER_RATE_LIMITED'],
    [400, { __type: 'ThrottlingException', message: 'Too many requests' }, 'PROVIDER_RATE_LIMITED'],
    [500, { code: 429, message: 'upstream is busy' }, 'PROVIDER_RATE_LIMITED'],
    [502, { type: 'authentication_error', message: 'bad key' }, 'PROVIDER_AUTH'],
    [
      500,
      { code: 'insufficient_quota', message: 'You exceeded your current quota' },
      'PROVIDER_RATE_LIMITED',
    ],
    [410, { message: 'The model has been retired' }, 'NOT_FOUND'],
    [524, { message: 'A timeout occurred' }, 'PROVIDER_TIMEOUT'],
  ] as const)('reads HTTP %i with %j by its meaning: %s', (status, error, code) => {
    expect(respond(status, 'errors' in error ? error : { error })).toMatchObject({ code });
  });

  // One client chooses what these are about: nothing follows for the calls of others.
  it.each([
    [
      402,
      'This request requires more credits, or fewer max_tokens. You can only afford 26',
      'PROVIDER_RATE_LIMITED',
    ],
    [404, 'No endpoints found that support image input', 'NOT_FOUND'],
    [404, 'No endpoints found that support tool use. To learn more, visit https://x', 'NOT_FOUND'],
    [404, 'No endpoints found that can handle the requested parameters.', 'NOT_FOUND'],
    [429, 'Request too large for m on tokens per min (TPM): Limit 3, Requested 5.', 'CONTEXT_TOO_LONG'],
    [429, 'The input or output tokens must be reduced in order to run successfully.', 'CONTEXT_TOO_LONG'],
    [403, 'You do not have permission to access the File abc or it may not exist.', 'BAD_USER_INPUT'],
    [403, 'Failed to download the image: 403 Forbidden', 'BAD_USER_INPUT'],
    [404, 'File not found: file_abc', 'BAD_USER_INPUT'],
    [408, 'Timeout while downloading https://a/b.png', 'BAD_USER_INPUT'],
    [424, 'Failed to download the image', 'BAD_USER_INPUT'],
    [500, 'Error fetching the provided URL', 'BAD_USER_INPUT'],
    [504, 'Timeout while fetching image', 'BAD_USER_INPUT'],
  ] as const)('knows with HTTP %i that the call is meant: %s', (status, message, code) => {
    const isAboutCall = code === 'PROVIDER_RATE_LIMITED' || code === 'NOT_FOUND';
    expect(respond(status, { error: { message } })).toMatchObject({ code, retryable: false, isAboutCall });
  });

  it.each([
    [400, { message: "Invalid schema for function 'invalid_api_key'" }, 'PROVIDER_AUTH', 'invalid_api_key'],
    [422, { message: 'No such tool: api_key_invalid' }, 'PROVIDER_AUTH', 'api_key_invalid'],
    [500, { message: "Cannot read 'insufficient_quota'" }, 'PROVIDER_RATE_LIMITED', 'insufficient_quota'],
    [400, { message: 'API key not valid. Pass a valid one.' }, 'PROVIDER_AUTH', 'API key not valid'],
    [400, { code: 'invalid_api_key', message: 'invalid_api_key' }, 'PROVIDER_AUTH', null],
    [401, { message: 'Invalid API key' }, 'PROVIDER_AUTH', null],
    [429, { code: 'insufficient_quota', message: 'x' }, 'PROVIDER_RATE_LIMITED', null],
  ] as const)('keeps the words that alone reported it, with HTTP %i: %j', (status, error, code, evidence) => {
    expect(respond(status, { error })).toMatchObject({ code, evidence });
  });

  it('keeps the words that alone determined the status of an error in an answer', () => {
    const readEvidence = (error: unknown) => failureOfEvent({ error }, secret).evidence;
    expect(readEvidence({ message: 'No such tool: rate_limit' })).toBe('rate_limit');
    expect(readEvidence({ message: 'Cannot call "unauthorized"' })).toBe('unauthorized');
    expect(readEvidence({ type: 'rate_limit_error', message: 'rate limit' })).toBeNull();
  });

  it('returns the error of the provider behind a proxy, at any depth within reason', () => {
    const inner = {
      error: {
        message: "This model's maximum context length is 8192 tokens",
        code: 'context_length_exceeded',
      },
    };
    let error: object = inner;
    for (let depth = 0; depth < 2; depth++) {
      const metadata = { raw: JSON.stringify(error), provider_name: 'X' };
      error = { error: { message: 'Provider returned error', code: 400, metadata } };
      const failure = respond(400, error);
      expect(failure).toMatchObject({ code: 'CONTEXT_TOO_LONG', retryable: false });
      expect(failure.message).toContain('8192 tokens');
      expect(failureOfEvent(error, null)).toMatchObject({ code: 'CONTEXT_TOO_LONG' });
    }
    const raw = {
      error: { message: 'Provider returned error', code: 429, metadata: { raw: 'x is limited upstream' } },
    };
    expect(respond(429, raw).message).toContain('x is limited upstream');
    const deep = `${'{"error":'.repeat(5_000)}"the end"${'}'.repeat(5_000)}`;
    expect(respond(400, deep)).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it.each([
    ['x-ratelimit-reset-requests', '20s', 20_000],
    ['x-ratelimit-reset-requests', '1m30.5s', 90_500],
    ['x-ratelimit-reset-tokens', '6ms', 6],
    ['x-ratelimit-reset-tokens', '7', 7_000],
    ['ratelimit-reset', '12', 12_000],
    ['retry-after', '1.5', 1_500],
    ['retry-after', '20s', 20_000],
    ['retry-after', '30, 30', 30_000],
    ['retry-after-ms', '1500.2', 1_501],
    ['x-ratelimit-reset-requests', '90h', 86_400_000],
    ['x-ratelimit-reset-requests', 'soon', null],
    ['x-rate-limit-reset', '12', 12_000],
    ['x-ms-retry-after-ms', '1500', 1_500],
    ['ratelimit', '"default";r=0;t=30', 30_000],
    ['ratelimit', 'limit=10, remaining=0, reset=30', 30_000],
    ['ratelimit', '"default";r=5;t=30', null],
  ] as const)('waits as %s: %s states', (name, value, ms) => {
    expect(respond(429, { error: { message: 'slow down' } }, { [name]: value }).retryAfterMs).toBe(ms);
  });

  it.each([
    ['anthropic-ratelimit-requests-reset', (ms: number) => new Date(ms).toISOString()],
    ['x-ratelimit-reset', (ms: number) => String(ms)],
    ['x-ratelimit-reset', (ms: number) => String(ms / 1000)],
    ['retry-after', (ms: number) => new Date(ms).toUTCString()],
  ] as const)('waits until the instant that %s names', (name, write) => {
    expect(respond(429, '', { [name]: write(Date.now() + 20_000) }).retryAfterMs).toBe(20_000);
    expect(respond(429, '', { [name]: write(Date.now() - 20_000) }).retryAfterMs).toBe(0);
  });

  it('waits for the limit that is exhausted, and for the longest where several are', () => {
    const of = (headers: Record<string, string>) => respond(429, '', headers).retryAfterMs;
    const two = { 'x-ratelimit-reset-requests': '1h', 'x-ratelimit-reset-tokens': '3s' };
    const left = (requests: string, tokens: string) => ({
      'x-ratelimit-remaining-requests': requests,
      'x-ratelimit-remaining-tokens': tokens,
    });
    expect(of({ ...two, ...left('10', '0') })).toBe(3_000);
    expect(of({ ...two, ...left('0', '500') })).toBe(3_600_000);
    expect(of({ ...two, ...left('0', '0') })).toBe(3_600_000);
    expect(of({ ...two, ...left('5', '500') })).toBeNull();
    expect(respond(500, '', two).retryAfterMs).toBeNull();
    expect(
      of({
        'anthropic-ratelimit-input-tokens-reset': new Date(Date.now() + 60_000).toISOString(),
        'anthropic-ratelimit-input-tokens-remaining': '9000',
        'anthropic-ratelimit-requests-reset': new Date(Date.now()).toISOString(),
        'anthropic-ratelimit-requests-remaining': '0',
      }),
    ).toBe(0);
  });

  it.each([
    [
      'Rate limit reached for x. Limit 3, Used 3, Requested 1. Please try again in 20s. Visit the page.',
      20_000,
    ],
    ['Please try again in 1m2s.', 62_000],
    ['try again in 350ms', 350],
    ['Please retry after 6 seconds.', 6_000],
    ['Please retry in 34.07s.', 34_070],
    ['Please try again in 7m12.5s', 432_500],
    ['Try again in 2 minutes and 5 seconds', 125_000],
    ['Please try again later', null],
    ['You may make 30 calls in 60 s', null],
  ] as const)('waits as the words state: %s', (message, ms) => {
    expect(respond(429, { error: { message } }).retryAfterMs).toBe(ms);
    expect(failureOfEvent({ error: { message, code: 429 } }, null).retryAfterMs).toBe(ms);
    expect(respond(429, message).retryAfterMs).toBe(ms);
  });

  it('waits as a field of the body states', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '20s' }];
    expect(respond(429, [{ error: { code: 429, details } }]).retryAfterMs).toBe(20_000);
    expect(respond(429, { error: { message: 'x', retry_after: 12 } }).retryAfterMs).toBe(12_000);
    expect(respond(429, { error: { message: 'x', resets_in_seconds: 12 } }).retryAfterMs).toBe(12_000);
    const soon = new Date(Date.now() + 20_000).toISOString();
    for (const message of [`Try again at ${soon}.`, `Your limit resets on ${soon.replace('T', ' at ')}`]) {
      expect(respond(429, { error: { message } }).retryAfterMs).toBe(20_000);
    }
    const month = { message: 'You have reached your specified API usage limits. You will regain access on ' };
    const regained = respond(400, { error: { message: `${month.message}2999-01-01 at 00:00 UTC.` } });
    expect(regained.retryAfterMs).toBe(86_400_000);
    const headers = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(Date.now() + 9_000) };
    const limited = respond(429, { error: { message: 'x', code: 429, metadata: { headers } } });
    expect(limited.retryAfterMs).toBe(9_000);
  });

  it.each([
    'SECRET-TOKEN=abc123 internal',
    '"SECRET-TOKEN=abc123"',
    'upstream said no',
    '\u001f\u008b\b\0\0\ufffd\ufffd',
  ])('does not pass on a body that is no JSON, though it may decide: %s', (body) => {
    expect(respond(400, body).message).toBe('The provider refused the call (HTTP 400).');
    expect(respond(404, body).message).toBe('The provider has no such model (HTTP 404).');
    expect(respond(400, `${body}: maximum context length exceeded`).code).toBe('CONTEXT_TOO_LONG');
  });

  it('shows no noise and no control characters', () => {
    for (const message of ['a\u001fb', 'a\ufffdb', 'a\0b']) {
      expect(respond(400, { error: { message } }).message).toBe('The provider refused the call (HTTP 400).');
    }
    expect(respond(400, { error: { message: 'a\r\n\tb\u2028c' } }).message).toMatch(/: a b c$/);
  });

  it.each([
    `ghp_${'aB3'.repeat(12)}`,
    `AKIA${'A1'.repeat(8)}`,
    `sk-proj-${'aB3'.repeat(14)}`,
    'https://user:hunter22@host.test/',
    'Authorization: Basic dXNlcjpwYXNz',
  ])("takes %s out of a vendor's words", (text) => {
    const failure = respond(400, { error: { message: `before ${text} after` } });
    expect(failure.message).toMatch(/before .*\*\*\*.*after$/);
    for (const secretPart of ['aB3', 'A1A1', 'hunter22', 'dXNlcjpwYXNz']) {
      expect(failure.message).not.toContain(secretPart);
    }
  });

  it('shows no page of HTML', () => {
    const { message } = respond(
      502,
      '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>',
    );
    expect(message).toBe('The provider failed (HTTP 502).');
  });

  it('shows no secret: not the credential, nothing shaped like one, nothing at all of a refused key', () => {
    expect(respond(400, { error: { message: `key ${secret} has no access` } }).message).not.toContain(
      'abcdefgh',
    );
    expect(respond(400, { error: { message: 'use AIzaSyA1234567890abcdefghij' } }).message).not.toContain(
      'AIzaSy',
    );
    expect(respond(400, { error: { message: 'Authorization: Bearer abc.def' } }).message).not.toContain(
      'abc.def',
    );
    expect(respond(401, { error: { message: 'Incorrect key: sk-l*****mnop' } }).message).toBe(
      'The provider refused our credential (HTTP 401).',
    );
    const pair = failureOfResponse({ status: 400, headers: {}, body: '"no WJALRXUT here"' }, 'AKIA:WJALRXUT');
    expect(pair.message).not.toContain('WJALRXUT');
  });

  it('reads errors that come inside a stream', () => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(failureOfEvent(overloaded, null)).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    expect(failureOfEvent({ error: { type: 'rate_limit_error', message: 'slow down' } }, null)).toMatchObject(
      {
        code: 'PROVIDER_RATE_LIMITED',
      },
    );
    expect(
      failureOfEvent({ error: { code: 400, message: 'maximum context length is 1' } }, null),
    ).toMatchObject({
      code: 'CONTEXT_TOO_LONG',
    });
    const perMinute = { message: 'Limit 6000, used 5990', type: 'tokens', code: 'rate_limit_exceeded' };
    expect(failureOfEvent({ error: perMinute }, null)).toMatchObject({
      code: 'PROVIDER_RATE_LIMITED',
      retryable: true,
    });
    expect(failureOfEvent('boom', null)).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    expect(failureOfEvent({ message: 'slow', statusCode: 429 }, null)).toMatchObject({
      code: 'PROVIDER_RATE_LIMITED',
    });
  });

  it('distinguishes timeouts of the network from other breaks, and an abort from both', () => {
    const of = (code: string) => toFailure(Object.assign(new Error('x'), { code }), undefined, null);
    expect(of('UND_ERR_CONNECT_TIMEOUT')).toMatchObject({ code: 'PROVIDER_TIMEOUT', retryable: true });
    expect(of('ECONNREFUSED')).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    const reason = new Error('left');
    expect(toFailure(new Error('x'), AbortSignal.abort(reason), null)).toBe(reason);
    expect(toFailure(new Error('no idea'), undefined, null)).toMatchObject({ code: 'PROVIDER_ERROR' });
  });
});
