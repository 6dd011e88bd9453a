import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunk, sse, startWireServer, usageChunk, type WireServer } from '#providers/testing/wire-server.ts';
import { addModel } from '#test/clients/vendors.ts';
import type { TestClient } from '#test/support/client.ts';
import { type MeshOf, newTenant } from './setup.ts';

const given = '{"id":9007199254740993,"list":[{"at":12345678901234567890}],"small":1}';
const called = { id: 'a', type: 'function', function: { name: 'f', arguments: given } };
const fields = 'id text json toolCalls { name arguments argumentsText }';
const tools = [{ name: 'f', parameters: { type: 'object' } }];
const schema = { type: 'object', properties: { id: { type: 'integer' } } };

/** The text of a response, which no JSON parser has rounded. */
async function fetchText({ url, key }: TestClient, accept: string, query: string, variables: object) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  });
  return response.text();
}

/** Numbers that a double does not hold, on every way from a provider to a client. */
export function exactNumberScenarios(mesh: MeshOf): void {
  describe('numbers beyond a double', () => {
    let upstream: WireServer;
    let client: TestClient;
    let model: string;
    beforeAll(async () => {
      upstream = await startWireServer((response, { body }) => {
        const { stream, response_format: format } = JSON.parse(body);
        const message = format ? { content: given } : { content: null, tool_calls: [called] };
        const reason = format ? 'stop' : 'tool_calls';
        if (!stream) response.end(JSON.stringify({ choices: [{ message, finish_reason: reason }] }));
        else {
          const delta = { tool_calls: [{ index: 0, ...called }] };
          response.end(sse(chunk(delta), chunk({}, reason), usageChunk(1, 1), '[DONE]'));
        }
      });
      ({ client } = await newTenant(mesh));
      model = await addModel(mesh, 'OPENAI_COMPATIBLE', upstream.url, 'm');
    });
    afterAll(() => upstream[Symbol.asyncDispose]());

    const input = (more: object = {}) => ({
      input: { model, messages: [{ role: 'USER', content: 'call' }], tools, ...more },
    });
    const exact = `"arguments":${given},"argumentsText":${JSON.stringify(given)}`;

    it('keep their digits in an answer, when it is read again, and in a cached one', async () => {
      const complete = `mutation ($input: CompletionInput!) { complete(input: $input) { ${fields} cache } }`;
      const answer = await fetchText(client, 'application/json', complete, input());
      expect(answer).toContain(exact);
      const { id } = JSON.parse(answer).data.complete;
      const read = `query ($id: ID!) { completion(id: $id) { ${fields} } }`;
      expect(await fetchText(client, 'application/json', read, { id })).toContain(exact);
      for (const cache of ['REFRESH', 'USE']) {
        expect(await fetchText(client, 'application/json', complete, input({ cache }))).toContain(exact);
      }
    });

    it('keep their digits in a stream, and when it is resumed', async () => {
      const events = `__typename ... on CompletionEvent { completionId }
        ... on ToolCallDelta { argumentsDelta } ... on CompletionFinished { completion { ${fields} } }`;
      const stream = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${events} } }`;
      const all = await fetchText(client, 'text/event-stream', stream, input());
      expect(all).toContain(`"argumentsDelta":${JSON.stringify(given)}`);
      expect(all).toContain(exact);
      const [, id] = /"completionId":"(\w+)"/.exec(all) ?? [];
      const resume = `subscription ($id: ID!) { resumeCompletion(id: $id) { ${events} } }`;
      expect(await fetchText(client, 'text/event-stream', resume, { id })).toContain(exact);
    });

    it('keep their digits in an answer of a schema', async () => {
      const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { json } }';
      const { tools: _, ...asked } = input({ responseSchema: schema }).input as Record<string, unknown>;
      expect(await fetchText(client, 'application/json', complete, { input: asked })).toContain(
        `"json":${given}`,
      );
    });
  });
}
