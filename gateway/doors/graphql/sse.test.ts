import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { delta, finished, SampleSource, started } from '#test/support/gateways/sample-subgraphs.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway({ limits: { keepAliveMs: 50 } });
});
afterAll(() => sample[Symbol.asyncDispose]());

const query = `subscription { completionStream(input: { model: "m1", text: "x" }) { sequence
  ... on CompletionStarted { model { name } } ... on TextDelta { text } } }`;

/** The raw response; the caller reads it, or does not. */
function open(text = query): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${sample.url}/graphql`,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          authorization: `Bearer ${sampleKey}`,
        },
      },
      resolve,
    );
    request.on('error', reject);
    request.end(JSON.stringify({ query: text }));
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

describe('server-sent events', () => {
  it('streams to a client of another project', async () => {
    const source = new SampleSource([started(0), delta(1, 'he'), delta(2, 'llo'), finished(3)]);
    source.end();
    sample.mesh.source = source;
    const client = createClient({
      url: `${sample.url}/graphql`,
      headers: { authorization: `Bearer ${sampleKey}` },
      retryAttempts: 0,
    });
    const seen: unknown[] = [];
    for await (const event of client.iterate<{ completionStream: unknown }>({ query })) {
      seen.push(event.data?.completionStream);
    }
    client.dispose();
    expect(seen).toEqual([
      { sequence: 0, model: { name: 'Model m1' } },
      { sequence: 1, text: 'he' },
      { sequence: 2, text: 'llo' },
      { sequence: 3 },
    ]);
  });

  it('writes next and complete as the protocol has them, for queries too', async () => {
    const text = await readText(await open('{ motd }'));
    expect(text).toBe('event: next\ndata: {"data":{"motd":"hello"}}\n\nevent: complete\ndata:\n\n');
  });

  it('streams to a GET, as an EventSource sends it', async () => {
    const source = new SampleSource([delta(0, 'hi')]);
    source.end();
    sample.mesh.source = source;
    const response = await fetch(`${sample.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${sampleKey}` },
    });
    expect(await response.text()).toContain(
      'event: next\ndata: {"data":{"completionStream":{"sequence":0,"text":"hi"}}}',
    );
  });

  it.each([
    'a\n\nevent: complete\ndata:\n\n',
    '\r\rdata: x\r\r',
    '\u2028\u2029\u0085',
    '\ufeff: no comment\n',
    '\0"\\',
    '\ud83d',
  ])('carries in one event a text that looks like its framing: %j', async (text) => {
    const source = new SampleSource([delta(0, text)]);
    source.end();
    sample.mesh.source = source;
    const events = (await readText(await open())).split('\n\n').filter((event) => event.startsWith('event:'));
    expect(events).toEqual([
      expect.stringMatching(/^event: next\ndata: [^\n\r]*$/),
      'event: complete\ndata:',
    ]);
    const { data } = JSON.parse(events[0]?.slice('event: next\ndata: '.length) ?? '');
    expect(data.completionStream.text).toBe(text);
  });

  it('reports a refused document in the stream', async () => {
    const response = await open('subscription { nothing }');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toContain('text/event-stream');
    expect(await readText(response)).toMatch(
      /^event: next\ndata: \{"errors":.*BAD_USER_INPUT.*\n\nevent: complete/,
    );
  });

  it('sends a sign of life while no event comes', async () => {
    const source = new SampleSource();
    sample.mesh.source = source;
    const response = await open();
    let text = '';
    for await (const chunk of response) {
      text += String(chunk);
      if (text.split(':\n\n').length > 3) break;
    }
    expect(text).toMatch(/^(:\n\n)+$/);
    await source.returned;
  });

  it('reaches the source at once when the client leaves', async () => {
    const source = new SampleSource([started(0)]);
    sample.mesh.source = source;
    const response = await open();
    await new Promise((resolve) => response.once('data', resolve));
    response.destroy();
    await source.returned;
    const call = sample.mesh.calls.findLast(({ subgraph }) => subgraph === 'inference');
    expect(call?.request.signal?.aborted).toBe(true);
  });

  it('lets others have their turn while a source is always ready', async () => {
    const source = new SampleSource(Array.from({ length: 20_000 }, (_, n) => delta(n, 'x')));
    source.end();
    sample.mesh.source = source;
    const all = open().then(readText);
    await vi.waitFor(() => expect(source.pulled).toBeGreaterThan(0), { interval: 1, timeout: 20_000 });
    const other = await open('{ motd }').then(readText);
    expect(source.pulled).toBeLessThan(20_000);
    expect(other).toContain('hello');
    expect((await all).match(/event: next/g)).toHaveLength(20_000);
  });

  it('stops pulling events for a client that has stopped reading', async () => {
    const total = 100_000;
    const source = new SampleSource(Array.from({ length: total }, (_, n) => delta(n, 'x'.repeat(1_000))));
    sample.mesh.source = source;
    const response = await open();
    response.pause();
    let before = -1;
    // Waits until two looks in a row, half a second apart, see the same.
    await vi.waitFor(
      () => {
        const unchanged = source.pulled > 1 && source.pulled === before;
        before = source.pulled;
        expect(unchanged).toBe(true);
      },
      { interval: 500, timeout: 20_000 },
    );
    expect(source.pulled).toBeLessThan(total / 4);
    response.destroy();
    await source.returned;
  });
});
