/**
 * A provider of the OpenAI chat wire that costs almost nothing: answers of 1.4 KB, or streams of TOKENS chunks
 * INTERVAL_MS apart, the first at once where FIRST_AT_ONCE is 1. A process of its own, so that its work is not counted as ours.
 */
import { createServer } from 'node:http';
import { listenForParent } from './child.ts';

const words = 'The loom keeps every thread in its place and no thread is counted twice. ';
const text = words.repeat(Math.ceil(1_400 / words.length)).slice(0, 1_400);
const tokens = Number(process.env.TOKENS ?? 100);
const intervalMs = Number(process.env.INTERVAL_MS ?? 20);
const atOnce = process.env.FIRST_AT_ONCE === '1' ? 1 : 0;
const usage = { prompt_tokens: 520, completion_tokens: 330, total_tokens: 850 };

const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'bench',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage,
});

const chunk = (delta: object, finishReason: string | null = null) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'bench',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  })}\n\n`;
const first = chunk({ role: 'assistant', content: '' });
const token = chunk({ content: 'thread ' });
const last = `${chunk({}, 'stop')}data: ${JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'bench',
  choices: [],
  usage,
})}\n\ndata: [DONE]\n\n`;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (data: Buffer) => chunks.push(data));
  request.on('end', () => {
    response.socket?.setNoDelay(true);
    const body = Buffer.concat(chunks);
    if (!body.includes('"stream":true') && !body.includes('"stream": true')) {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer),
      });
      response.end(answer);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(first);
    if (atOnce > 0) response.write(token);
    let sent = atOnce;
    const timer = setInterval(() => {
      if (sent++ < tokens) response.write(token);
      else {
        clearInterval(timer);
        response.end(last);
      }
    }, intervalMs);
    response.on('close', () => clearInterval(timer));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => listenForParent(server));
