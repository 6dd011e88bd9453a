import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addProvider, admin, unique } from '#test/e2e/scenarios/setup.ts';
import {
  type AnswerChat,
  type ChatUpstream,
  openChatUpstream,
  sendChatCall,
  sendChatText,
  sendChoices,
} from '#test/support/chat-upstream.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

let answer: AnswerChat;
let upstream: ChatUpstream;
const mesh = findSharedMesh();
const providerId = unique('upstream');
beforeAll(async () => {
  upstream = await openChatUpstream((...asked) => answer(...asked));
  const provider = { id: providerId, kind: 'OPENAI_COMPATIBLE', baseUrl: upstream.url };
  await addProvider(() => mesh, provider, { name: 'any' });
});
afterAll(() => upstream[Symbol.asyncDispose]());
beforeEach(() => {
  answer = (body, response) => sendChatText(body, response, 'Hello');
});

const model = `${providerId}/any`;
const user = (content: string) => ({ role: 'user' as const, content });
const lastBody = () => upstream.bodies.at(-1);

/** Both majors have the same interface, as far as it is used here. */
const majors = [
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI],
] as const;

describe.each(majors)('%s: chat completions', (_name, Client) => {
  const client = (options: { readonly maxRetries?: number; readonly apiKey?: string } = {}) =>
    new Client({ baseURL: `${mesh.url}/v1`, apiKey: mesh.adminKey, maxRetries: 0, ...options });

  it('answer a text, with the usage that the provider counted', async () => {
    const completion = await client().chat.completions.create({ model, messages: [user('Hi')] });
    expect(completion.object).toBe('chat.completion');
    expect(completion.choices[0]?.message.content).toBe('Hello');
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.model).toBe(model);
    expect(completion.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 });
  });

  it('stream with the role first, usage only where it is requested, and one end', async () => {
    const plain = await client().chat.completions.create({ model, messages: [user('Hi')], stream: true });
    const chunks = await Array.fromAsync(plain);
    expect(chunks[0]?.choices[0]?.delta).toMatchObject({ role: 'assistant', content: '' });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello');
    expect(chunks.map((chunk) => chunk.choices.length)).toEqual(chunks.map(() => 1));
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason != null)).toHaveLength(1);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    const counted = await client().chat.completions.create({
      model,
      messages: [user('Hi')],
      stream: true,
      stream_options: { include_usage: true },
    });
    const all = await Array.fromAsync(counted);
    expect(chunks.filter((chunk) => 'usage' in chunk)).toEqual([]);
    expect(new Set(all.slice(0, -1).map((chunk) => chunk.usage))).toEqual(new Set([null]));
    const last = all.at(-1);
    expect(last?.choices).toEqual([]);
    expect(last?.usage).toMatchObject({ total_tokens: 12 });
  });

  it('run a loop of tool calls, whose ids and arguments come and go unchanged', async () => {
    answer = (body, response, number) => {
      const results = body.messages.filter(({ role }) => role === 'tool');
      if (results.length === 0) sendChatCall(body, response, `call_${number}`, 'weather', '{"city":"Bern"}');
      else sendChatText(body, response, `It is ${String(results[0]?.content)}.`);
    };
    for (const stream of [false, true]) {
      const called: string[] = [];
      const weather = {
        name: 'weather',
        description: 'The weather of a city',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
        parse: (text: string) => JSON.parse(text) as { readonly city: string },
        function: ({ city }: { readonly city: string }) => {
          called.push(city);
          return 'sunny';
        },
      };
      const asked = {
        model,
        messages: [user('Weather in Bern?')],
        tools: [{ type: 'function' as const, function: weather }],
      };
      const { completions } = client().chat;
      const runner = stream ? completions.runTools({ ...asked, stream }) : completions.runTools(asked);
      expect(await runner.finalContent()).toBe('It is sunny.');
      expect(called).toEqual(['Bern']);
      const assistant = lastBody()?.messages.find(({ role }) => role === 'assistant');
      expect(assistant?.tool_calls).toMatchObject([
        { function: { name: 'weather', arguments: '{"city":"Bern"}' } },
      ]);
    }
  });

  it('give structured answers of the schema', async () => {
    answer = (body, response) => sendChatText(body, response, '{"city":"Bern"}');
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    };
    for (const strict of [true, false]) {
      const json_schema = { name: 'place', description: 'Where it is.', schema, strict };
      const body = {
        model,
        messages: [user('Where?')],
        response_format: { type: 'json_schema' as const, json_schema },
      };
      const completion = await client().chat.completions.parse(body);
      expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({ city: 'Bern' });
      expect(lastBody()?.response_format).toEqual(body.response_format);
      await client().chat.completions.stream(body).finalChatCompletion();
      expect(lastBody()).toMatchObject({ stream: true, response_format: body.response_format });
    }
  });

  it('request a JSON object without a schema of a provider of the dialect, which is validated', async () => {
    const body = { model, messages: [user('JSON?')], response_format: { type: 'json_object' as const } };
    answer = (sent, response) => sendChatText(sent, response, '{"city":"Bern"}');
    const { data, response } = await client().chat.completions.create(body).withResponse();
    expect([data.choices[0]?.message.content, response.headers.get('x-heddle-dropped')]).toEqual([
      '{"city":"Bern"}',
      null,
    ]);
    expect(lastBody()?.response_format).toEqual({ type: 'json_object' });
    await client().chat.completions.stream(body).finalChatCompletion();
    expect(lastBody()).toMatchObject({ stream: true, response_format: { type: 'json_object' } });
    answer = (sent, response) => sendChatText(sent, response, '[1]');
    await expect(client().chat.completions.create(body)).rejects.toThrow();
  });

  it('send the names of participants to a provider of the dialect', async () => {
    const messages = [
      { role: 'system' as const, content: 'Be brief.', name: 'rules' },
      { role: 'user' as const, content: 'Hi', name: 'Ada' },
      { role: 'assistant' as const, content: 'Hello', name: 'Bob' },
      { role: 'user' as const, content: [{ type: 'text' as const, text: 'And?' }], name: 'Zoe' },
    ];
    for (const stream of [false, true]) {
      const { response } = await client().chat.completions.create({ model, messages, stream }).withResponse();
      expect(response.headers.get('x-heddle-dropped')).toBeNull();
      expect(lastBody()?.messages.map(({ role, name }) => [role, name])).toEqual([
        ['system', 'rules'],
        ['user', 'Ada'],
        ['assistant', 'Bob'],
        ['user', 'Zoe'],
      ]);
    }
    const { response } = await client()
      .chat.completions.create({ model: 'demo/echo', messages })
      .withResponse();
    expect(response.headers.get('x-heddle-dropped')).toBe('messages.name');
  });

  it('send images, with their detail, and files', async () => {
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    await client().chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url, detail: 'low' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
          ],
        },
      ],
    });
    expect(lastBody()?.messages.at(-1)?.content).toEqual([
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url, detail: 'low' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
    ]);
  });

  it('send every parameter, known or not, to a provider of the dialect', async () => {
    const completion = client().chat.completions.create({
      model,
      messages: [{ role: 'developer', content: 'Be short.' }, user('Hi')],
      temperature: 0.5,
      top_p: 0.9,
      max_completion_tokens: 50,
      stop: ['END'],
      seed: 7,
      presence_penalty: 0.1,
      frequency_penalty: -0.1,
      logit_bias: { '50256': -100 },
      prediction: { type: 'content', content: 'Hello' },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      ...({ vendor_extension: { deep: [1] } } as object),
    });
    const { response } = await completion.withResponse();
    expect(response.headers.get('x-heddle-dropped')).toBeNull();
    expect(lastBody()).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 50,
      stop: ['END'],
      seed: 7,
      presence_penalty: 0.1,
      frequency_penalty: -0.1,
      logit_bias: { '50256': -100 },
      prediction: { type: 'content', content: 'Hello' },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      vendor_extension: { deep: [1] },
    });
  });

  it('name in x-heddle-dropped what another provider does not take, and answer all the same', async () => {
    const completion = client().chat.completions.create({
      model: 'demo/echo',
      messages: [user('Hi')],
      logit_bias: { '1': 1 },
      ...({ vendor_extension: 1 } as object),
    });
    const { data, response } = await completion.withResponse();
    expect(data.choices[0]?.message.content).toBe('Hi');
    expect(response.headers.get('x-heddle-dropped')?.split(', ')).toEqual(['logit_bias', 'vendor_extension']);
  });

  it('give several answers and log probabilities', async () => {
    const logprobs = { content: [{ token: 'a', logprob: -0.1, bytes: null, top_logprobs: [] }] };
    answer = (body, response) =>
      sendChoices(
        body,
        response,
        Array.from({ length: Number(body.n) }, (_, at) => ({
          message: { content: `answer ${at}` },
          logprobs,
        })),
      );
    const asked = { model, messages: [user('Hi')], n: 3, logprobs: true };
    const whole = await client().chat.completions.create(asked);
    expect(whole.choices.map(({ message }) => message.content)).toEqual(['answer 0', 'answer 1', 'answer 2']);
    expect(whole.choices.map((choice) => choice.logprobs?.content)).toEqual(
      whole.choices.map(() => logprobs.content),
    );
    const texts = ['', '', ''];
    const ended = new Set<number>();
    for await (const { choices } of await client().chat.completions.create({ ...asked, stream: true })) {
      for (const { index, delta, finish_reason } of choices) {
        texts[index] += delta.content ?? '';
        if (finish_reason !== null) ended.add(index);
      }
    }
    expect(texts).toEqual(['answer 0', 'answer 1', 'answer 2']);
    expect([...ended].sort()).toEqual([0, 1, 2]);
  });

  it('fail with the class, code and advice of OpenAI’s errors', async () => {
    const chat = (asked: object, options = {}) =>
      client(options).chat.completions.create({ model, messages: [user('Hi')], ...asked });
    await expect(chat({ model: 'gpt-none' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    });
    await expect(chat({ messages: [] })).rejects.toMatchObject({ status: 400, param: 'messages' });
    await expect(chat({ n: 9 })).rejects.toMatchObject({ status: 400, param: 'n' });
    await expect(chat({}, { apiKey: `hd_none_${'0'.repeat(40)}` })).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
    answer = (_body, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ error: { message: 'maximum context length', code: 'context_length_exceeded' } }),
      );
    };
    await expect(chat({})).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
    await expect(chat({ stream: true })).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
  });

  it('fail in the middle of a stream with an error, never with a normal end', async () => {
    answer = (_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hel' } }] })}\n\n`);
      setImmediate(() => response.destroy());
    };
    const texts: string[] = [];
    const read = async () => {
      const stream = await client().chat.completions.create({ model, messages: [user('Hi')], stream: true });
      for await (const { choices } of stream) texts.push(choices[0]?.delta.content ?? '');
    };
    await expect(read()).rejects.toMatchObject({ error: { heddle_code: 'PROVIDER_ERROR' } });
    expect(texts.join('')).toBe('Hel');
  });

  it('cancel the call of the provider when the client leaves', async () => {
    await using own = await openChatUpstream((_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hel' } }] })}\n\n`);
    });
    const root = admin(() => mesh);
    const id = unique('left');
    await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
      input: { id, kind: 'OPENAI_COMPATIBLE', baseUrl: own.url, apiKey: 'k-0123456789012345' },
    });
    await root.data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
      input: { providerId: id, name: 'any' },
    });
    const stream = await client().chat.completions.create({
      model: `${id}/any`,
      messages: [user('Hi')],
      stream: true,
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    await own.left;
  });

  it('are tried again by the SDK where that helps, and not where it cannot', async () => {
    const before = upstream.bodies.length;
    answer = (body, response, number) => {
      if (number > before + 3) return sendChatText(body, response, 'Hello');
      response.writeHead(503).end();
    };
    const completion = await client({ maxRetries: 5 }).chat.completions.create({
      model,
      messages: [user('Hi')],
    });
    expect(completion.choices[0]?.message.content).toBe('Hello');
    const error = await client({ maxRetries: 5 })
      .chat.completions.create({ model: 'none', messages: [user('Hi')] })
      .catch((thrown: InstanceType<typeof OpenAI.APIError>) => thrown);
    expect(error).toMatchObject({ status: 404 });
    expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get('x-should-retry')).toBe('false');
  });
});

describe.each(majors)('%s: embeddings and models', (_name, Client) => {
  const client = () => new Client({ baseURL: `${mesh.url}/v1`, apiKey: mesh.adminKey, maxRetries: 0 });

  it('has the same vectors in base64, its default, and as floats', async () => {
    const asked = { model: 'demo/embed', input: ['one', 'two'] };
    const packed = await client().embeddings.create(asked);
    const plain = await client().embeddings.create({ ...asked, encoding_format: 'float' });
    expect(packed.data.map(({ index }) => index)).toEqual([0, 1]);
    for (const [at, { embedding }] of packed.data.entries()) {
      expect([...embedding]).toEqual(plain.data[at]?.embedding.map(Math.fround));
    }
    expect(packed.usage.prompt_tokens).toBeGreaterThan(0);
    await expect(client().embeddings.create({ model: 'demo/embed', input: [1, 2] })).rejects.toMatchObject({
      status: 400,
      param: 'input',
    });
  });

  it('lists the models that the key may call, and finds each by its id', async () => {
    const { data } = await client().models.list();
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['demo/echo', model]));
    for (const { id } of data)
      expect(await client().models.retrieve(id)).toMatchObject({ id, object: 'model' });
    await expect(client().models.retrieve('none/such')).rejects.toMatchObject({ status: 404 });
  });

  it('completes a prompt by the older API, whole and streamed', async () => {
    const whole = await client().completions.create({ model, prompt: 'Say:', echo: true });
    expect(whole.choices[0]?.text).toBe('Say:Hello');
    const chunks = await Array.fromAsync(
      await client().completions.create({ model, prompt: 'Say:', stream: true }),
    );
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe('Hello');
    await expect(client().completions.create({ model, prompt: 'a', suffix: 'b' })).rejects.toMatchObject({
      status: 400,
    });
  });
});
