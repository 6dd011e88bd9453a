import OpenAI from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import OpenAI6 from 'openai-6';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const mesh = findSharedMesh();

const majors = [
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI],
] as const;
const person = z.object({ name: z.string(), age: z.number() });
const text = { format: zodTextFormat(person, 'person') };

describe.each(majors)('%s: parsed responses', (_name, Client) => {
  const client = () => new Client({ baseURL: `${mesh.url}/v1`, apiKey: mesh.adminKey, maxRetries: 0 });

  it('have the value of a schema, whole and streamed', async () => {
    const body = { model: 'demo/echo', input: '{"name":"Ada","age":36}', text };
    const parsed = await client().responses.parse(body);
    expect(parsed.output_parsed).toEqual({ name: 'Ada', age: 36 });
    expect(parsed.text?.format).toMatchObject({ type: 'json_schema', name: 'person', strict: true });
    const streamed = await client().responses.stream(body).finalResponse();
    expect(streamed.output_parsed).toEqual({ name: 'Ada', age: 36 });
  });

  it('have the arguments of tools', async () => {
    const tools = [zodResponsesFunction({ name: 'find', parameters: person })];
    const parsed = await client().responses.parse({ model: 'demo/tools', input: 'Find Ada', tools });
    const [call] = parsed.output;
    expect(call).toMatchObject({ type: 'function_call', name: 'find', parsed_arguments: { age: 0 } });
  });

  it('can be retrieved, with the format that they were requested in', async () => {
    const { id } = await client().responses.parse({
      model: 'demo/echo',
      input: '{"name":"A","age":1}',
      text,
    });
    expect((await client().responses.retrieve(id)).text?.format).toMatchObject({ name: 'person' });
  });
});
