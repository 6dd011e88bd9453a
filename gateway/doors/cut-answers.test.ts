import { afterEach, describe, expect, it } from 'vitest';
import { createRestMesh } from '#test/support/gateways/rest-mesh.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';

let sample: SampleGateway | undefined;
afterEach(async () => {
  await sample?.[Symbol.asyncDispose]();
  sample = undefined;
});

const usage = {
  inputTokens: 3,
  outputTokens: 2,
  totalTokens: 5,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  reasoningTokens: 0,
};
const completion = {
  __typename: 'Completion',
  id: 'c1',
  text: 'Half',
  reasoning: null,
  reasoningBlocks: [],
  refusal: null,
  citations: [],
  providerBlocks: [],
  outline: [{ __typename: 'OutlineItem', kind: 'TEXT', index: 0 }],
  finishDetail: null,
  stopSequence: null,
  systemFingerprint: null,
  serviceTier: null,
  logprobs: null,
  alternatives: [],
  dropped: [],
  limits: [],
  guardrailVerdicts: [],
  toolCalls: [],
  usage,
  model: { __typename: 'Model', id: 'demo/echo' },
  createdAt: '2026-11-28T12:00:00.000Z',
  endedAt: '2026-11-28T12:00:02.000Z',
};
const canceled = { ...completion, status: 'CANCELLED', finishReason: 'CANCELLED' };
const whole = { ...completion, status: 'SUCCEEDED', finishReason: 'STOP' };

const event = (__typename: string, fields: object = {}) => ({ __typename, completionId: 'c1', ...fields });
const started = event('CompletionStarted', {
  model: completion.model,
  dropped: [],
  usage,
  limits: [],
  guardrailVerdicts: [],
});
const half = event('TextDelta', { alternative: 0, text: 'Half' });
const finished = (of: object) => event('CompletionFinished', { completion: of });

/** A gateway before a subgraph that sends the events. */
async function startStreaming(events: readonly object[]): Promise<SampleGateway> {
  const mesh = createRestMesh();
  const inference: SubgraphExecutor = {
    execute: async () =>
      (async function* () {
        for (const completionStream of events) yield { data: { completionStream } };
      })(),
  };
  sample = await startSampleGateway({ mesh: { ...mesh, executors: { ...mesh.executors, inference } } });
  return sample;
}

const messages = [{ role: 'user', content: 'Hi' }];
const dialects = [
  ['/v1/chat/completions', { model: 'demo/echo', messages }, '[DONE]'],
  ['/v1/completions', { model: 'demo/echo', prompt: 'Hi' }, '[DONE]'],
  ['/v1/messages', { model: 'demo/echo', max_tokens: 10, messages }, 'message_stop'],
] as const;

const post = ({ url }: SampleGateway, path: string, body: object, key = sampleKey) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe.each(dialects)('%s', (path, body, end) => {
  it.each([
    ['that was canceled', [started, half, finished(canceled)], 'was canceled'],
    [
      'that another provider began anew',
      [started, half, event('CompletionRestarted', { reason: 'x' }), half, finished(whole)],
      'began the answer anew',
    ],
    ['whose events end without the last', [started, half], 'ended before it was whole'],
  ])('ends the stream of an answer %s with an error, never normally', async (_name, events, reason) => {
    const text = await (await post(await startStreaming(events), path, { ...body, stream: true })).text();
    expect(text).toContain('Half');
    expect(text).toContain('"error"');
    expect(text).toContain(reason);
    expect(text).not.toContain(end);
  });

  it('ends the stream of a whole answer normally', async () => {
    const running = await startStreaming([started, half, finished(whole)]);
    const text = await (await post(running, path, { ...body, stream: true })).text();
    expect(text).toContain(end);
    expect(text).not.toContain('"error"');
  });

  it('answers a completion that was canceled with an error', async () => {
    sample = await startSampleGateway({ mesh: createRestMesh({ complete: canceled }) });
    const answer = await post(sample, path, body);
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('was canceled');
  });

  it('names the field of a whole number that the graph cannot hold', async () => {
    sample = await startSampleGateway({ mesh: createRestMesh() });
    const answer = await post(sample, path, { ...body, max_tokens: 2 ** 31 });
    expect(answer.status).toBe(400);
    expect((await answer.json()).error.message).toContain('max_tokens must be a whole number');
  });
});

it.each([
  ...dialects.map(([path, body]) => [path, body] as const),
  ['/v1/responses', { model: 'demo/echo', input: 'Hi' }],
] as const)('%s lets no route begin an answer anew: its stream could not show it', async (path, body) => {
  const mesh = createRestMesh();
  const running = await startSampleGateway({ mesh });
  sample = running;
  for (const stream of [false, true]) await (await post(running, path, { ...body, stream })).text();
  const inputs = mesh.calls
    .filter(({ subgraph }) => subgraph === 'inference')
    .map(({ request }) => request.variables);
  expect(inputs.length).toBeGreaterThanOrEqual(2);
  for (const variables of inputs) expect(variables).toMatchObject({ input: { allowRestart: false } });
});

describe('the list of models', () => {
  it.each([{}, { 'anthropic-version': '2023-06-01' }])(
    'has every page of the graph, without what awaits an approval: %j',
    async (headers) => {
      const mesh = createRestMesh({ routes: [] });
      const page = (id: string, endCursor: string | null) => ({
        edges: [
          {
            node: {
              ...{ __typename: 'Model', id, callName: id, name: id, capabilities: ['CHAT'] },
              access: id === 'demo/refused' ? 'PENDING' : 'OPEN',
            },
          },
        ],
        pageInfo: { hasNextPage: endCursor !== null, endCursor },
      });
      const pages = new Map([
        [null, page('demo/a', 'A')],
        ['A', page('demo/b', 'B')],
        ['B', page('demo/c', 'C')],
        ['C', page('demo/refused', null)],
      ]);
      const models: SubgraphExecutor = {
        execute: async (request) => {
          const after = JSON.stringify(request.variables ?? {}).match(/"(A|B|C)"/)?.[1] ?? null;
          return { data: { routes: [], modelAliases: [], models: pages.get(after) } };
        },
      };
      sample = await startSampleGateway({ mesh: { ...mesh, executors: { ...mesh.executors, models } } });
      const answer = await fetch(`${sample.url}/v1/models`, {
        headers: { authorization: `Bearer ${sampleKey}`, ...headers },
      });
      const { data } = await answer.json();
      expect(data.map(({ id }: { readonly id: string }) => id)).toEqual(['demo/a', 'demo/b', 'demo/c']);
    },
  );
});

it.each([
  ['/v1/models/demo/ecko', {}],
  ['/v1/models/ecko', { 'anthropic-version': '2023-06-01' }],
] as const)('%s of no model suggests one that the key may call: %j', async (path, headers) => {
  sample = await startSampleGateway({ mesh: createRestMesh({ model: null }) });
  const get = (key: string) =>
    fetch(`${sample?.url}${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
  const refused = await get(sampleKey);
  expect(refused.status).toBe(404);
  expect((await refused.json()).error.message).toMatch(/Did you mean "demo\/echo"\?$/);
  const unknowing = await get(sample.keyFor(sampleCaller('models:read')));
  expect(unknowing.status).toBe(404);
  expect(await unknowing.text()).not.toContain('Did you mean');
});

describe('the models of a key without inference:invoke', () => {
  it('are none, in the list and by name', async () => {
    sample = await startSampleGateway({ mesh: createRestMesh() });
    const key = sample.keyFor(sampleCaller('models:read'));
    const get = (path: string) =>
      fetch(`${sample?.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
    expect((await (await get('/v1/models')).json()).data).toEqual([]);
    expect((await get('/v1/models/demo/echo')).status).toBe(404);
  });
});

it('pages of other origins may read the headers that SDKs look at', async () => {
  sample = await startSampleGateway({ mesh: createRestMesh() });
  const { headers } = await post(sample, '/v1/chat/completions', dialects[0][1]);
  const exposed = headers.get('access-control-expose-headers')?.split(', ');
  expect(exposed).toEqual(
    expect.arrayContaining(['x-request-id', 'retry-after-ms', 'x-should-retry', 'x-heddle-dropped']),
  );
});
