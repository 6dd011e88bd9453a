import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request is for: the guarded call itself, or a question of a guardrail. */
export type Asked = 'own' | 'judge' | 'moderation' | 'webhook';

interface HeldRequest {
  readonly what: Asked;
  /** Of `own`: whether a stream is requested. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Answers as the vendor does, with a text of `own`. */
  answer(text?: string): void;
  /** Begins an answer and breaks the connection. */
  cut(): void;
}

/** A provider, and the server of a webhook, that hold every request until a test answers it. */
export interface GuardUpstream extends AsyncDisposable {
  /** For `baseUrl` of a provider. */
  readonly url: string;
  readonly webhookUrl: string;
  /** How often each was asked. */
  readonly counts: Readonly<Record<Asked, number>>;
  /** The next request for this. */
  next(what: Asked): Promise<HeldRequest>;
}

/** What each request of a model takes, by its answer. */
export const usages: Readonly<Record<Exclude<Asked, 'webhook'>, readonly [input: number, output: number]>> = {
  own: [700, 30],
  judge: [100, 10],
  moderation: [50, 0],
};

const scores = { categories: { hate: false }, category_scores: { hate: 0.01 }, flagged: false };

function toUsage(what: Exclude<Asked, 'webhook'>) {
  const [prompt_tokens, completion_tokens] = usages[what];
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

const formatChunk = (fields: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], ...fields })}\n\n`;

function writeStream(response: ServerResponse, content: string): void {
  response.setHeader('content-type', 'text/event-stream');
  const delta = { role: 'assistant', content };
  response.write(formatChunk({ choices: [{ index: 0, delta, finish_reason: null }] }));
  response.write(formatChunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
  response.end(`${formatChunk({ usage: toUsage('own') })}data: [DONE]\n\n`);
}

function writeChat(what: 'own' | 'judge', content: string): object {
  const message = { role: 'assistant', content };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return { id: 'c', object: 'chat.completion', created: 1, model: what, choices, usage: toUsage(what) };
}

export async function startGuardUpstream(): Promise<GuardUpstream> {
  const counts = { own: 0, judge: 0, moderation: 0, webhook: 0 };
  const arrived: HeldRequest[] = [];
  const waiting: { readonly what: Asked; readonly take: (request: HeldRequest) => void }[] = [];

  async function hold(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    const path = request.url ?? '';
    const what: Asked = path.startsWith('/webhook') ? 'webhook' : (String(body.model) as Asked);
    counts[what] += 1;
    const held: HeldRequest = {
      what,
      body,
      answer(text = 'The answer.') {
        if (what === 'own' && body.stream === true) return writeStream(response, text);
        response.setHeader('content-type', 'application/json');
        const answers = {
          own: () => writeChat('own', text),
          judge: () => writeChat('judge', '{"score":1}'),
          moderation: () => ({ id: 'm', model: 'm', results: [scores], usage: toUsage('moderation') }),
          webhook: () => ({ allowed: true }),
        };
        response.end(JSON.stringify(answers[what]()));
      },
      cut() {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"allowed":');
        response.destroy();
      },
    };
    const at = waiting.findIndex((each) => each.what === what);
    if (at === -1) arrived.push(held);
    else waiting.splice(at, 1)[0]?.take(held);
  }

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    hold(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${origin}/v1`,
    webhookUrl: `${origin}/webhook`,
    counts,
    async next(what) {
      const at = arrived.findIndex((each) => each.what === what);
      const [held] = at === -1 ? [] : arrived.splice(at, 1);
      if (held !== undefined) return held;
      const { promise, resolve: take } = Promise.withResolvers<HeldRequest>();
      waiting.push({ what, take });
      return promise;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
