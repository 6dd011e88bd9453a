import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWireServer, type WireServer } from '#providers/testing/wire-server.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { overEventStream, type TestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { addModel } from './vendors.ts';

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
let client: TestClient;
let upstream: WireServer;
let answers: { readonly whole: object; readonly events?: readonly object[] };
beforeAll(async () => {
  ({ client } = await newTenant(() => mesh));
  upstream = stack.use(
    await startWireServer((response, { path, body }) => {
      if (!path.includes('stream') && JSON.parse(body).stream !== true) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answers.whole));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of answers.events ?? []) response.write(`data: ${JSON.stringify(event)}\n\n`);
      response.end('data: [DONE]\n\n');
    }),
  );
});
afterAll(() => stack.disposeAsync());

const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };
const spoken = { id: 'audio_1', data: 'AAECAwQFBg==', transcript: 'Hello', expires_at: 1_800_000_000 };
const delta = (fields: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});
beforeEach(() => {
  answers = {
    whole: {
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, audio: spoken },
          finish_reason: 'stop',
        },
      ],
      usage,
    },
    events: [
      delta({ role: 'assistant', audio: { id: 'audio_1', transcript: 'Hel' } }),
      delta({ audio: { data: 'AAECAw==' } }),
      delta({ audio: { transcript: 'lo' } }),
      delta({ audio: { data: 'BAUG' } }),
      delta({ audio: { expires_at: 1_800_000_000 } }),
      delta({}, 'stop'),
      { choices: [], usage },
    ],
  };
});

const sent = () => JSON.parse(upstream.requests.at(-1)?.body ?? '{}');
const complete = `mutation ($input: CompletionInput!) {
  complete(input: $input) { text finishReason dropped audio { id data transcript expiresAt } }
}`;
const stream = `subscription ($input: CompletionInput!) {
  completionStream(input: $input) {
    __typename
    ... on AudioDelta { audioId data transcript expiresAt }
    ... on CompletionFinished { completion { text audio { id data transcript expiresAt } } }
    ... on CompletionFailed { code message }
  }
}`;
const user = { role: 'USER', content: 'Say hello.' };
const audio = {
  id: 'audio_1',
  data: 'AAECAwQFBg==',
  transcript: 'Hello',
  expiresAt: '2027-01-15T08:00:00.000Z',
};
const addChat = () => addModel(() => mesh, 'OPENAI_COMPATIBLE', `${upstream.url}/v1`, 'speaker');
const addGemini = () =>
  addModel(() => mesh, 'GOOGLE', `${upstream.url}/v1beta`, 'gemini-2.5-flash-preview-tts');

describe('a spoken answer of chat completions', () => {
  it('is requested in a voice and a format, and returned with its transcript', async () => {
    const input = { model: await addChat(), messages: [user], audio: { voice: 'verse', format: 'mp3' } };
    expect(await client.data(complete, { input })).toEqual({
      complete: { text: '', finishReason: 'STOP', dropped: [], audio },
    });
    expect(sent()).toMatchObject({ modalities: ['text', 'audio'], audio: { voice: 'verse', format: 'mp3' } });
  });

  it('comes in parts, which are the whole when put together', async () => {
    const input = { model: await addChat(), messages: [user], audio: {} };
    const events = await Array.fromAsync(
      overEventStream<{ readonly data?: string | null; readonly transcript?: string | null }>(
        client,
        stream,
        {
          input,
        },
      ),
    );
    const bytes = events.flatMap(({ data }) => (data == null ? [] : [Buffer.from(data, 'base64')]));
    expect(Buffer.concat(bytes)).toEqual(Buffer.from([0, 1, 2, 3, 4, 5, 6]));
    expect(events.map(({ transcript }) => transcript ?? '').join('')).toBe('Hello');
    expect(events[1]).toMatchObject({ __typename: 'AudioDelta', audioId: 'audio_1' });
    expect(events.at(-1)).toMatchObject({ completion: { text: '', audio } });
    expect(sent().audio).toEqual({ voice: 'alloy', format: 'pcm16' });
  });

  it('is the same through the client of OpenAI, whole and streamed, and is named in the next turn', async () => {
    const openai = new OpenAI({ baseURL: `${mesh.url}/v1`, apiKey: client.key, maxRetries: 0 });
    const ask = {
      model: await addChat(),
      messages: [{ role: 'user' as const, content: 'Say hello.' }],
      modalities: ['text' as const, 'audio' as const],
      audio: { voice: 'alloy' as const, format: 'pcm16' as const },
    };
    const whole = await openai.chat.completions.create(ask);
    expect(whole.choices[0]?.message).toMatchObject({ content: null, audio: spoken });
    const chunks = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true }));
    const parts = chunks.flatMap(({ choices }) => {
      const { audio: part } = (choices[0]?.delta ?? {}) as { readonly audio?: Record<string, unknown> };
      return part === undefined ? [] : [part];
    });
    expect(parts).toEqual([
      { id: 'audio_1', transcript: 'Hel' },
      { data: 'AAECAw==' },
      { transcript: 'lo' },
      { data: 'BAUG' },
      { expires_at: 1_800_000_000 },
    ]);
    const next = [{ role: 'assistant' as const, audio: { id: 'audio_1' } }, ...ask.messages];
    await openai.chat.completions.create({ ...ask, messages: [...ask.messages, ...next] });
    expect(sent().messages[1]).toEqual({ role: 'assistant', content: null, audio: { id: 'audio_1' } });
  });

  it('is not requested where the modalities are of text, and the voice and other modalities are named as dropped', async () => {
    const body = {
      model: await addChat(),
      messages: [{ role: 'user', content: 'Hi' }],
      audio: { voice: 'alloy' },
    };
    for (const [modalities, dropped] of [
      [['text'], 'audio'],
      [['text', 'image'], 'audio, modalities'],
    ] as const) {
      const response = await fetch(`${mesh.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${client.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, modalities }),
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-heddle-dropped')).toBe(dropped);
      expect(sent()).not.toHaveProperty('audio');
    }
  });
});

describe('a spoken answer of Gemini', () => {
  const speech = (data: string, finishReason?: string) => ({
    candidates: [
      {
        content: {
          role: 'model',
          parts: [{ inlineData: { mimeType: 'audio/L16;codec=pcm;rate=24000', data } }],
        },
        ...(finishReason === undefined ? {} : { finishReason }),
      },
    ],
    usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 6 },
  });

  it('is requested by its voice, and returned', async () => {
    answers = { whole: speech('AAECAwQFBg==', 'STOP'), events: [speech('AAECAw=='), speech('BAUG', 'STOP')] };
    const input = { model: await addGemini(), messages: [user], audio: { voice: 'Kore' } };
    const returned = { id: null, data: 'AAECAwQFBg==', transcript: null, expiresAt: null };
    expect(await client.data(complete, { input })).toMatchObject({ complete: { audio: returned } });
    expect(sent().generationConfig).toMatchObject({
      responseModalities: ['AUDIO'],
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
    });
    const events = await Array.fromAsync(overEventStream(client, stream, { input }));
    expect(events.at(-1)).toMatchObject({ completion: { audio: returned } });
  });

  it('is refused in a format that Gemini does not have', async () => {
    const input = { model: await addGemini(), messages: [user], audio: { format: 'mp3' } };
    const { errors } = await client.send(complete, { input });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('audio.format'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });
});

it('refuses the ID of audio where Gemini is called, which keeps none', async () => {
  const messages = [user, { role: 'ASSISTANT', audioId: 'audio_1' }, user];
  const { errors } = await client.send(complete, { input: { model: await addGemini(), messages } });
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining('audioId'),
    extensions: { code: 'BAD_USER_INPUT' },
  });
});

describe.each([
  ['ANTHROPIC', 'claude-sonnet-4-5', '/v1'],
  ['OPENAI', 'gpt-5-mini', '/v1'],
  ['COHERE', 'command-a', '/v2'],
  ['MISTRAL', 'mistral-small', '/v1'],
  ['DEMO', 'echo', ''],
] as const)('a provider of kind %s, which has no audio', (kind, name, path) => {
  const add = async () =>
    kind === 'DEMO' ? 'demo/echo' : addModel(() => mesh, kind, `${upstream.url}${path}`, name);

  it.each([
    ['audio', { messages: [user], audio: { voice: 'alloy' } }],
    ['audioId', { messages: [user, { role: 'ASSISTANT', audioId: 'audio_1' }, user] }],
  ])('refuses %s by its name, and is not called', async (field, more) => {
    const before = upstream.requests.length;
    const { errors } = await client.send(complete, { input: { model: await add(), ...more } });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining(field),
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(upstream.requests).toHaveLength(before);
  });
});

it('drops the ID of audio beside a text where the provider has none, and names it', async () => {
  const messages = [user, { role: 'ASSISTANT', content: 'Hello', audioId: 'audio_1' }, user];
  const answer = await client.data<{ readonly complete: { readonly dropped: readonly string[] } }>(complete, {
    input: { model: 'demo/echo', messages },
  });
  expect(answer.complete.dropped).toEqual(['messages.audioId']);
});

it.each([
  ['audio.voice', { audio: { voice: 'a voice' } }],
  ['audio.format', { audio: { format: 'midi' } }],
  ['alternatives', { audio: {}, alternatives: 2 }],
  ['audioId', { messages: [{ ...user, audioId: 'audio_1' }] }],
  ['audioId', { messages: [user, { role: 'ASSISTANT', audioId: '' }, user] }],
])('refuses a wrong %s: %j', async (field, more) => {
  const { errors } = await client.send(complete, {
    input: { model: 'demo/echo', messages: [user], ...more },
  });
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining(field),
    extensions: { code: 'BAD_USER_INPUT' },
  });
});
