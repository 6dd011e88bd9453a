import { once } from 'node:events';
import { type IncomingMessage, request as send } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway();
});
afterAll(() => sample?.[Symbol.asyncDispose]());

async function readStatus(headers: readonly string[]): Promise<number | undefined> {
  const host = new URL(sample.url).host;
  const request = send(`${sample.url}/graphql?query={motd}`, {
    headers: ['host', host, ...headers] as never,
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

it.each([
  ['the same key twice', ['authorization', `Bearer ${sampleKey}`, 'Authorization', `Bearer ${sampleKey}`]],
  ['a good key first', ['authorization', `Bearer ${sampleKey}`, 'AUTHORIZATION', 'Bearer x']],
  ['a good key last', ['authorization', 'Bearer x', 'authorization', `Bearer ${sampleKey}`]],
  ['an empty one first', ['authorization', '', 'authorization', `Bearer ${sampleKey}`]],
  ['x-api-key twice', ['x-api-key', sampleKey, 'x-api-key', sampleKey]],
])('a request with two headers of credentials is refused: %s', async (_what, headers) => {
  expect(await readStatus(headers)).toBe(401);
});

it('a request with one of them is served', async () => {
  expect(await readStatus(['Authorization', `Bearer ${sampleKey}`])).toBe(200);
});
