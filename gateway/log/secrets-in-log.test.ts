import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SampleGateway, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { keptLog } from '#test/support/processes/log-lines.ts';

const { log, lines } = keptLog();
let sample: SampleGateway;
const keys: Record<string, string> = {};
const nowMs = Date.now();

beforeAll(async () => {
  sample = await startSampleGateway({ log, limits: { costMax: 500 }, now: () => nowMs });
  keys.plain = sample.keyFor({ ...sampleCaller(), keyId: 'k-plain' });
  keys.ended = sample.keyFor({ ...sampleCaller(), keyId: 'k-ended', expiresAtMs: nowMs });
  keys.archived = sample.keyFor({ archived: 'app', caller: { ...sampleCaller(), keyId: 'k-archived' } });
  keys.elsewhere = sample.keyFor({ ...sampleCaller(), keyId: 'k-elsewhere', allowedIps: ['192.0.2.1'] });
});
afterAll(() => sample[Symbol.asyncDispose]());
beforeEach(() => {
  lines.length = 0;
});

const post = (key: string | null, body: unknown, headers: Record<string, string> = {}, url = sample.url) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-request-id': 'theirs',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: JSON.stringify(body),
  });

describe('what is secret or a client’s', () => {
  it('stands in no line, wherever it is sent and whatever is refused', async () => {
    const own = keptLog();
    await using fresh = await startSampleGateway({ log: own.log, limits: { costMax: 500 } });
    const known = [
      ['k1', {}],
      ['k2', { expiresAtMs: 1 }],
      ['k3', { allowedIps: [] }],
    ] as const;
    const freshKeys = known.map(([keyId, more]) => fresh.keyFor({ ...sampleCaller(), keyId, ...more }));
    const markers: string[] = [];
    const marker = () => {
      const text = `m${randomBytes(12).toString('hex')}`;
      markers.push(text);
      return text;
    };
    const bodies = () => [
      { query: `query ${marker()} { ${marker()}: model(id: "${marker()}") { ${marker()}: price } }` },
      {
        query: `mutation ($${marker()}: ID!) { ${marker()}: retireModel(id: "${marker()}") { id } }`,
        variables: { [marker()]: marker() },
      },
      { query: `{ ${marker()} }` },
      { query: `{ ${marker()}: broken }`, extensions: { [marker()]: marker() }, operationName: null },
      { query: `{ motd }`, operationName: marker() },
      { query: `{ motd } # ${marker()}`, variables: { a: marker() } },
      {
        query: `{ ${'a: '.repeat(1)}${marker()}: models(first: 200) { edges { node { replacedBy { id } } } } }`,
      },
      {
        query: `{ model(id: "${marker()}") { ${`${marker()}: replacedBy { `.repeat(20)} id ${'}'.repeat(20)} } }`,
      },
      [marker()],
    ];
    for (const key of freshKeys) {
      for (const body of bodies()) await (await post(key, body, {}, fresh.url)).text();
    }
    for (const authorization of [
      `Bearer hd_${marker()}`,
      `Basic ${marker()}`,
      `Bearer ${marker()} ${marker()}`,
    ]) {
      await post(null, { query: '{ motd }' }, { authorization }, fresh.url);
    }
    await post(
      null,
      { query: '{ motd }' },
      { 'x-api-key': marker(), 'user-agent': marker(), 'x-request-id': `${marker()} "` },
      fresh.url,
    );
    await fetch(`${fresh.url}/${marker()}?${marker()}`);
    await fetch(`${fresh.url}/graphql?query=%7B${marker()}%7D&key=${marker()}`);
    expect(own.lines.length).toBeGreaterThan(10);
    const text = JSON.stringify(own.lines);
    for (const secret of [...markers, ...freshKeys]) expect(text).not.toContain(secret);
  });
});
