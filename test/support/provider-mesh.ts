import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionResult } from 'graphql';
import type { Database } from '#mongo/connect.ts';
import { sealCredential } from '#mongo/credential-secret.ts';
import { models } from '#mongo/models.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { type RouteRecord, routes } from '#mongo/routes.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import { makeProvider } from '#providers/registry/registry.ts';
import type { InferenceDeps } from '#subgraphs/inference/subgraph.ts';
import { startInference, type TestInference } from './inference.ts';
import { testSecrets } from './seal.ts';

/** A provider of the OpenAI API that a test writes: `answer` gets the model, the secret and whether it streams. */
export interface LocalProvider extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ProviderRequest[];
}

export interface ProviderRequest {
  readonly model: string;
  readonly secret: string;
  readonly stream: boolean;
  readonly path: string;
}

export async function openLocalProvider(
  answer: (request: ProviderRequest, response: ServerResponse, number: number) => unknown,
): Promise<LocalProvider> {
  const requests: ProviderRequest[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const { model, stream } = JSON.parse(body) as { readonly model: string; readonly stream?: boolean };
      const secret = request.headers.authorization?.slice('Bearer '.length) ?? '';
      const asked = { model, secret, stream: stream === true, path: request.url ?? '' };
      requests.push(asked);
      answer(asked, response, requests.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };

/** Answers `text` as the request asks: whole, streamed, or embedded. */
export function answerWith(text: string, { stream, path }: ProviderRequest, response: ServerResponse): void {
  if (path.endsWith('/embeddings')) {
    sendJson(response, 200, { data: [{ index: 0, embedding: [1, 0] }], usage });
  } else if (stream) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(delta(text));
    response.write(delta('', 'stop'));
    response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  } else {
    const message = { role: 'assistant', content: text };
    sendJson(response, 200, { choices: [{ index: 0, message, finish_reason: 'stop' }], usage });
  }
}

/** One event of a streamed answer. */
export function delta(content: string, finish: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export interface ProviderMeshOptions {
  /** By the provider's id: its address, its models' names and its credentials, `secret` to weight. */
  readonly providers: Readonly<
    Record<
      string,
      {
        readonly url: string;
        readonly models?: readonly string[];
        readonly credentials?: Readonly<Record<string, number>>;
      }
    >
  >;
  readonly routes?: Readonly<Record<string, RouteOptions>>;
  readonly inference?: Partial<InferenceDeps>;
}

interface RouteOptions {
  readonly targets: readonly string[];
  readonly strategy?: RouteRecord['strategy'];
  readonly timeouts?: Partial<RouteRecord['timeouts']>;
  readonly maxAttempts?: number;
}

/** Inference with real adapters and connections, over providers that tests write; they replace those of the database. */
export async function openProviderMesh(
  database: Database,
  options: ProviderMeshOptions,
): Promise<TestInference> {
  const { connection } = database;
  for (const collection of [providers, providerCredentials, models, routes]) {
    await connection.collection(collection(connection).collection.name).deleteMany({});
  }
  const at = { createdAt: new Date(), updatedAt: new Date() };
  for (const [_id, { url, models: names = ['one'], credentials = {} }] of Object.entries(options.providers)) {
    const record = { _id, kind: 'OPENAI_COMPATIBLE', baseUrl: url, region: null, enabled: true } as const;
    await providers(connection).create({ ...record, ...at });
    for (const [secret, weight] of Object.entries(credentials)) {
      const credential = { _id: `${_id}-${secret}`, providerId: _id, label: secret, hint: '', weight };
      const destination = providerDestination(record);
      const bound = { id: credential._id, providerId: _id, destination };
      const sealed = sealCredential(testSecrets, secret, bound);
      await providerCredentials(connection).create({
        ...credential,
        sealed,
        destination,
        enabled: true,
        createdAt: at.createdAt,
      });
    }
    for (const name of names) {
      await models(connection).create({
        _id: `${_id}/${name}`,
        providerId: _id,
        name,
        capabilities: [],
        inputModalities: [],
        outputModalities: [],
        contextTokens: 100_000,
        maxOutputTokens: 1_000,
        prices: [],
        lifecycle: 'ACTIVE',
        replacedById: null,
        ...at,
      });
    }
  }
  const timeouts = { connectMs: 10_000, firstTokenMs: 10_000, interTokenMs: 10_000, totalMs: 60_000 };
  for (const [alias, route] of Object.entries(options.routes ?? {})) {
    await routes(connection).create({
      _id: alias,
      strategy: route.strategy ?? 'PRIORITY',
      targets: route.targets.map((modelId) => ({ modelId, weight: 1, regions: null })),
      timeouts: { ...timeouts, ...route.timeouts },
      maxAttempts: route.maxAttempts ?? 3,
      ...at,
    });
  }
  return startInference(database, { createProvider: makeProvider, ...options.inference });
}

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { text model { id } } }';
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename ... on TextDelta { text } ... on CompletionFailed { code message retryAfterMs }
  ... on CompletionFinished { completion { model { id } } } } }`;
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { model { id } } }';

export type Operation = 'complete' | 'completionStream' | 'embed';

export interface Outcome {
  /** The model that answered; null after an error. */
  readonly model: string | null;
  readonly text: string;
  readonly code: string | null;
  readonly message: string;
  readonly retryAfterMs: number | null;
}

/** One call of an operation, read to its end. */
export async function callOnce(mesh: TestInference, operation: Operation, model: string): Promise<Outcome> {
  if (operation === 'completionStream') return streamOnce(mesh, model);
  const isEmbedding = operation === 'embed';
  const input = isEmbedding ? { model, values: ['a'] } : completionInput(model);
  const result = (await mesh.askWith(
    isEmbedding ? EMBED : COMPLETE,
    { input },
    new AbortController().signal,
  )) as ExecutionResult<Record<string, { readonly text?: string; readonly model: { readonly id: string } }>>;
  const [error] = result.errors ?? [];
  if (error !== undefined) return failedWith({ message: error.message, ...error.extensions });
  const answer = result.data?.[operation];
  return {
    model: answer?.model.id ?? null,
    text: answer?.text ?? '',
    code: null,
    message: '',
    retryAfterMs: null,
  };
}

const completionInput = (model: string) => ({
  model,
  cache: 'BYPASS',
  messages: [{ role: 'USER', content: 'Hello' }],
});

function failedWith(error: { readonly message: string; readonly [extension: string]: unknown }): Outcome {
  const { code, message, retryAfterMs } = error;
  return {
    model: null,
    text: '',
    code: String(code),
    message,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null,
  };
}

async function streamOnce(mesh: TestInference, model: string): Promise<Outcome> {
  let text = '';
  try {
    for await (const event of await mesh.stream(STREAM, { input: completionInput(model) })) {
      if (event.__typename === 'CompletionRestarted') text = '';
      if (event.__typename === 'TextDelta') text += String(event.text);
      if (event.__typename === 'CompletionFailed') return failedWith({ message: '', ...event });
      if (event.__typename === 'CompletionFinished') {
        const { model: answered } = event.completion as { readonly model: { readonly id: string } };
        return { model: answered.id, text, code: null, message: '', retryAfterMs: null };
      }
    }
  } catch (error) {
    const { message, extensions } = error as Error & { readonly extensions: Record<string, unknown> };
    return failedWith({ message, ...extensions });
  }
  throw new Error('The stream ended without its last event.');
}
