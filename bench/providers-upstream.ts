/**
 * Streams of TOKENS deltas, INTERVAL_MS apart, in the wire that the path requests: chat completions, Anthropic's
 * messages, Gemini's generateContent, OpenAI's responses. A process of its own, so that its work is not counted as ours.
 */
import { createServer } from 'node:http';
import { listenForParent } from './child.ts';

const tokens = Number(process.env.TOKENS ?? 100);
const intervalMs = Number(process.env.INTERVAL_MS ?? 20);
const word = 'thread ';

interface Wire {
  readonly path: RegExp;
  readonly first: string;
  readonly token: string;
  readonly last: string;
}

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const named = (type: string, value: object) => `event: ${type}\n${data({ type, ...value })}`;

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'bench',
  choices: [{ index: 0, delta, finish_reason }],
});
const usage = { prompt_tokens: 520, completion_tokens: tokens, total_tokens: 520 + tokens };

const gemini = (text: string, rest: object = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...rest }],
  usageMetadata: { promptTokenCount: 520, candidatesTokenCount: tokens, totalTokenCount: 520 + tokens },
  modelVersion: 'bench',
  responseId: 'r1',
});

const response = {
  status: 'in_progress',
  id: 'resp_1',
  object: 'response',
  created_at: 1_700_000_000,
  model: 'bench',
  output: [],
  usage: null,
};
const item = { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] };

const wires: readonly Wire[] = [
  {
    path: /\/chat\/completions$/,
    first: data(chunk({ role: 'assistant', content: '' })),
    token: data(chunk({ content: word })),
    last: `${data({ ...chunk({}, 'stop'), usage, x_groq: { usage } })}data: [DONE]\n\n`,
  },
  {
    path: /\/messages$/,
    first: [
      named('message_start', {
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'bench',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 520, output_tokens: 1 },
        },
      }),
      named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ].join(''),
    token: named('content_block_delta', { index: 0, delta: { type: 'text_delta', text: word } }),
    last: [
      named('content_block_stop', { index: 0 }),
      named('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: tokens },
      }),
      named('message_stop', {}),
    ].join(''),
  },
  {
    path: /:streamGenerateContent$/,
    first: '',
    token: data(gemini(word)),
    last: data(gemini('', { finishReason: 'STOP' })),
  },
  {
    path: /\/responses$/,
    first: [
      named('response.created', { sequence_number: 0, response }),
      named('response.output_item.added', { sequence_number: 1, output_index: 0, item }),
    ].join(''),
    token: named('response.output_text.delta', {
      sequence_number: 2,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      delta: word,
      logprobs: [],
    }),
    last: [
      named('response.output_item.done', { sequence_number: 3, output_index: 0, item }),
      named('response.completed', {
        sequence_number: 4,
        response: {
          ...response,
          status: 'completed',
          usage: { input_tokens: 520, output_tokens: tokens, total_tokens: 520 + tokens },
        },
      }),
    ].join(''),
  },
];

const server = createServer((request, reply) => {
  request.resume();
  request.on('end', () => {
    const wire = wires.find(({ path }) => path.test(request.url?.split('?')[0] ?? ''));
    if (wire === undefined) return void reply.writeHead(404).end();
    reply.socket?.setNoDelay(true);
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    if (wire.first !== '') reply.write(wire.first);
    let sent = 0;
    const timer = setInterval(() => {
      if (sent++ < tokens) reply.write(wire.token);
      else {
        clearInterval(timer);
        reply.end(wire.last);
      }
    }, intervalMs);
    reply.on('close', () => clearInterval(timer));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => listenForParent(server));
