import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failureOfResponse } from './failure.ts';

/** Headers name instants to the second. */
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-01T12:00:00Z') }));
afterAll(() => void vi.useRealTimers());

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
    [404, { error: { message: 'Invalid API key or unknown path' } }, 'NOT_FOUND', false],
    [408, '', 'PROVIDER_TIMEOUT', true],
    [409, { error: { message: 'The request conflicted with another' } }, 'PROVIDER_ERROR', true],
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
    [
      499,
      { error: { status: 'CANCELLED', message: 'The operation was cancelled.' } },
      'PROVIDER_ERROR',
      true,
    ],
    [499, '', 'PROVIDER_ERROR', true],
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

  it.each([
    [400, 'invalid_request_error', 'You have reached your specified API usage limits.'],
    [400, 'Arrearage', 'Access denied, please make sure your account is in good standing.'],
    [403, 30001, 'Sorry, your account balance is insufficient'],
    [403, 'AllocationQuota.FreeTierOnly', 'The free tier of the model has been exhausted.'],
    [429, 'exceeded_current_quota_error', 'Your account is suspended, please check your plan and billing'],
    [412, undefined, 'Account x is suspended, possibly due to reaching the monthly spending limit'],
    [403, 'insufficient_user_quota', '用户额度不足'],
    [403, 'pre_consume_token_quota_failed', '预扣费额度失败'],
    [400, 'budget_exceeded', 'Budget has been exceeded! Current cost: 1, Max budget: 0.5'],
  ] as const)('takes HTTP %i with %s "%s" for an account that can pay no more', (status, code, message) => {
    const expected = { code: 'PROVIDER_RATE_LIMITED', retryable: false };
    expect(respond(status, { error: { code, message } })).toMatchObject(expected);
    expect(respond(status, { code, message })).toMatchObject(expected);
  });

  it.each([
    [400, 'This organization has been disabled.'],
    [400, 'Organization has been restricted. Please reach out to support.'],
    [412, 'The account x is suspended.'],
    [400, 'User location is not supported for the API use.'],
    [400, 'Your API key has been disabled'],
    [400, 'Missing Authentication header'],
    [500, 'login fail: Please carry the API secret key'],
  ] as const)(
    'takes HTTP %i "%s" for a refused key or account, and the next is called',
    (status, message) => {
      expect(respond(status, { error: { message } })).toMatchObject({
        code: 'PROVIDER_AUTH',
        retryable: false,
      });
    },
  );

  it.each([
    ['', 'The provided model identifier is invalid.'],
    ['', 'Invocation of model ID x with on-demand throughput isn’t supported.'],
    ['model_decommissioned', 'The model `x` has been decommissioned and is no longer supported.'],
    ['invalid_request_error', 'Model Not Exist'],
    ['model_not_supported', 'The requested model is not supported.'],
    ['', 'x/y:z is not a valid model ID'],
    ['', 'Unsupported model: x'],
    ['invalid_model', 'Invalid model: x'],
    ['', 'The model `x` does not exist'],
  ])('takes HTTP 400 with %j "%s" for a model that the provider does not have', (code, message) => {
    for (const status of [400, 422]) {
      expect(respond(status, { error: { code, message } })).toMatchObject({
        code: 'NOT_FOUND',
        retryable: false,
      });
    }
  });

  it.each([
    "Unsupported parameter: 'max_tokens' is not supported with this model.",
    'This model does not support tools.',
    'Invalid model parameter: temperature must be below 2',
    'Image input is not supported by model x',
    'The organization field is no field. A disabled tool was called.',
  ])('takes "%s" for a call that is wrong, not for a model or key that is', (message) => {
    expect(respond(400, { error: { message } })).toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
  });

  it.each([
    'Range of input length should be [1, 30720]',
    'Input validation error: `inputs` must have less than 4096 tokens. Given: 4500',
    'max_tokens must be at least 1, got -512.',
    'litellm.BadRequestError: AnthropicException - {"error":{"message":"prompt is too long: 3 tokens > 2 maximum"}}',
    'Prompt 超长',
  ])('knows that the input is too long from "%s"', (message) => {
    expect(respond(400, { error: { message } })).toMatchObject({
      code: 'CONTEXT_TOO_LONG',
      retryable: false,
    });
  });

  it.each([
    [
      { message: '系统检测到输入或生成内容可能包含不安全或敏感内容', code: '1301' },
      'CONTENT_FILTERED',
      false,
    ],
    [{ message: 'input new_sensitive (1026)', type: 'new_sensitive' }, 'CONTENT_FILTERED', false],
    [{ message: 'Too many tokens, please wait before trying again.' }, 'PROVIDER_RATE_LIMITED', true],
    [{ message: 'No capacity.', type: 'service_tier_capacity_exceeded' }, 'PROVIDER_RATE_LIMITED', true],
  ] as const)('takes HTTP 400 with %j for %s', (error, code, retryable) => {
    expect(respond(400, { error })).toMatchObject({ code, retryable });
  });
});
