import { ApolloClient, CombinedGraphQLErrors, gql, InMemoryCache } from '@apollo/client';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleGateway, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway();
});
afterAll(() => sample[Symbol.asyncDispose]());

const why = /Batches are not supported.*HttpLink, not BatchHttpLink/;

async function post(body: unknown, accept: string) {
  const response = await fetch(`${sample.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe('a batch of operations', () => {
  it('is refused, for each of them where a client knows the newer media type, and runs nothing', async () => {
    const before = sample.mesh.calls.length;
    const batch = [{ query: '{ motd }' }, { query: '{ a: motd }' }];
    const refused = {
      errors: [{ message: expect.stringMatching(why), extensions: { code: 'BAD_USER_INPUT' } }],
    };
    expect(await post(batch, 'application/graphql-response+json,application/json;q=0.9')).toEqual({
      status: 400,
      body: [refused, refused],
    });
    expect(await post(batch, 'application/json')).toEqual({ status: 400, body: refused });
    expect(sample.mesh.calls.length).toBe(before);
  });

  it('gets one answer where there is no operation, or too many', async () => {
    for (const body of [[], Array.from({ length: 101 }, () => ({ query: '{ motd }' }))]) {
      expect(await post(body, 'application/graphql-response+json')).toMatchObject({
        status: 400,
        body: { errors: [{}] },
      });
    }
  });

  it('shows what to do in Apollo Client, for one operation and for several', async () => {
    const link = new BatchHttpLink({ uri: `${sample.url}/graphql`, batchInterval: 1 });
    const apollo = new ApolloClient({ link, cache: new InMemoryCache() });
    for (const queries of [['{ motd }'], ['{ a: motd }', '{ b: motd }']]) {
      const answers = await Promise.allSettled(queries.map((query) => apollo.query({ query: gql(query) })));
      for (const answer of answers) {
        if (answer.status === 'fulfilled') throw new Error('answered');
        expect(CombinedGraphQLErrors.is(answer.reason)).toBe(true);
        expect(String(answer.reason.message)).toMatch(why);
      }
    }
    apollo.stop();
  });
});
