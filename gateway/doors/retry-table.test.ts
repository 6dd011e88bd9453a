import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '#core/errors.ts';
import { createRestMesh } from '#test/support/gateways/rest-mesh.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { statuses } from '../http/problem.ts';

let sample: SampleGateway;
let extensions: Readonly<Record<string, unknown>>;
beforeAll(async () => {
  const mesh = createRestMesh();
  const inference: SubgraphExecutor = {
    execute: async () => ({ data: null, errors: [new GraphQLError('It was refused.', { extensions })] }),
  };
  sample = await startSampleGateway({ mesh: { ...mesh, executors: { ...mesh.executors, inference } } });
});
afterAll(() => sample[Symbol.asyncDispose]());

const messages = [{ role: 'user', content: 'Hi' }];
const model = 'demo/echo';
const eventStream = { accept: 'text/event-stream' };
const calls: readonly (readonly [path: string, body: object, headers?: Record<string, string>])[] = [
  ['/v1/chat/completions', { model, messages }],
  ['/v1/chat/completions', { model, messages, stream: true }],
  ['/v1/completions', { model, prompt: 'Hi' }],
  ['/v1/embeddings', { model, input: 'Hi' }],
  ['/v1/responses', { model, input: 'Hi' }],
  ['/v1/responses', { model, input: 'Hi', stream: true }],
  ['/v1/messages', { model, max_tokens: 10, messages }],
  ['/v1/messages', { model, max_tokens: 10, messages, stream: true }],
  ['/prompts/greet', {}],
  ['/prompts/greet', {}, eventStream],
];

/** Whether the SDKs send a call with the code again where no time is known. */
const isRepeated: Readonly<Record<ErrorCode, boolean>> = {
  UNAUTHENTICATED: false,
  FORBIDDEN: false,
  BAD_USER_INPUT: false,
  PERSISTED_QUERY_NOT_FOUND: false,
  PERSISTED_QUERY_NOT_SUPPORTED: false,
  DOCUMENT_NOT_TRUSTED: false,
  NOT_FOUND: false,
  CONFLICT: false,
  QUOTA_EXCEEDED: false,
  BUDGET_EXCEEDED: false,
  MODEL_UNPRICED: false,
  ACCESS_PENDING: false,
  GUARDRAIL_BLOCKED: false,
  GRAPH_COST_EXCEEDED: false,
  RATE_LIMITED: true,
  PROVIDER_ERROR: true,
  PROVIDER_RATE_LIMITED: true,
  PROVIDER_TIMEOUT: true,
  PROVIDER_AUTH: false,
  CONTEXT_TOO_LONG: false,
  CONTENT_FILTERED: false,
  NO_ROUTE: false,
  OVERLOADED: true,
  INTERNAL: false,
};

/** Statuses of Anthropic's API that are not the gateway's. */
const anthropicStatuses: Partial<Record<ErrorCode, number>> = {
  BUDGET_EXCEEDED: 402,
  PROVIDER_RATE_LIMITED: 529,
  OVERLOADED: 529,
};

describe.each(Object.entries(isRepeated) as [ErrorCode, boolean][])('%s', (code, repeats) => {
  it.each([
    ['without a time', undefined, null, null, repeats],
    ['with a time that SDKs wait for', 1_500, '2', '1500', true],
    ['with the last time that SDKs wait for', 60_000, '60', '60000', true],
    ['with a time that SDKs do not wait for', 60_001, '61', '60001', false],
    ['with a time on another day', 40_000_000, '40000', '40000000', false],
  ])('%s: has its retry headers in every dialect', async (_what, retryAfterMs, seconds, ms, allowed) => {
    // A budget has room in its next window at the earliest.
    const again = allowed && code !== 'BUDGET_EXCEEDED';
    extensions = { code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    for (const [path, body, headers = {}] of calls) {
      const response = await fetch(`${sample.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sampleKey}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      const own = path === '/v1/messages' ? anthropicStatuses[code] : undefined;
      expect([path, response.status]).toEqual([path, own ?? statuses[code]]);
      expect(text).toContain(`"${code}"`);
      expect([
        path,
        response.headers.get('retry-after'),
        response.headers.get('retry-after-ms'),
        response.headers.get('x-should-retry'),
      ]).toEqual([
        path,
        seconds ?? (again && statuses[code] === 503 ? '1' : null),
        ms,
        again ? null : 'false',
      ]);
    }
  });
});
