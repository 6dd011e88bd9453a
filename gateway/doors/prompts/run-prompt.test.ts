import { afterEach, describe, expect, it } from 'vitest';
import { createRestMesh } from '#test/support/gateways/rest-mesh.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';

let sample: SampleGateway | undefined;
afterEach(async () => {
  await sample?.[Symbol.asyncDispose]();
  sample = undefined;
});

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5, cachedInputTokens: 0, reasoningTokens: 0 };
const completion = {
  __typename: 'Completion',
  id: 'c1',
  status: 'SUCCEEDED',
  text: 'Hello',
  json: null,
  refusal: null,
  dropped: [],
  limits: [],
  guardrailVerdicts: [],
  finishReason: 'STOP',
  usage,
  promptVersion: { __typename: 'PromptVersion', id: 'v3' },
};
const event = (__typename: string, fields: object = {}) => ({ __typename, completionId: 'c1', ...fields });
const started = event('CompletionStarted', {
  model: { __typename: 'Model', id: 'demo/echo' },
  dropped: [],
  limits: [],
  guardrailVerdicts: [],
  promptVersion: completion.promptVersion,
});
const text = event('TextDelta', { alternative: 0, text: 'Hello' });

/** A gateway before an inference subgraph with this result, or these events, and a prompts subgraph that is down. */
async function start(result: object | readonly object[], prompts?: SubgraphExecutor): Promise<SampleGateway> {
  const mesh = createRestMesh();
  const inference: SubgraphExecutor = {
    execute: async () =>
      Array.isArray(result)
        ? (async function* () {
            for (const promptStream of result) yield { data: { promptStream } };
          })()
        : { data: { runPrompt: result } },
  };
  const down: SubgraphExecutor = { execute: () => Promise.reject(new Error('connect ECONNREFUSED')) };
  const executors = { ...mesh.executors, inference, prompts: prompts ?? down };
  sample = await startSampleGateway({ mesh: { ...mesh, executors } });
  return sample;
}

const post = ({ url }: SampleGateway, accept = 'application/json') =>
  fetch(`${url}/prompts/greet`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sampleKey}`, 'content-type': 'application/json', accept },
    body: '{}',
  });

describe('an answer that was paid for', () => {
  it.each([
    ['text', completion, { text: 'Hello' }],
    ['value', { ...completion, text: '{"a":1}', json: { a: 1 } }, { a: 1 }],
    ['refusal', { ...completion, text: '', refusal: 'No.' }, { text: '', refusal: 'No.' }],
  ])('is sent as a %s while the prompts subgraph is down', async (_what, result, expected) => {
    const answer = await post(await start(result));
    expect([answer.status, await answer.json()]).toEqual([200, expected]);
    expect(answer.headers.get('x-heddle-completion-id')).toBe('c1');
    expect(answer.headers.get('x-heddle-prompt-version')).toBeNull();
  });

  it('is streamed while the prompts subgraph is down', async () => {
    const finished = event('CompletionFinished', { completion });
    const answer = await post(await start([started, text, finished]), 'text/event-stream');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-heddle-completion-id')).toBe('c1');
    const body = await answer.text();
    expect(body).toContain('data: {"text":"Hello"}');
    expect(body).toContain('event: end\ndata: {"completionId":"c1","result":{"text":"Hello"}');
    expect(body).not.toContain('event: error');
  });
});

describe('a prompt whose completion was canceled', () => {
  const canceled = { ...completion, status: 'CANCELLED', finishReason: 'CANCELLED' };

  it('is answered with an error, not with a part of its text', async () => {
    const answer = await post(await start(canceled));
    expect([answer.status, await answer.json()]).toEqual([
      409,
      { error: { code: 'CONFLICT', message: 'The completion was canceled.' } },
    ]);
  });

  it('ends its stream with an error', async () => {
    const finished = event('CompletionFinished', { completion: canceled });
    const answer = await post(await start([started, text, finished]), 'text/event-stream');
    const body = await answer.text();
    expect(body).toContain('event: error\ndata: {"error":{"code":"CONFLICT"');
    expect(body).not.toContain('event: end');
  });
});

it('ends the events of a stream that fails before its content, so that the call stops', async () => {
  let isEnded = false;
  const running = await start([]);
  const events = async function* () {
    try {
      yield { errors: [{ message: 'x', extensions: { code: 'OVERLOADED' } }], data: null };
      yield { data: { promptStream: text } };
    } finally {
      isEnded = true;
    }
  };
  await running[Symbol.asyncDispose]();
  const mesh = createRestMesh();
  const inference = { execute: async () => events() } as unknown as SubgraphExecutor;
  sample = await startSampleGateway({ mesh: { ...mesh, executors: { ...mesh.executors, inference } } });
  const answer = await post(sample, 'text/event-stream');
  expect(answer.status).toBe(503);
  expect(isEnded).toBe(true);
});
