import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { createXai } from '@ai-sdk/xai';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { responsesRules } from '../../openai/endpoints.ts';
import type { ProviderCall, ProviderKind } from '../../provider.ts';
import { captureFetch } from '../../sdk/captured-request.ts';
import { ask } from '../../testing/calls.ts';
import { blankAnswers } from '../../testing/oracle/blank-answers.ts';
import { plannedCalls } from '../../testing/oracle/planned-calls.ts';
import { openRequests, type RequestOracle, requestOfSdk } from '../../testing/oracle/request-oracle.ts';

const baseURL = 'http://upstream.test/v1';
const settings = { baseURL, apiKey: 'sk-test-0123456789', fetch: captureFetch };

interface Vendor extends RequestOracle {
  readonly kind: ProviderKind;
  readonly models: readonly string[];
  /** Calls that are meant to differ, with the reason. */
  readonly differences: readonly (readonly [reason: string, differs: (call: ProviderCall) => boolean])[];
}

/** Nothing is kept at OpenAI, and reasoning is summarized. */
function forResponses(options: LanguageModelV4CallOptions): void {
  const asked = options.reasoning !== undefined && options.reasoning !== 'none';
  options.providerOptions = {
    ...options.providerOptions,
    openai: {
      ...options.providerOptions?.openai,
      store: false,
      ...(asked ? { reasoningSummary: 'auto' } : {}),
    },
  };
}

const vendors: readonly Vendor[] = [
  {
    kind: 'OPENAI',
    models: [
      ...['o1', 'o3', 'o4-mini', 'gpt-5', 'gpt-5-mini', 'gpt-5.1', 'gpt-5.1-codex', 'gpt-5.4-pro', 'gpt-5.6'],
      ...['gpt-6', 'gpt-6-sol', 'gpt-6.1-terra', 'codex-mini-latest', 'computer-use-preview'],
    ],
    languageModel: createOpenAI(settings).responses,
    blank: blankAnswers.responses,
    rules: () => responsesRules,
    adjust: forResponses,
    differences: [
      [
        'a model that cannot do without reasoning gives a short summary where none was asked for, not a detailed one',
        ({ model, reasoningEffort }) =>
          reasoningEffort === 'none' && ['gpt-5', 'gpt-5-mini', 'gpt-6'].includes(model),
      ],
    ],
  },
  {
    kind: 'XAI',
    models: ['grok-4', 'grok-4.6', 'grok-4.20-0309-reasoning', 'grok-4.20-non-reasoning'],
    languageModel: createXai(settings),
    blank: blankAnswers.responses,
    differences: [
      [
        'effort max is sent as the highest, which is what xhigh becomes',
        ({ reasoningEffort }) => reasoningEffort === 'max',
      ],
    ],
  },
];

describe.each(vendors)('$kind: requests of responses', (vendor) => {
  it.each([false, true])('are those that the AI SDK sends (streaming: %s)', async (streaming) => {
    const send = await openRequests(vendor.kind, baseURL);
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(plannedCalls(vendor.models), async (call) => {
        fc.pre(!vendor.differences.some(([, differs]) => differs(call)));
        const wanted = await requestOfSdk(vendor, call, streaming);
        expect(await send(call, streaming)).toEqual(wanted);
        if (wanted !== null) compared += 1;
      }),
      { numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});

describe('OPENAI', () => {
  it("takes the caller's function for one, though it has the name of a tool of OpenAI's own", async () => {
    const send = await openRequests('OPENAI', baseURL);
    const tools = [{ name: 'web_search', parameters: { type: 'object' } }];
    const call = ask('gpt-5', 'Hello', { tools, toolChoice: 'web_search' });
    expect(await send(call, false)).toMatchObject({
      body: { tool_choice: { type: 'function', name: 'web_search' } },
    });
  });

  it('includes in an answer what the call requests beside log probabilities, which AI models that reason have not', async () => {
    const send = await openRequests('OPENAI', baseURL);
    const further = 'web_search_call.action.sources';
    const more = {
      topLogprobs: 1,
      providerTools: { responses: [{ type: 'web_search' }] },
      providerOptions: { responses: { include: [further] } },
    };
    expect(await send(ask('gpt-4o', 'Hello', more), false)).toMatchObject({
      body: { include: ['message.output_text.logprobs', further] },
    });
    expect(await send(ask('gpt-5', 'Hello', more), false)).toMatchObject({
      body: { include: [further, 'reasoning.encrypted_content'] },
    });
  });
});
