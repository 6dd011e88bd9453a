import type { ExecutionResult } from 'graphql';
import { expect, it } from 'vitest';
import { sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { createSampleMesh } from '#test/support/gateways/sample-subgraphs.ts';

const query =
  'subscription { completionStream(input: { model: "m1", text: "x" }) { ... on TextDelta { text } } }';
const event = (text: unknown): ExecutionResult => ({
  data: { completionStream: { __typename: 'TextDelta', text } },
});
/** As no value of JSON does. */
const unwritable = {
  toJSON() {
    throw new Error('It cannot be written.');
  },
};

it.each(['text/event-stream', 'multipart/mixed;subscriptionSpec="1.0"'])(
  'a failure after the headers went out closes the connection, without an end that reads as success: %s',
  async (accept) => {
    const mesh = createSampleMesh();
    const heard = Promise.withResolvers<void>();
    const inference = {
      async execute() {
        return (async function* () {
          yield event('whole');
          await heard.promise;
          yield event(unwritable);
        })();
      },
    };
    await using sample = await startSampleGateway({
      mesh: { ...mesh, executors: { ...mesh.executors, inference } },
    });
    const response = await fetch(`${sample.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${sampleKey}` },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(200);
    let text = '';
    const decoder = new TextDecoder();
    const reading = (async () => {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        if (text.includes('whole')) heard.resolve();
      }
    })();
    await expect(reading).rejects.toThrow();
    expect(text).toContain('whole');
    expect(text).not.toMatch(/event: complete|--graphql--|-----/);
    // The process serves on.
    expect((await fetch(`${sample.url}/health/live`)).status).toBe(200);
  },
);
