import type { ErrorCode } from '#core/errors.ts';
import type { presetKinds } from './preset-kinds.ts';

export type PresetKind = (typeof presetKinds)[number];

/** What a vendor's answers have of their own, in the form of its reference. */
export interface PresetWire {
  readonly model: string;
  /** The field of the reasoning; null: its models give none. */
  readonly reasoning: 'reasoning_content' | 'reasoning' | null;
  /** Fields beside the choices. */
  readonly beside?: { readonly system_fingerprint?: string | null; readonly [field: string]: unknown };
  /** Counts beside the three common ones. */
  readonly counts?: object;
  /** Where a stream has its usage: in an event of its own, in the last one, or in its choice. */
  readonly usageIn?: 'event' | 'last' | 'choice';
  /** Ids of calls, where they are of a form of their own. */
  readonly callId?: string;
  /** An error: status, body, our code, and words of it that the client reads, unless they may hold a key. */
  readonly error: readonly [status: number, body: object, code: ErrorCode, words?: string];
}

const openaiError = (message: string, more: object = {}) => ({ error: { message, ...more } });

/** Each preset kind's answers. */
export const presetWires: Readonly<Record<PresetKind, PresetWire>> = {
  AI21: {
    model: 'jamba-large',
    reasoning: null,
    beside: { meta: { requestDurationMillis: 113 } },
    usageIn: 'last',
    error: [
      422,
      { detail: [{ loc: ['body', 'n'], msg: 'value is too large', type: 'value_error' }] },
      'BAD_USER_INPUT',
      'too large',
    ],
  },
  BASETEN: {
    model: 'deepseek-ai/DeepSeek-V3.1',
    reasoning: 'reasoning_content',
    error: [404, { error: 'The model is not available on Model APIs.' }, 'NOT_FOUND', 'not available'],
  },
  CLOUDFLARE: {
    model: '@cf/openai/gpt-oss-120b',
    reasoning: 'reasoning_content',
    beside: { prompt_logprobs: null, kv_transfer_params: null },
    callId: 'chatcmpl-tool-0123456789abcdef',
    error: [
      401,
      {
        success: false,
        errors: [{ code: 10000, message: 'Authentication error' }],
        messages: [],
        result: null,
      },
      'PROVIDER_AUTH',
    ],
  },
  DATABRICKS: {
    model: 'databricks-claude-sonnet-4-5',
    reasoning: null,
    usageIn: 'last',
    callId: 'toolu_bdrk_01ABC',
    error: [
      429,
      {
        error_code: 'REQUEST_LIMIT_EXCEEDED',
        message: 'Exceeded workspace input tokens per minute rate limit.',
      },
      'PROVIDER_RATE_LIMITED',
      'rate limit',
    ],
  },
  DEEPINFRA: {
    model: 'google/gemini-2.5-flash',
    reasoning: 'reasoning_content',
    counts: { estimated_cost: 0.00012 },
    error: [
      402,
      { detail: { error: 'inference prohibited, please enter a payment method' } },
      'PROVIDER_RATE_LIMITED',
      'payment',
    ],
  },
  GITHUB_MODELS: {
    model: 'openai/gpt-4.1',
    reasoning: null,
    beside: {
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
      system_fingerprint: 'fp_1',
    },
    error: [
      401,
      openaiError('Bad credentials', { code: 'unauthorized', details: 'Bad credentials' }),
      'PROVIDER_AUTH',
    ],
  },
  HUGGING_FACE: {
    model: 'openai/gpt-oss-120b:cerebras',
    reasoning: 'reasoning',
    counts: { prompt_tokens_details: { cached_tokens: 8 } },
    error: [
      400,
      openaiError("The requested model 'x' is not supported by any provider you have enabled.", {
        code: 'model_not_supported',
      }),
      'NOT_FOUND',
      'not supported',
    ],
  },
  HYPERBOLIC: {
    model: 'meta-llama/Llama-3.3-70B-Instruct',
    reasoning: null,
    error: [
      400,
      { object: 'error', message: 'top_p must be in (0, 1].', type: 'BadRequestError', code: 400 },
      'BAD_USER_INPUT',
      'top_p',
    ],
  },
  INFERENCE_NET: {
    model: 'meta-llama/llama-3.2-11b-instruct/fp-16',
    reasoning: null,
    error: [401, openaiError('Invalid API key', { type: 'invalid_request_error' }), 'PROVIDER_AUTH'],
  },
  LITELLM: {
    model: 'anthropic/claude-sonnet-4-5',
    reasoning: 'reasoning_content',
    counts: { cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    error: [
      400,
      openaiError('litellm.BadRequestError: Invalid model name passed in model=x', {
        type: null,
        param: null,
        code: '400',
      }),
      'NOT_FOUND',
      'Invalid model name',
    ],
  },
  LLAMA_CPP: {
    model: 'gpt-oss-20b',
    reasoning: 'reasoning_content',
    beside: { timings: { cache_n: 0, prompt_n: 31, prompt_ms: 20.5, predicted_n: 17 } },
    error: [
      503,
      openaiError('Loading model', { code: 503, type: 'unavailable_error' }),
      'PROVIDER_ERROR',
      'Loading model',
    ],
  },
  LM_STUDIO: {
    model: 'qwen/qwen3-4b',
    reasoning: 'reasoning_content',
    beside: { stats: {}, system_fingerprint: 'qwen3-4b' },
    callId: '365174485',
    error: [
      400,
      openaiError(
        'Trying to keep the first 9000 tokens when context overflows. However, the model is loaded with context length of only 4096 tokens.',
      ),
      'CONTEXT_TOO_LONG',
      'context length',
    ],
  },
  MINIMAX: {
    model: 'MiniMax-M2.7',
    reasoning: null,
    beside: {
      input_sensitive: false,
      output_sensitive: false,
      base_resp: { status_code: 0, status_msg: '' },
    },
    counts: { total_characters: 0, completion_tokens_details: { reasoning_tokens: 5 } },
    callId: 'call_function_0123_1',
    error: [
      401,
      {
        type: 'error',
        error: { type: 'authorized_error', message: 'invalid api key (2049)', http_code: '401' },
      },
      'PROVIDER_AUTH',
    ],
  },
  MOONSHOT: {
    model: 'kimi-k2.6',
    reasoning: 'reasoning_content',
    counts: { cached_tokens: 10 },
    usageIn: 'choice',
    callId: 'get_weather:0',
    error: [
      429,
      openaiError('Your account is suspended, please check your plan and billing details', {
        type: 'exceeded_current_quota_error',
      }),
      'PROVIDER_RATE_LIMITED',
      'billing',
    ],
  },
  NEBIUS: {
    model: 'deepseek-ai/DeepSeek-R1-0528',
    reasoning: 'reasoning_content',
    error: [404, { detail: 'The model `x` does not exist.' }, 'NOT_FOUND', 'does not exist'],
  },
  NOVITA: {
    model: 'deepseek/deepseek-v3.1',
    reasoning: 'reasoning_content',
    beside: { system_fingerprint: '' },
    error: [
      403,
      { code: 403, reason: 'NOT_ENOUGH_BALANCE', message: 'not enough balance', metadata: {} },
      'PROVIDER_RATE_LIMITED',
    ],
  },
  NVIDIA: {
    model: 'nvidia/llama-3.3-nemotron-super-49b-v1.5',
    reasoning: 'reasoning_content',
    callId: 'chatcmpl-tool-0a1b2c3d',
    error: [
      404,
      { status: 404, title: 'Not Found', detail: "Function '0a1b': Not found for account 'abc'" },
      'NOT_FOUND',
      'Not found',
    ],
  },
  OVHCLOUD: {
    model: 'gpt-oss-120b',
    reasoning: 'reasoning',
    error: [429, { message: 'API rate limit exceeded' }, 'PROVIDER_RATE_LIMITED', 'rate limit'],
  },
  QWEN: {
    model: 'qwen3-max',
    reasoning: 'reasoning_content',
    beside: { system_fingerprint: null },
    counts: {
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 5 },
    },
    callId: 'call_eee11723464a4b9eb8cee71d',
    error: [
      400,
      {
        error: {
          message: 'Access denied, please make sure your account is in good standing.',
          type: 'Arrearage',
          param: null,
          code: 'Arrearage',
        },
        request_id: 'r',
      },
      'PROVIDER_RATE_LIMITED',
      'good standing',
    ],
  },
  SAMBANOVA: {
    model: 'DeepSeek-V3.1',
    reasoning: 'reasoning',
    counts: {
      acceptance_rate: 4.1,
      completion_tokens_per_sec: 200.5,
      is_last_response: true,
      time_to_first_token: 0.2,
    },
    error: [
      410,
      openaiError('Model has been deprecated and is no longer available.', {
        code: 'model_deprecated',
        type: 'invalid_request_error',
      }),
      'NOT_FOUND',
      'no longer available',
    ],
  },
  SCALEWAY: {
    model: 'gpt-oss-120b',
    reasoning: 'reasoning_content',
    error: [403, openaiError('Insufficient permissions to access the resource.'), 'PROVIDER_AUTH'],
  },
  SGLANG: {
    model: 'deepseek-ai/DeepSeek-V3.1',
    reasoning: 'reasoning_content',
    beside: { metadata: { weight_version: 'default' } },
    error: [
      400,
      {
        object: 'error',
        message: "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
      'CONTEXT_TOO_LONG',
      'longer than',
    ],
  },
  SILICONFLOW: {
    model: 'zai-org/GLM-5',
    reasoning: 'reasoning_content',
    counts: { completion_tokens_details: { reasoning_tokens: 5 } },
    usageIn: 'last',
    error: [
      403,
      { code: 30001, message: 'Sorry, your account balance is insufficient', data: null },
      'PROVIDER_RATE_LIMITED',
    ],
  },
  SNOWFLAKE: {
    model: 'claude-sonnet-4-5',
    reasoning: null,
    usageIn: 'last',
    error: [
      400,
      { message: 'unknown model "x"', request_id: 'r', error_code: 390142 },
      'NOT_FOUND',
      'unknown model',
    ],
  },
  UPSTAGE: {
    model: 'solar-pro3',
    reasoning: 'reasoning',
    error: [
      401,
      openaiError('The api key is invalid.', {
        type: 'invalid_request_error',
        param: '',
        code: 'invalid_api_key',
      }),
      'PROVIDER_AUTH',
    ],
  },
  VERCEL_AI_GATEWAY: {
    model: 'anthropic/claude-sonnet-4.5',
    reasoning: 'reasoning',
    beside: { providerMetadata: { gateway: { routing: { finalProvider: 'anthropic' }, cost: '0.0003' } } },
    counts: { cost: 0.0003 },
    error: [
      402,
      openaiError('Insufficient funds. Please add credits.', { type: 'insufficient_funds' }),
      'PROVIDER_RATE_LIMITED',
      'Insufficient funds',
    ],
  },
  ZAI: {
    model: 'glm-5',
    reasoning: 'reasoning_content',
    beside: { request_id: '2026112816' },
    counts: { prompt_tokens_details: { cached_tokens: 8 } },
    usageIn: 'last',
    callId: 'call_-8123456789012345678',
    error: [
      429,
      openaiError('Insufficient balance or no resource package. Please recharge.', { code: '1113' }),
      'PROVIDER_RATE_LIMITED',
      'Insufficient balance',
    ],
  },
  ZHIPU: {
    model: 'glm-4.7',
    reasoning: 'reasoning_content',
    beside: { request_id: '2026112816' },
    counts: { prompt_tokens_details: { cached_tokens: 8 } },
    usageIn: 'last',
    callId: 'call_-8123456789012345678',
    error: [400, openaiError('模型不存在,请检查模型代码。', { code: '1211' }), 'NOT_FOUND', '模型不存在'],
  },
};
