import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Sixty words: the one answer of every healthy model of the wall. */
export const wallAnswer = Array.from({ length: 60 }, (_, at) => `word${at}`).join(' ');
const words = wallAnswer.split(' ');

export interface WallRequest {
  readonly model: string;
  readonly status: number;
  readonly credential: string | undefined;
}

export interface WallTimes {
  /** S07: until the first token. */
  readonly slowFirstTokenMs: number;
  /** S15: how long the primary is down, on `now`'s clock. */
  readonly downMs: number;
  readonly now: () => number;
}

/** A provider of the OpenAI chat API that fails as its model's name says; modelled on failoverbench's scenarios. */
export interface Wall extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly WallRequest[];
  /** Forgets the requests; the outages begin anew. */
  reset(): void;
}

interface ReceivedCall {
  readonly model: string;
  readonly stream: boolean;
  readonly messages: readonly { readonly role: string }[];
}

export async function openWall(times: WallTimes): Promise<Wall> {
  let requests: WallRequest[] = [];
  let startedAtMs = times.now();
  const silent = new Set<ServerResponse>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const asked = JSON.parse(body) as ReceivedCall;
    const number = requests.filter(({ model }) => model === asked.model).length + 1;
    const fault = chooseFault(asked, number, times.now() - startedAtMs < times.downMs);
    const status = fault.kind === 'refuse' ? fault.status : 200;
    const { authorization } = request.headers;
    requests.push({ model: asked.model, status, credential: authorization });
    if (fault.kind === 'refuse') return refuse(response, fault);
    if (fault.kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault.kind === 'silence') {
      silent.add(response);
      return;
    }
    if (asked.stream) await stream(response, fault, times.slowFirstTokenMs);
    else await whole(response, fault, times.slowFirstTokenMs);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    get requests() {
      return requests;
    },
    reset() {
      requests = [];
      startedAtMs = times.now();
    },
    async [Symbol.asyncDispose]() {
      for (const response of silent) response.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

type Fault =
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'reset' | 'silence' | 'none' | 'slow' | 'cut' | 'stall' | 'malformed' | 'no-done' };

function chooseFault({ model, messages }: ReceivedCall, number: number, isDown: boolean): Fault {
  const refuse = (status: number, code: string, headers = {}): Fault => ({
    kind: 'refuse',
    status,
    code,
    headers,
  });
  const once = (fault: Fault): Fault => (number === 1 ? fault : { kind: 'none' });
  switch (/^fb-(s\d\d|ok-noprefill|ok)/.exec(model)?.[1]) {
    case 's01':
      return once(refuse(429, 'rate_limit_exceeded', { 'retry-after': '2' }));
    case 's02':
      return refuse(429, 'rate_limit_exceeded');
    case 's03':
      return once(refuse(500, 'server_error'));
    case 's04':
    case 's16':
      return refuse(503, 'overloaded');
    case 's05':
      return once({ kind: 'reset' });
    case 's06':
      return { kind: 'silence' };
    case 's07':
      return { kind: 'slow' };
    case 's08':
    case 's14':
      return { kind: 'cut' };
    case 's09':
      return { kind: 'stall' };
    case 's10':
      return { kind: 'malformed' };
    case 's11':
      return { kind: 'no-done' };
    case 's12':
      return refuse(400, 'context_length_exceeded');
    case 's13':
      return refuse(400, 'content_policy_violation');
    case 's15':
      return isDown ? refuse(503, 'overloaded') : { kind: 'none' };
    case 'ok-noprefill':
      return messages.at(-1)?.role === 'assistant' ? refuse(400, 'invalid_prefill') : { kind: 'none' };
    default:
      return { kind: 'none' };
  }
}

const messages: Readonly<Record<string, string>> = {
  context_length_exceeded: "This model's maximum context length is 8192 tokens.",
  content_policy_violation: 'Your request was rejected by our safety system.',
};

function refuse(response: ServerResponse, fault: Fault & { readonly kind: 'refuse' }): void {
  const { status, code, headers } = fault;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { message: messages[code] ?? 'It failed.', type: code, code } }));
}

const usage = { prompt_tokens: 30, completion_tokens: 60, total_tokens: 90 };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function whole(response: ServerResponse, { kind }: Fault, slowMs: number): Promise<void> {
  if (kind === 'slow') await wait(slowMs);
  const message = { role: 'assistant', content: wallAnswer };
  const body = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(body);
}

async function stream(response: ServerResponse, { kind }: Fault, slowMs: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (event: object) => response.write(`data: ${JSON.stringify(event)}\n\n`);
  const delta = (content: object, finish: string | null = null) =>
    send({ choices: [{ index: 0, delta: content, finish_reason: finish }] });
  delta({ role: 'assistant', content: '' });
  if (kind === 'slow') await wait(slowMs);
  for (const [at, word] of words.entries()) {
    if (kind === 'cut' && at === 40) return void response.destroy();
    if (kind === 'stall' && at === 20) return;
    if (kind === 'malformed' && at === 10) response.write('data: {"choices": [{"delta": {"cont\n\n');
    delta({ content: at === 0 ? word : ` ${word}` });
    await wait(1);
  }
  delta({}, 'stop');
  send({ choices: [], usage });
  response.end(kind === 'no-done' ? '' : 'data: [DONE]\n\n');
}
