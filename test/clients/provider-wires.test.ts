import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWireServer, type WireServer } from '#providers/testing/wire-server.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { addModel } from './vendors.ts';

const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** What each vendor answers, word for word as its reference has it, and what that costs by hand. */
const vendors = [
  {
    kind: 'OPENAI_COMPATIBLE',
    name: 'reasoner',
    answer: {
      id: 'c1',
      object: 'chat.completion',
      created: 1,
      model: 'reasoner',
      choices: [{ index: 0, message: { role: 'assistant', content: 'A dot.' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 1_000,
        completion_tokens: 200,
        total_tokens: 1_200,
        prompt_tokens_details: { cached_tokens: 900 },
        completion_tokens_details: { reasoning_tokens: 150 },
      },
    },
    usage: { inputTokens: 1_000, outputTokens: 200, cachedInputTokens: 900, reasoningTokens: 150 },
    // 100 × $1/M + 900 × $0.1/M + 200 × $10/M
    cost: '0.002190000',
  },
  {
    kind: 'ANTHROPIC',
    name: 'claude-sonnet-4-5',
    answer: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5',
      content: [{ type: 'text', text: 'A dot.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: 100,
        cache_read_input_tokens: 600,
        cache_creation_input_tokens: 300,
        output_tokens: 200,
      },
    },
    usage: { inputTokens: 1_000, outputTokens: 200, cachedInputTokens: 600, reasoningTokens: 0 },
    // 100 × $1/M + 600 × $0.1/M + 300 × $1.25/M + 200 × $10/M
    cost: '0.002535000',
  },
  {
    kind: 'GOOGLE',
    name: 'gemini-2.5-flash',
    answer: {
      candidates: [
        { content: { role: 'model', parts: [{ text: 'A dot.' }] }, finishReason: 'STOP', index: 0 },
      ],
      usageMetadata: {
        promptTokenCount: 1_000,
        cachedContentTokenCount: 900,
        candidatesTokenCount: 50,
        thoughtsTokenCount: 150,
        totalTokenCount: 1_200,
      },
      modelVersion: 'gemini-2.5-flash',
    },
    usage: { inputTokens: 1_000, outputTokens: 200, cachedInputTokens: 900, reasoningTokens: 150 },
    // 100 × $1/M + 900 × $0.1/M + 200 × $10/M, thoughts being output
    cost: '0.002190000',
  },
];

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
let client: TestClient;
beforeAll(async () => {
  ({ client } = await newTenant(() => mesh));
});
afterAll(() => stack.disposeAsync());

describe.each(vendors)('a provider of kind $kind', ({ kind, name, answer, usage, cost }) => {
  let wire: WireServer;
  let model: string;
  beforeAll(async () => {
    wire = stack.use(
      await startWireServer((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      }),
    );
    model = await addModel(() => mesh, kind, wire.url, name);
  });

  it('is shown pictures, and charges cached and reasoning tokens at their own prices, here and in the ledger', async () => {
    const given = await client.data(
      `mutation ($input: CompletionInput!) {
        complete(input: $input) {
          text cost
          usage { inputTokens outputTokens cachedInputTokens reasoningTokens }
          attempts { cost }
          invocation { cost usage { inputTokens outputTokens cachedInputTokens reasoningTokens } }
        }
      }`,
      {
        input: {
          model,
          messages: [
            { role: 'USER', parts: [{ text: 'What is it?' }, { data: png, mediaType: 'image/png' }] },
          ],
        },
      },
    );
    expect(given).toEqual({
      complete: { text: 'A dot.', cost, usage, attempts: [{ cost }], invocation: { cost, usage } },
    });
    const [sent] = wire.requests;
    for (const piece of ['What is it?', png, 'image/png']) expect(sent?.body).toContain(piece);
  });
});
