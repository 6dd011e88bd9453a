import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aiSdk } from './frameworks/ai-sdk.ts';
import type { Connection } from './frameworks/framework.ts';
import {
  chatModel,
  claudeModel,
  demoModel,
  type FrameworkMesh,
  reasoningAliases,
  startFrameworkMesh,
} from './frameworks/framework-mesh.ts';
import { langChain } from './frameworks/langchain.ts';

let upstreams: FrameworkMesh;
beforeAll(async () => {
  upstreams = await startFrameworkMesh();
});
afterAll(() => upstreams[Symbol.asyncDispose]());

const image =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const connect = (model: string): Connection => ({
  url: upstreams.mesh.url,
  key: upstreams.client.key,
  model,
});
/** The last body that the upstream of the model has received. */
const readLastBody = (model: string) =>
  model === claudeModel ? upstreams.claude.requests.at(-1)?.body : upstreams.chat.bodies.at(-1);

describe.each([...aiSdk, ...langChain].map((framework) => [framework.name, framework] as const))(
  '%s',
  (_name, framework) => {
    describe.each([
      ['the demo', demoModel],
      ['a chat completions model', chatModel],
      ['a Claude', claudeModel],
    ])('before %s', (_behind, model) => {
      it('returns a text with its usage', async () => {
        const answer = await framework.complete(connect(model), { prompt: 'Hello you' });
        expect(answer.text).toBe('Hello you');
        expect(answer.inputTokens).toBeGreaterThan(0);
        expect(answer.outputTokens).toBeGreaterThan(0);
      });

      it('streams a text in parts, with the same usage', async () => {
        const parts: string[] = [];
        const whole = await framework.complete(connect(model), { prompt: 'Hello you' });
        const answer = await framework.stream(connect(model), { prompt: 'Hello you' }, (text) =>
          parts.push(text),
        );
        expect(answer.inputTokens).toBeGreaterThan(0);
        // Only a Claude counts its input before it answers.
        const isEstimate = framework.readsInputFirst && model !== claudeModel;
        expect(answer).toEqual(isEstimate ? { ...whole, inputTokens: answer.inputTokens } : whole);
        expect(parts.join('')).toBe('Hello you');
      });

      it('reads an object of its schema', async () => {
        const object = await framework.readObject(connect(model), '{"city":"Bern"}');
        // A client that requests the object as a tool call is sent the smallest one by the demo.
        expect(object).toEqual({ city: model === demoModel ? expect.any(String) : 'Bern' });
      });
    });

    describe.each([
      ['a chat completions model', chatModel],
      ['a Claude', claudeModel],
    ])('before %s', (_behind, model) => {
      it('runs a loop of tool calls over three turns, each tool call once', async () => {
        const called: string[] = [];
        const text = await framework.runTools(connect(model), 'Weather?', (city) => {
          called.push(city);
          return `${city} is sunny.`;
        });
        expect(text).toBe('Weather: Bern is sunny. Basel is sunny.');
        expect(called).toEqual(['Bern', 'Basel']);
      });

      it('sends an image', async () => {
        const { text } = await framework.complete(connect(model), { prompt: 'What is this?', image });
        expect(text).toBe('Hello you');
        expect(JSON.stringify(readLastBody(model))).toContain(image);
      });

      it.runIf(framework.reason !== undefined)('reads the reasoning', async () => {
        const alias = reasoningAliases[model] ?? model;
        expect(await framework.reason?.(connect(alias), 'Hi')).toEqual({
          reasoning: 'They greet me.',
          text: 'Hello you',
        });
      });
    });

    it.runIf(framework.embed !== undefined)('embeds texts in their order', async () => {
      const texts = ['one', 'two', 'one'];
      const vectors = await framework.embed?.(connect('demo/embed'), texts);
      expect(vectors).toHaveLength(3);
      expect(vectors?.[0]).toEqual(vectors?.[2]);
      expect(vectors?.[0]).not.toEqual(vectors?.[1]);
    });
  },
);
