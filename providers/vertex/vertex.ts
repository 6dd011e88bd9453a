import { createGoogleVertex } from '@ai-sdk/google-vertex/edge';
import { geminiApi } from '../google/google.ts';
import { inPath } from '../http/path-segments.ts';
import { type Provider, ProviderFailure } from '../provider.ts';
import { captureFetch } from '../sdk/captured-request.ts';
import { createSdkEmbeddings, createSdkRequests } from '../sdk/sdk-requests.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { claudeRules } from '../wires/messages/claude-rules.ts';
import { messagesWire } from '../wires/messages/messages-reader.ts';
import { createMessagesRequests } from '../wires/messages/messages-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { requestHeaders } from '../wires/shared/wire-request.ts';
import { createAccessTokens, parseServiceAccount } from './access-token.ts';

function hostOf(region: string): string {
  if (region === 'global') return 'aiplatform.googleapis.com';
  if (region === 'eu' || region === 'us') return `aiplatform.${region}.rep.googleapis.com`;
  return `${region}-aiplatform.googleapis.com`;
}

/**
 * The SDK's express mode sends its API key as a header and leaves everything else to base URL and fetch. A service account
 * comes in by exchanging that header for a bearer token, so that its tokens are fetched by our fetch and kept (the SDK's
 * own ways use other HTTP clients and ask for a token with each call).
 */
function withToken(fetch: typeof globalThis.fetch, token: () => Promise<string>): typeof globalThis.fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.delete('x-goog-api-key');
    headers.set('authorization', `Bearer ${await token()}`);
    return fetch(input, { ...init, headers });
  };
}

function createVertexGemini(
  baseURL: string,
  apiKey: string,
  secret: string,
  fetch: typeof globalThis.fetch,
): Provider {
  const { languageModel, embeddingModel } = createGoogleVertex({ apiKey, baseURL, fetch: captureFetch });
  return createWireProvider({
    wire: geminiApi.wire,
    build: createSdkRequests({ ...geminiApi, languageModel: (id) => languageModel(inPath(id)) }),
    embeddings: createSdkEmbeddings((id) => embeddingModel(inPath(id))),
    secret,
    fetch,
  });
}

/** VERTEX with an API key: Gemini in express mode. */
function createExpress({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const origin = baseUrl === '' ? 'https://aiplatform.googleapis.com' : baseUrl;
  const baseURL = /\/publishers\/google$/.test(origin) ? origin : `${origin}/v1/publishers/google`;
  return createVertexGemini(baseURL, secret, secret, fetch);
}

/** VERTEX with a service account: Gemini, Claude (`claude-…`) and embeddings of its project in a region. */
function createWithAccount(options: VendorOptions): Provider {
  const account = parseServiceAccount(options.secret);
  const region = options.region ?? 'global';
  if (!/^[a-z0-9-]+$/.test(region)) {
    throw new ProviderFailure(
      'BAD_USER_INPUT',
      'The region of a Vertex provider is a location, e.g. europe-west4.',
      {
        retryable: false,
      },
    );
  }
  const origin = options.baseUrl === '' ? `https://${hostOf(region)}` : options.baseUrl;
  const publishers = `${origin}/v1/projects/${account.projectId}/locations/${region}/publishers`;
  const fetch = withToken(options.fetch, createAccessTokens(account, options.fetch));
  const secret = account.privateKey;
  const gemini = createVertexGemini(`${publishers}/google`, 'in place of a token', secret, fetch);
  const claude = createWireProvider({
    wire: messagesWire,
    secret,
    fetch,
    embeddings: null,
    build: createMessagesRequests({
      url: (model, streaming) =>
        `${publishers}/anthropic/models/${inPath(model)}:${streaming ? 'streamRawPredict' : 'rawPredict'}`,
      headers: requestHeaders({}),
      rules: () => ({ ...claudeRules, systemFirst: true }),
      version: 'vertex-2023-10-16',
      nativeOutput: false,
    }),
  });
  const of = (model: string) => (model.startsWith('claude-') ? claude : gemini);
  return {
    generate: (call) => of(call.model).generate(call),
    stream: (call) => of(call.model).stream(call),
    embed: gemini.embed,
  };
}

/** VERTEX: the form of the secret decides. */
export function createVertex(options: VendorOptions): Provider {
  return options.secret.startsWith('{') ? createWithAccount(options) : createExpress(options);
}
