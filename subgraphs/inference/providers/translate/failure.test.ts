import { describe, expect, it } from 'vitest';
import { failureOfEvent, failureOfResponse, toFailure } from './failure.ts';

const secret = 'sk-live-abcdefghijklmnop';

function respond(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return failureOfResponse({ status, headers, body: text }, secret);
}

describe('failures', () => {
  it.each([
    [401, { error: { message: 'Incorrect API key provided' } }, 'PROVIDER_AUTH', false],
    [403, { message: 'forbidden' }, 'PROVIDER_AUTH', false],
    [400, { error: { message: 'API key not valid. Please pass a valid API key.' } }, 'PROVIDER_AUTH', false],
    [402, { error: { message: 'Insufficient Balance' } }, 'PROVIDER_RATE_LIMITED', false],
    [404, { error: { message: 'The model `x` does not exist' } }, 'NOT_FOUND', false],
    [408, '', 'PROVIDER_TIMEOUT', true],
    [413, { error: { type: 'request_too_large' } }, 'CONTEXT_TOO_LONG', false],
    [429, { error: { message: 'Rate limit reached' } }, 'PROVIDER_RATE_LIMITED', true],
    [
      429,
      { error: { code: 'insufficient_quota', message: 'You exceeded your quota' } },
      'PROVIDER_RATE_LIMITED',
      false,
    ],
    [500, 'oops', 'PROVIDER_ERROR', true],
    [503, '', 'PROVIDER_ERROR', true],
    [504, '', 'PROVIDER_TIMEOUT', true],
    [529, { error: { type: 'overloaded_error', message: 'Overloaded' } }, 'PROVIDER_ERROR', true],
    [302, '', 'PROVIDER_ERROR', false],
    [422, { detail: [{ msg: 'field required' }] }, 'BAD_USER_INPUT', false],
    [400, { error: { message: 'temperature must be below 2' } }, 'BAD_USER_INPUT', false],
    [400, { error: { code: 'context_length_exceeded', message: 'too big' } }, 'CONTEXT_TOO_LONG', false],
    [
      400,
      { error: { message: 'prompt is too long: 210000 tokens > 200000 maximum' } },
      'CONTEXT_TOO_LONG',
      false,
    ],
    [
      400,
      { error: { message: "This model's maximum context length is 8192 tokens" } },
      'CONTEXT_TOO_LONG',
      false,
    ],
    [
      400,
      { error: { message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).' } },
      'CONTEXT_TOO_LONG',
      false,
    ],
    [400, { message: 'Input is too long for requested model.' }, 'CONTEXT_TOO_LONG', false],
    [
      400,
      { error: { code: 'content_filter', message: 'The response was filtered' } },
      'CONTENT_FILTERED',
      false,
    ],
    [
      400,
      { error: { message: 'Your credit balance is too low to access the API' } },
      'PROVIDER_RATE_LIMITED',
      false,
    ],
  ] as const)('reads HTTP %i with %j as %s', (status, body, code, retryable) => {
    expect(respond(status, body)).toMatchObject({ code, retryable, status });
  });

  it.each([
    [
      'OpenAI',
      400,
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000",
    ],
    [
      'OpenAI responses',
      400,
      'Your input exceeds the context window of this model. Please adjust your input',
    ],
    [
      'Anthropic',
      400,
      'input length and `max_tokens` exceed context limit: 199999 + 4096 > 200000, decrease input',
    ],
    ['Anthropic', 400, 'messages.1.content.0.text: prompt is too long: 202128 tokens > 200000 maximum'],
    [
      'Gemini',
      400,
      'The input token count (1054016) exceeds the maximum number of tokens allowed (1048576).',
    ],
    [
      'Vertex',
      400,
      'Unable to submit request because the input token count is 40000 but model only supports up to 32768.',
    ],
    ['Bedrock', 400, 'The model returned the following errors: Input is too long for requested model.'],
    ['Bedrock', 400, 'Input Tokens Exceeded: Number of input tokens exceeds maximum length.'],
    [
      'Mistral',
      400,
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    ],
    ['Cohere', 400, 'too many tokens: total number of tokens in the request cannot exceed 128000'],
    ['Groq', 400, 'Please reduce the length of the messages or completion.'],
    ['xAI', 400, "This model's maximum prompt length is 131072 but the request contains 136973 tokens."],
    [
      'Together',
      400,
      'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 `inputs` tokens',
    ],
    ['Fireworks', 400, 'The prompt is too long: 150000, model maximum context length: 131071'],
    [
      'Cerebras',
      400,
      'Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192',
    ],
    ['vLLM', 400, 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.'],
    ['Ollama', 400, 'the input length exceeds the context length'],
    ['llama.cpp', 400, 'the request exceeds the available context size, try increasing it'],
    [
      'OpenRouter',
      400,
      "This endpoint's maximum context length is 32768 tokens. However, you requested about 40000",
    ],
  ] as const)('knows from the words of %s (HTTP %i) that the input is too long: %s', (_, status, message) => {
    expect(respond(status, { error: { message } })).toMatchObject({
      code: 'CONTEXT_TOO_LONG',
      retryable: false,
    });
  });

  it.each([
    [
      'OpenAI',
      400,
      { code: 'invalid_prompt', message: 'Invalid prompt: your prompt was flagged as violating our policy' },
    ],
    [
      'OpenAI',
      400,
      { code: 'moderation_blocked', message: 'Your request was rejected by the safety system.' },
    ],
    [
      'Azure',
      400,
      { code: 'content_filter', message: "triggering Azure OpenAI's content management policy" },
    ],
    [
      'Anthropic',
      400,
      { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
    ],
    ['DeepSeek', 400, { code: 'invalid_request_error', message: 'Content Exists Risk' }],
    [
      'xAI',
      403,
      'Content violates usage guidelines. Team: t-1, API key ID: k-1, Failed check: SAFETY_CHECK_TYPE_BIO',
    ],
    [
      'DashScope',
      400,
      { code: 'data_inspection_failed', message: 'Input data may contain inappropriate content.' },
    ],
  ] as const)('knows from the words of %s (HTTP %i) that the content was refused: %j', (_, status, error) => {
    const failure = respond(status, { error });
    expect(failure).toMatchObject({ code: 'CONTENT_FILTERED', retryable: false });
    expect(failure.message).not.toContain('k-1');
  });

  it.each([
    [400, { message: 'max_tokens: 9000 > 8192, which is the maximum allowed number of output tokens' }],
    [
      400,
      { message: '`max_tokens` must be less than or equal to `16384`, the maximum value for `max_tokens`' },
    ],
    [400, { message: 'top_p cannot be used over this context of sampling' }],
    [400, { message: 'Invalid value: overrides is no field. Tokens must be text.' }],
  ])('does not take HTTP %i %j for an input that is too long', (status, error) => {
    expect(respond(status, { error })).toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
  });

  it.each([
    [
      400,
      { code: 'tool_use_failed', message: 'Failed to call a function. Please adjust your prompt.' },
      'PROVIDER_ERROR',
    ],
    [400, { code: 'json_validate_failed', message: 'Failed to generate JSON.' }, 'PROVIDER_ERROR'],
    [498, { code: 'capacity_exceeded', message: 'Flex tier capacity exceeded' }, 'PROVIDER_ERROR'],
    [424, { message: 'Failed dependency' }, 'PROVIDER_ERROR'],
  ] as const)('takes HTTP %i %j for a failure of the provider that may pass', (status, error, code) => {
    expect(respond(status, { error })).toMatchObject({ code, retryable: true });
  });

  it('tells how long to wait, from whichever header or body says so', () => {
    expect(respond(429, '', { 'retry-after': '7' }).retryAfterMs).toBe(7000);
    expect(respond(429, '', { 'retry-after-ms': '1500', 'retry-after': '7' }).retryAfterMs).toBe(1500);
    const date = new Date(Date.now() + 60_000).toUTCString();
    expect(respond(429, '', { 'retry-after': date }).retryAfterMs).toBeGreaterThan(55_000);
    expect(respond(429, '', { 'retry-after': date }).retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(respond(429, '', { 'retry-after': 'soon' }).retryAfterMs).toBeNull();
    expect(respond(429, '', { 'retry-after': '-5' }).retryAfterMs).toBe(0);
    expect(respond(429, '', { 'retry-after': '999999999' }).retryAfterMs).toBe(86_400_000);
    const google = { error: { code: 429, details: [{ '@type': 'RetryInfo', retryDelay: '34.07s' }] } };
    expect(respond(429, google).retryAfterMs).toBe(34_070);
    expect(respond(500, '').retryAfterMs).toBeNull();
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
      'said so',
      { response: { error: { message: 'said so' } } },
    ]) {
      expect(respond(400, shape).message).toContain('said so');
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

  it('tells timeouts of the network from other breaks, and an abort from both', () => {
    const of = (code: string) => toFailure(Object.assign(new Error('x'), { code }), undefined, null);
    expect(of('UND_ERR_CONNECT_TIMEOUT')).toMatchObject({ code: 'PROVIDER_TIMEOUT', retryable: true });
    expect(of('ECONNREFUSED')).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    const reason = new Error('left');
    expect(toFailure(new Error('x'), AbortSignal.abort(reason), null)).toBe(reason);
    expect(toFailure(new Error('no idea'), undefined, null)).toMatchObject({ code: 'PROVIDER_ERROR' });
  });
});
