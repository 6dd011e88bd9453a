import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { delta, SampleSource } from '#test/support/gateways/sample-subgraphs.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway({ limits: { keepAliveMs: 50 } });
});
afterAll(() => sample[Symbol.asyncDispose]());

/** As Apollo Client sends it. */
const apollo =
  'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9';
const subscription =
  'subscription { completionStream(input: { model: "m1", text: "x" }) { sequence ... on TextDelta { text } } }';

function post(
  query: string,
  accept: string,
  { url = sample.url, signal }: { readonly url?: string; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${sampleKey}` },
    body: JSON.stringify({ query }),
    ...(signal && { signal }),
  });
}

function createSource(...events: unknown[]): SampleSource {
  const source = new SampleSource(events);
  sample.mesh.source = source;
  return source;
}

const part = (json: string) => `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`;
const heartbeat = part('{}');

/** Reads until the text is there, and on to the end where none is given. */
async function readText(response: Response, until?: string): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (until !== undefined && text.includes(until)) break;
  }
  return text;
}

describe('multipart answers', () => {
  it('are framed as the protocol has it, to the byte', async () => {
    createSource(delta(0, 'he'), delta(1, 'llo')).end();
    const response = await post(subscription, apollo);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(
      'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
    );
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect((await readText(response)).replaceAll(heartbeat, '')).toBe(
      `\r\n--graphql${part('{"payload":{"data":{"completionStream":{"sequence":0,"text":"he"}}}}')}${part(
        '{"payload":{"data":{"completionStream":{"sequence":1,"text":"llo"}}}}',
      )}--\r\n`,
    );
  });

  it('end each part with its boundary at once, so that no event waits for the next', async () => {
    await using quiet = await startSampleGateway({ limits: { keepAliveMs: 600_000 } });
    const source = new SampleSource([delta(0, 'hi')]);
    quiet.mesh.source = source;
    const told = part('{"payload":{"data":{"completionStream":{"sequence":0,"text":"hi"}}}}');
    expect(await readText(await post(subscription, apollo, { url: quiet.url }), told)).toContain(told);
    await source.returned;
  });

  it('send a sign of life while no event comes', async () => {
    const source = createSource();
    const text = await readText(await post(subscription, apollo), heartbeat.repeat(2));
    expect(text.startsWith(`\r\n--graphql${heartbeat}${heartbeat}`)).toBe(true);
    await source.returned;
  });

  it('report a source that breaks beside a payload of null, and end', async () => {
    sample.mesh.source = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('the source broke')) }),
    };
    const text = await readText(await post(subscription, apollo));
    const [, json = ''] = /\r\n\r\n(\{"payload.*\})\r\n--graphql--\r\n$/.exec(text) ?? [];
    expect(JSON.parse(json)).toMatchObject({ payload: null, errors: [{ extensions: { code: 'INTERNAL' } }] });
  });

  it('reach the source at once when the client leaves', async () => {
    const source = createSource(delta(0, 'x'));
    const leave = new AbortController();
    const response = await post(subscription, apollo, { signal: leave.signal });
    await response.body?.getReader().read();
    leave.abort();
    await source.returned;
  });

  it('are for subscriptions that run: all else is JSON, as the rest of the header requires', async () => {
    const newer = 'application/graphql-response+json; charset=utf-8';
    for (const [query, status] of [
      ['{ motd }', 200],
      ['mutation { createModel(input: { name: "n" }) { id } }', 200],
      ['subscription { nothing }', 400],
      ['subscription ($no: Int!) { completionStream(input: { model: "m1", text: "x" }) { sequence } }', 400],
    ] as const) {
      const response = await post(query, apollo);
      expect([query, response.status, response.headers.get('content-type')]).toEqual([query, status, newer]);
      await response.json();
    }
  });

  it.each([
    ['multipart/mixed; subscriptionSpec="1.0"', 'multipart/mixed'],
    ['application/json, multipart/mixed;subscriptionSpec=1.0', 'multipart/mixed'],
    ['application/json, text/event-stream', 'text/event-stream'],
    ['multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream', 'text/event-stream'],
    ['multipart/mixed;subscriptionSpec=1.0, text/event-stream', 'multipart/mixed'],
    ['text/event-stream, multipart/mixed', 'text/event-stream'],
  ])('answer a subscription that accepts %s with %s', async (accept, type) => {
    createSource().end();
    const response = await post(subscription, accept);
    expect(response.headers.get('content-type')).toMatch(new RegExp(`^${type}`));
    await response.text();
  });

  it.each([
    ['multipart/mixed', subscription],
    ['multipart/mixed;deferSpec=20220824, application/json', subscription],
    ['multipart/mixed;subscriptionSpec=2.0', subscription],
    ['multipart/mixed;subscriptionSpec=1.0', '{ motd }'],
  ])('are not what %s requests of %s', async (accept, query) => {
    const response = await post(query, accept);
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });
});
