import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as latency } from 'node:timers/promises';

/** One request that the upstream was sent, and what it gave for it: what a provider bills. */
export interface MeteredCall {
  /** The user's message. */
  readonly content: string;
  readonly streamed: boolean;
  /** Words sent, one token and four characters each. */
  sent: number;
  /** It was answered whole, its usage included. */
  done: boolean;
}

/** A provider of the OpenAI chat wire that says how many words it is asked for, and keeps a log of what it sent. */
export interface MeteredUpstream extends AsyncDisposable {
  /** For `baseUrl` of a provider. */
  readonly url: string;
  readonly calls: readonly MeteredCall[];
}

/** What it counts for the input of every call. */
const promptTokens = 100;

/** What to ask it for. `name` is found in the call's content. */
export const askFor = (name: string, words: number, everyMs: number): string =>
  `${name} ${words} words, one in ${everyMs} ms`;

const word = 'one ';

const formatChunk = (fields: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], ...fields })}\n\n`;
const delta = (fields: object, reason: string | null = null) =>
  formatChunk({ choices: [{ index: 0, delta: fields, finish_reason: reason }] });

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  calls: MeteredCall[],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { messages, stream } = JSON.parse(Buffer.concat(chunks).toString()) as {
    readonly messages: readonly { readonly content: string }[];
    readonly stream?: boolean;
  };
  const content = messages.at(-1)?.content ?? '';
  const [, words = 0, everyMs = 0] = (/(\d+) words, one in (\d+) ms/.exec(content) ?? []).map(Number);
  const call: MeteredCall = { content, streamed: stream === true, sent: 0, done: false };
  calls.push(call);
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: words,
    total_tokens: promptTokens + words,
  };
  if (stream !== true) {
    await latency(words * everyMs);
    if (response.destroyed) return;
    call.sent = words;
    call.done = true;
    const message = { role: 'assistant', content: word.repeat(words) };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      }),
    );
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  response.write(delta({ role: 'assistant', content: '' }));
  while (call.sent < words) {
    await latency(everyMs);
    if (response.destroyed) return;
    response.write(delta({ content: word }));
    call.sent += 1;
  }
  response.write(delta({}, 'stop'));
  call.done = true;
  response.end(`${formatChunk({ usage })}data: [DONE]\n\n`);
}

export async function startMeteredUpstream(): Promise<MeteredUpstream> {
  const calls: MeteredCall[] = [];
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answer(request, response, calls).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
