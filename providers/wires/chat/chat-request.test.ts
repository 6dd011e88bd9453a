import { createAzure } from '@ai-sdk/azure';
import { createCerebras } from '@ai-sdk/cerebras';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createFireworks } from '@ai-sdk/fireworks';
import { createGroq } from '@ai-sdk/groq';
import { createMistral } from '@ai-sdk/mistral';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createPerplexity } from '@ai-sdk/perplexity';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { mistralRules } from '../../mistral/mistral.ts';
import { chatRules } from '../../openai/endpoints.ts';
import { perplexityRules } from '../../perplexity/perplexity.ts';
import type { ProviderCall, ProviderKind } from '../../provider.ts';
import { captureFetch } from '../../sdk/captured-request.ts';
import { ask } from '../../testing/calls.ts';
import { blankAnswers } from '../../testing/oracle/blank-answers.ts';
import { plannedCalls } from '../../testing/oracle/planned-calls.ts';
import { openRequests, type RequestOracle, requestOfSdk } from '../../testing/oracle/request-oracle.ts';
import { thinkingPlace } from '../../translate/thinking.ts';

const baseURL = 'http://upstream.test/v1';
const settings = { baseURL, apiKey: 'sk-test-0123456789', fetch: captureFetch };
const blank = blankAnswers.chat;

const captureWithApiKey: typeof globalThis.fetch = (input, init) =>
  captureFetch(input, {
    ...init,
    headers: { 'content-type': 'application/json', 'api-key': settings.apiKey },
  });

/** The SDK has thinking as a part of its own. */
function holdThinkingPlace({ prompt }: LanguageModelV4CallOptions, { model }: ProviderCall): void {
  const text = thinkingPlace(model);
  for (const message of text === null ? [] : prompt) {
    if (message.role !== 'assistant' || !message.content.some(({ type }) => type === 'tool-call')) continue;
    message.content.unshift({ type: 'reasoning', text: text ?? '' });
  }
}

interface Vendor extends Omit<RequestOracle, 'blank'> {
  readonly kind: ProviderKind;
  readonly models: readonly string[];
  /** Calls that are meant to differ, with the reason. */
  readonly differences?: readonly (readonly [reason: string, differs: (call: ProviderCall) => boolean])[];
}

const openaiModels = [
  'gpt-4o',
  'gpt-4.1-mini',
  'gpt-4o-search-preview',
  'gpt-5-chat-latest',
  'ft:gpt-4o:acme::x',
];

const vendors: readonly Vendor[] = [
  {
    kind: 'OPENAI',
    models: openaiModels,
    languageModel: createOpenAI(settings).chat,
    rules: () => chatRules,
  },
  {
    kind: 'AZURE_OPENAI',
    models: [
      ...openaiModels,
      ...['my-deployment', 'o3', 'o4-mini', 'gpt-5', 'gpt-5-mini', 'gpt-5.1', 'gpt-5.4', 'gpt-5.6', 'gpt-6'],
      'gpt-6-sol',
    ],
    // Azure's own package holds an older one of OpenAI: it sends efforts that models do not take, and refuses more schemas.
    languageModel: createOpenAI({ ...settings, fetch: captureWithApiKey }).chat,
    rules: () => chatRules,
  },
  {
    kind: 'OPENAI_COMPATIBLE',
    models: [
      'llama-3.3',
      'kimi-k2-thinking',
      'moonshotai/kimi-k2.5',
      'deepseek/deepseek-v4-flash',
      'openai/gpt-4o',
    ],
    languageModel: createOpenAICompatible({
      ...settings,
      name: 'openaiCompatible',
      includeUsage: true,
      supportsStructuredOutputs: true,
    }),
    adjust: holdThinkingPlace,
  },
  {
    kind: 'GROQ',
    models: ['llama-3.3-70b-versatile', 'qwen/qwen3.6-27b', 'openai/gpt-oss-120b'],
    languageModel: createGroq(settings),
  },
  {
    kind: 'DEEPSEEK',
    models: ['deepseek-chat', 'deepseek-reasoner', 'deepseek-v4-pro', 'deepseek-flash'],
    languageModel: createDeepSeek(settings),
    adjust: holdThinkingPlace,
    differences: [
      [
        'effort max is sent as max, which is what xhigh becomes',
        ({ reasoningEffort }) => reasoningEffort === 'max',
      ],
    ],
  },
  {
    kind: 'MISTRAL',
    models: ['mistral-large-latest', 'magistral-medium-latest', 'zai-glm-5', 'mistral-large-4', 'pixtral'],
    languageModel: createMistral(settings),
    rules: () => mistralRules,
  },
  {
    kind: 'FIREWORKS',
    models: ['accounts/fireworks/models/kimi-k2p6'],
    languageModel: createFireworks(settings),
  },
  { kind: 'CEREBRAS', models: ['gpt-oss-120b'], languageModel: createCerebras(settings) },
  {
    kind: 'PERPLEXITY',
    models: ['sonar', 'sonar-reasoning-pro'],
    languageModel: createPerplexity(settings),
    rules: () => perplexityRules,
    differences: [['tools are refused, where the SDK leaves them out', ({ tools = [] }) => tools.length > 0]],
  },
];

describe.each(vendors.map((vendor) => ({ name: vendor.kind, ...vendor })))(
  '$name: requests of chat completions',
  (vendor) => {
    it.each([false, true])('are those that the AI SDK sends (streaming: %s)', async (streaming) => {
      const { kind, models, differences = [] } = vendor;
      const send = await openRequests(kind, baseURL);
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(plannedCalls(models), async (call) => {
          fc.pre(!differences.some(([, differs]) => differs(call)));
          const wanted = await requestOfSdk({ ...vendor, blank }, call, streaming);
          expect(await send(call, streaming)).toEqual(wanted);
          if (wanted !== null) compared += 1;
        }),
        { numRuns: 300 },
      );
      expect(compared).toBeGreaterThan(50);
    });
  },
);

describe('AZURE_OPENAI', () => {
  it.each([
    ['https://acme.openai.azure.com/openai', '/v1'],
    ['https://acme.openai.azure.com/openai/v1', ''],
    ['https://acme.openai.azure.com/other', ''],
    ['https://acme.cognitiveservices.azure.com/openai', '/v1'],
    ['https://acme.services.ai.azure.com/api/projects/p', ''],
    ['https://acme.services.ai.azure.com/inference', ''],
    ['https://proxy.example.com/azure/openai', '/v1'],
    ['https://proxy.example.com/azure', ''],
  ])('is called below %s where its package calls it', async (base, version) => {
    const send = await openRequests('AZURE_OPENAI', base);
    const { chat } = createAzure({ ...settings, baseURL: `${base}${version}` });
    const call = ask('my-deployment', 'Hello');
    expect(await send(call, false)).toEqual(await requestOfSdk({ languageModel: chat, blank }, call, false));
  });
});
