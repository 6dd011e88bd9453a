import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** A provider of the OpenAI chat wire whose model `words<n>` says n words, one each 10 ms. */
export interface WordProvider extends AsyncDisposable {
  /** For `baseUrl` of a provider. */
  readonly url: string;
}

const wordMs = 10;

/** What the model of n words says. */
export const buildWords = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `word${at} `);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { model, stream } = JSON.parse(Buffer.concat(chunks).toString()) as {
    model: string;
    stream?: boolean;
  };
  const words = buildWords(Number(/\d+$/.exec(model)?.[0]));
  const usage = { prompt_tokens: 100, completion_tokens: words.length, total_tokens: 100 + words.length };
  const head = { id: 'c', created: 1, model };
  if (stream !== true) {
    await wait(wordMs * words.length);
    const message = { role: 'assistant', content: words.join('') };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        ...head,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      }),
    );
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  const send = (fields: object) =>
    response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...fields })}\n\n`);
  for (const content of words) {
    await wait(wordMs);
    send({ choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] });
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  send({ choices: [], usage });
  response.end('data: [DONE]\n\n');
}

export async function startWordProvider(): Promise<WordProvider> {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answer(request, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
