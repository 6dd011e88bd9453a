import { generateKeyPairSync } from 'node:crypto';
import { createAnthropic } from '@ai-sdk/anthropic';
import { AnthropicLanguageModel } from '@ai-sdk/anthropic/internal';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import type { ProviderCall, ProviderKind } from '../../provider.ts';
import { captureFetch } from '../../sdk/captured-request.ts';
import { ask } from '../../testing/calls.ts';
import { blankAnswers } from '../../testing/oracle/blank-answers.ts';
import { plannedCalls } from '../../testing/oracle/planned-calls.ts';
import {
  openRequests,
  type RequestOracle,
  requestOfSdk,
  testToken,
} from '../../testing/oracle/request-oracle.ts';
import { isBlank } from '../../translate/conversation.ts';
import { claudeRules, rulesOfClaude } from './claude-rules.ts';
import { boundOutput } from './output-bounds.ts';

const secret = 'sk-test-0123456789';
const blank = blankAnswers.messages;
const claudes = [
  ...['claude-3-haiku-20240307', 'claude-opus-4-20250514', 'claude-sonnet-4@20250514', 'claude-opus-4-1'],
  ...[
    'claude-sonnet-4-5',
    'claude-haiku-4-5-20251001',
    'claude-opus-4-6',
    'claude-opus-4-7',
    'claude-opus-4-8',
  ],
  ...['claude-sonnet-5', 'claude-sonnet-5-5', 'claude-opus-5', 'claude-opus-5-5', 'claude-haiku-5-5'],
  ...['claude-fable-5', 'claude-fable-5-1', 'claude-next-9', 'claude-2.1'],
];

/** Deliberate differences, each with its reason. */
const differences: readonly (readonly [string, (call: ProviderCall) => boolean])[] = [
  [
    'the tool of the answer never has the name of another: of two tools of one name none can be called',
    ({ tools, responseSchema }) =>
      responseSchema !== undefined && tools?.some(({ name }) => name === 'json') === true,
  ],
  [
    'later instructions stay at their place though the first ones are blank',
    ({ messages: [first] }) => first?.role === 'system' && isBlank(first.content),
  ],
  [
    'the conversation is blank: no API takes such a conversation',
    ({ messages }) =>
      messages.every(
        (message) =>
          message.role === 'system' ||
          (message.role === 'assistant' && isBlank(message.text) && message.toolCalls.length === 0),
      ),
  ],
];

interface Vendor extends RequestOracle {
  readonly kind: ProviderKind;
  readonly baseUrl: string;
  readonly secret: string;
  readonly models: readonly string[];
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const account = {
  type: 'service_account',
  project_id: 'p',
  client_email: 'a@p.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
};

const vendors: readonly Vendor[] = [
  {
    kind: 'ANTHROPIC',
    baseUrl: 'http://upstream.test/v1',
    secret,
    models: [...claudes, 'minimax-m2'],
    languageModel: createAnthropic({
      baseURL: 'http://upstream.test/v1',
      apiKey: secret,
      fetch: captureFetch,
    }),
    blank,
    rules: rulesOfClaude,
    adjust: boundOutput,
  },
  {
    kind: 'VERTEX',
    baseUrl: 'http://upstream.test',
    secret: JSON.stringify(account),
    models: claudes,
    languageModel: (id) =>
      new AnthropicLanguageModel(id, {
        provider: 'vertex.anthropic.messages',
        baseURL: 'http://upstream.test/v1/projects/p/locations/eu-central-1/publishers/anthropic/models',
        headers: { authorization: `Bearer ${testToken}` },
        fetch: captureFetch,
        buildRequestUrl: (baseURL, streaming) =>
          `${baseURL}/${id}:${streaming ? 'streamRawPredict' : 'rawPredict'}`,
        transformRequestBody: ({ model: _, ...body }) => ({
          ...body,
          anthropic_version: 'vertex-2023-10-16',
        }),
        supportedUrls: () => ({}),
        supportsNativeStructuredOutput: false,
        supportsStrictTools: false,
      }),
    blank,
    rules: () => ({ ...claudeRules, systemFirst: true }),
    adjust: boundOutput,
  },
];

describe.each(vendors)('$kind: requests of messages', (vendor) => {
  it.each([false, true])('are those that the AI SDK sends (streaming: %s)', async (streaming) => {
    const send = await openRequests(vendor.kind, vendor.baseUrl, vendor.secret);
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(plannedCalls(vendor.models), async (call) => {
        fc.pre(!differences.some(([, differs]) => differs(call)));
        const wanted = await requestOfSdk(vendor, call, streaming);
        expect(await send(call, streaming)).toEqual(wanted);
        if (wanted !== null) compared += 1;
      }),
      { numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});

describe('ANTHROPIC', () => {
  const baseUrl = 'http://upstream.test/v1';

  it('names the tool of the answer as no other tool is named', async () => {
    const send = await openRequests('ANTHROPIC', baseUrl);
    const tools = [{ name: 'json', parameters: { type: 'object' } }];
    const call = ask('claude-sonnet-4-20250514', 'Hello', { tools, responseSchema: { type: 'object' } });
    expect(await send(call, false)).toMatchObject({
      body: { tools: [{ name: 'json' }, { name: 'json_1' }] },
    });
  });

  it('leaves instructions at their place after blank ones', async () => {
    const send = await openRequests('ANTHROPIC', baseUrl);
    const messages: ProviderCall['messages'] = [
      { role: 'system', content: ' ' },
      { role: 'user', parts: [{ type: 'text', text: 'one' }] },
      { role: 'system', content: 's2' },
      { role: 'user', parts: [{ type: 'text', text: 'two' }] },
    ];
    expect(await send({ model: 'claude-opus-4-8', messages }, false)).toMatchObject({
      body: { messages: [{ role: 'user' }, { role: 'system' }, { role: 'user' }] },
    });
  });
});

describe('thinking and effort in the terms of the API', () => {
  const build = async (call: Partial<ProviderCall>) => {
    const own = await openRequests('ANTHROPIC', 'http://upstream.test/v1', secret);
    const asked = ask('claude-haiku-4-5', 'q', { maxOutputTokens: 4_000, ...call });
    return (await own(asked, false))?.body as Record<string, unknown>;
  };

  it.each([
    { thinking: { type: 'enabled', budget_tokens: 2_048 } },
    { thinking: { type: 'adaptive', display: 'omitted' } },
    { thinking: { type: 'disabled' } },
    { output_config: { effort: 'low' } },
  ])('take the place of reasoningEffort: %j', async (messages) => {
    const body = await build({ reasoningEffort: 'high', providerOptions: { messages } });
    expect({ thinking: body.thinking, output_config: body.output_config }).toEqual({
      thinking: undefined,
      output_config: undefined,
      ...messages,
    });
    expect(body.max_tokens).toBe(4_000);
  });
});
