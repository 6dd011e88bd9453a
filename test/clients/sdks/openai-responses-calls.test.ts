import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import {
  chatModel,
  claudeModel,
  type FrameworkMesh,
  startFrameworkMesh,
} from './frameworks/framework-mesh.ts';
import { answerChatAsScripted } from './frameworks/model-script.ts';

let upstreams: FrameworkMesh;
beforeAll(async () => {
  upstreams = await startFrameworkMesh();
});
afterAll(() => upstreams[Symbol.asyncDispose]());
afterEach(() => upstreams.reset());

/** Both majors have the same interface, as far as it is used here. */
const majors = [
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI],
] as const;

describe.each(majors)('%s: responses', (name, Client) => {
  const connect = (options: { readonly apiKey?: string; readonly maxRetries?: number } = {}) =>
    new Client({
      baseURL: `${upstreams.mesh.url}/v1`,
      apiKey: upstreams.client.key,
      maxRetries: 0,
      ...options,
    });

  it.each([
    ['a chat completions model', chatModel],
    ['a Claude', claudeModel],
  ])('send images and files to %s', async (_behind, model) => {
    const { output_text } = await connect().responses.create({
      model,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is this?' },
            { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
          ],
        },
      ],
    });
    expect(output_text).toBe('Hello you');
    const { chat, claude } = upstreams;
    const sent = JSON.stringify(model === claudeModel ? claude.requests.at(-1)?.body : chat.bodies.at(-1));
    expect(sent).toContain('iVBORw0KGgo=');
    expect(sent).toContain('JVBERi0=');
  });

  it.each([
    ['a chat completions model', chatModel],
    ['a Claude', claudeModel],
  ])('parse what %s writes by their schema', async (_behind, model) => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    };
    const response = await connect().responses.parse({
      model,
      input: 'Where?',
      text: { format: { type: 'json_schema', name: 'place', schema, strict: true } },
    });
    expect(response.output_parsed ?? JSON.parse(response.output_text)).toEqual({ city: 'Bern' });
  });

  it('cancel the call of the provider and its row when the client leaves', async () => {
    const { client } = await newTenant(() => upstreams.mesh);
    const left = Promise.withResolvers<void>();
    upstreams.script.chat = (body, response, number) => {
      response.once('close', () => left.resolve());
      return answerChatAsScripted(body, response, number);
    };
    const stream = await connect({ apiKey: client.key }).responses.create({
      model: chatModel,
      input: 'never ends',
      stream: true,
    });
    for await (const event of stream) if (event.type === 'response.output_text.delta') break;
    await left.promise;
    await expect
      .poll(() => client.data('{ invocations { edges { node { status } } } }'))
      .toEqual({ invocations: { edges: [{ node: { status: 'CANCELLED' } }] } });
  });

  it('are tried again by the SDK after a failure: a row for each call', async () => {
    const { client } = await newTenant(() => upstreams.mesh);
    const response = await connect({ apiKey: client.key, maxRetries: 2 }).responses.create({
      model: await upstreams.addModelLike(chatModel),
      // The mesh attempts an AI model twice for each call.
      input: `fails 2 times for responses by ${name}`,
    });
    expect(response.output_text).toBe('Hello you');
    expect(await client.data('{ invocations { edges { node { status } } } }')).toEqual({
      invocations: { edges: [{ node: { status: 'SUCCEEDED' } }, { node: { status: 'FAILED' } }] },
    });
  });
});
