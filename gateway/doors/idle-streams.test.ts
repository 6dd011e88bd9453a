import { afterEach, describe, expect, it } from 'vitest';
import { createRestMesh } from '#test/support/gateways/rest-mesh.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';

let sample: SampleGateway | undefined;
afterEach(async () => {
  await sample?.[Symbol.asyncDispose]();
  sample = undefined;
});

const model = { __typename: 'Model', id: 'demo/echo' };
const event = (__typename: string, fields: object) => ({ __typename, completionId: 'c1', ...fields });
const usage = {
  totalTokens: 3,
  reasoningTokens: 0,
  inputTokens: 3,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
};
const started = event('CompletionStarted', { model, usage, dropped: [], limits: [], guardrailVerdicts: [] });
const toText = (text: string) => event('TextDelta', { alternative: 0, text });

/** A gateway before a subgraph that falls silent behind its first text, until it is released. */
async function startSilent(released: Promise<void>): Promise<SampleGateway> {
  const mesh = createRestMesh();
  const inference: SubgraphExecutor = {
    execute: async () =>
      (async function* () {
        for (const one of [started, toText('Half')]) yield { data: { completionStream: one } };
        await released;
        yield { data: { completionStream: toText(' and half') } };
      })(),
  };
  sample = await startSampleGateway({
    mesh: { ...mesh, executors: { ...mesh.executors, inference } },
    limits: { keepAliveMs: 20 },
  });
  return sample;
}

const messages = [{ role: 'user', content: 'Hi' }];
const dialects = [
  ['/v1/chat/completions', { model: 'demo/echo', messages }, ': keep-alive\n\n'],
  ['/v1/completions', { model: 'demo/echo', prompt: 'Hi' }, ': keep-alive\n\n'],
  [
    '/v1/messages',
    { model: 'demo/echo', max_tokens: 10, messages },
    'event: ping\ndata: {"type":"ping"}\n\n',
  ],
] as const;

describe.each(dialects)('%s', (path, body, heartbeat) => {
  it('sends heartbeats while a stream is idle, and the rest of the answer behind them', async () => {
    const silence = Promise.withResolvers<void>();
    const { url } = await startSilent(silence.promise);
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sampleKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, stream: true }),
    });
    const decoder = new TextDecoder();
    let text = '';
    const countIdle = () => (text.split('Half')[1] ?? '').split(heartbeat).length - 1;
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes, { stream: true });
      if (countIdle() >= 2) silence.resolve();
    }
    expect(countIdle()).toBeGreaterThanOrEqual(2);
    const rest = text.slice(text.lastIndexOf(heartbeat));
    expect(rest).toContain(' and half');
  });
});
