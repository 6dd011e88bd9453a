import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as latency, setImmediate } from 'node:timers/promises';

/** A provider of the OpenAI chat wire that counts who asks it what. Models `leaky<status>` fail so and repeat the caller's key. */
export interface Upstream extends AsyncDisposable {
  /** For `baseUrl` of a provider. */
  readonly url: string;
  /** How often each model was asked, by the provider's own name of it. */
  readonly calls: ReadonlyMap<string, number>;
  /** Counts anew. */
  forget(): void;
  /** By the endless model, so far. */
  readonly wordsSent: number;
  /** Calls of the endless model that it still answers. */
  readonly open: number;
  /** The headers of the requests, the newest last. */
  readonly authorizations: readonly string[];
}

export interface UpstreamOptions {
  /** Milliseconds between two parts of an answer. */
  readonly latencyMs?: () => number;
  /** Told of every step: a request read, a part sent. */
  readonly onStep?: () => void;
  /** Holds answers back until it resolves. */
  readonly gate?: () => Promise<void>;
}

/** What the upstream counts for a model: fixed by its name, so that a row can be compared with it. */
function buildUsage(model: string) {
  const number = Number(/\d+$/.exec(model)?.[0] ?? 0);
  return { prompt_tokens: 1_000 + number, completion_tokens: 10 + number, total_tokens: 1_010 + 2 * number };
}

/** The model that never stops talking, as long as somebody listens. */
export const endless = 'endless';

/** What it answers for a model. */
export const buildAnswer = (model: string) => `${model} says what it always says.`;

const formatChunk = (fields: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], ...fields })}\n\n`;

export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const { latencyMs = () => 0, onStep = () => undefined, gate = async () => undefined } = options;
  const calls = new Map<string, number>();
  const authorizations: string[] = [];
  let wordsSent = 0;
  let open = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { model, stream } = JSON.parse(Buffer.concat(chunks).toString()) as {
      model: string;
      stream?: boolean;
    };
    calls.set(model, (calls.get(model) ?? 0) + 1);
    authorizations.push(request.headers.authorization ?? '');
    onStep();
    if (model.startsWith('leaky')) {
      // As some providers do: the refusal repeats the key.
      response.writeHead(Number(model.slice('leaky'.length)), {
        'x-debug': request.headers.authorization ?? '',
      });
      response.end(JSON.stringify({ error: { message: `Wrong key: ${request.headers.authorization}` } }));
      return;
    }
    await gate();
    await latency(latencyMs());
    const content = buildAnswer(model);
    const usage = buildUsage(model);
    if (stream !== true) {
      response.setHeader('content-type', 'application/json');
      const message = { role: 'assistant', content };
      response.end(
        JSON.stringify({
          id: 'c',
          object: 'chat.completion',
          created: 1,
          model,
          choices: [{ index: 0, message, finish_reason: 'stop' }],
          usage,
        }),
      );
      onStep();
      return;
    }
    response.setHeader('content-type', 'text/event-stream');
    if (model === endless) return talk(response);
    for (const word of content.split(/(?<= )/)) {
      response.write(
        formatChunk({
          choices: [{ index: 0, delta: { role: 'assistant', content: word }, finish_reason: null }],
        }),
      );
      onStep();
      await latency(latencyMs());
    }
    response.write(formatChunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.end(`${formatChunk({ usage })}data: [DONE]\n\n`);
    onStep();
  };

  /** Says the same word again and again as fast as it is taken, until the connection closes. */
  const talk = async (response: ServerResponse): Promise<void> => {
    open += 1;
    const left = once(response, 'close').then(() => true);
    const words = formatChunk({
      choices: [{ index: 0, delta: { content: 'thread ' }, finish_reason: null }],
    }).repeat(50);
    for (;;) {
      wordsSent += 50;
      const taken = (response.write(words) ? setImmediate() : once(response, 'drain')).then(() => false);
      if (await Promise.race([left, taken])) break;
    }
    open -= 1;
  };

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    forget: () => calls.clear(),
    authorizations,
    get wordsSent() {
      return wordsSent;
    },
    get open() {
      return open;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
