import { withAccessToken } from '../http/access-tokens.ts';
import { inPath } from '../http/path-segments.ts';
import { ProviderFailure, type ProviderKind } from '../provider.ts';
import type { TraitedProvider } from '../translate/own-call.ts';
import type { VendorOptions } from '../vendor.ts';
import type { EmbeddingRequests } from '../wires/embeddings/embed.ts';
import { geminiWire } from '../wires/gemini/gemini-reader.ts';
import { createGeminiRequests } from '../wires/gemini/gemini-request.ts';
import { claudeRules } from '../wires/messages/claude-rules.ts';
import { messagesWire } from '../wires/messages/messages-reader.ts';
import { createMessagesRequests } from '../wires/messages/messages-request.ts';
import { createWireProvider, type WireProvider } from '../wires/shared/wire-provider.ts';
import { postJson, requestHeaders } from '../wires/shared/wire-request.ts';
import { createAccountTokens, parseServiceAccount } from './access-token.ts';
import { isVertexLocation, toVertexHost } from './host.ts';

const embeddingsMax = 250;
/** These take one value at a time. */
const embedsContent = /^gemini-embedding-2(?:-preview)?$/;

function createEmbeddings(baseUrl: string, headers: Readonly<Record<string, string>>): EmbeddingRequests {
  return {
    valuesMax: (model) => (embedsContent.test(model) ? 1 : embeddingsMax),
    build(model, values, outputDimensionality) {
      const url = `${baseUrl}/models/${inPath(model)}`;
      if (embedsContent.test(model)) {
        const content = { parts: [{ text: values[0] }] };
        return postJson(`${url}:embedContent`, headers, {
          content,
          embedContentConfig: { outputDimensionality },
        });
      }
      const instances = values.map((content) => ({ content }));
      return postJson(`${url}:predict`, headers, { instances, parameters: { outputDimensionality } });
    },
  };
}

function createVertexGemini(
  kind: ProviderKind,
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  secret: string,
  fetch: typeof globalThis.fetch,
): WireProvider {
  return createWireProvider({
    kind,
    wire: geminiWire,
    requests: createGeminiRequests({ baseUrl, headers, withIds: false }),
    embeddings: createEmbeddings(baseUrl, headers),
    secret,
    fetch,
  });
}

/** VERTEX with an API key: Gemini in express mode. */
function createExpress({ kind, baseUrl, secret, fetch }: VendorOptions): TraitedProvider {
  const origin = baseUrl === '' ? 'https://aiplatform.googleapis.com' : baseUrl;
  const baseURL = /\/publishers\/google$/.test(origin) ? origin : `${origin}/v1/publishers/google`;
  return createVertexGemini(kind, baseURL, requestHeaders({ 'x-goog-api-key': secret }), secret, fetch);
}

/** VERTEX with a service account: Gemini, Claude (`claude-…`) and embeddings of its project in a region. */
function createWithAccount(options: VendorOptions): TraitedProvider {
  const account = parseServiceAccount(options.secret);
  const region = options.region ?? 'global';
  if (!isVertexLocation(region)) {
    throw new ProviderFailure(
      'BAD_USER_INPUT',
      'The region of a Vertex provider is a location, e.g. europe-west4.',
      {
        retryable: false,
      },
    );
  }
  const origin = options.baseUrl === '' ? `https://${toVertexHost(region)}` : options.baseUrl;
  const publishers = `${origin}/v1/projects/${account.projectId}/locations/${region}/publishers`;
  const fetch = withAccessToken(options.fetch, createAccountTokens(account, options.fetch));
  const secret = account.privateKey;
  const gemini = createVertexGemini(options.kind, `${publishers}/google`, requestHeaders({}), secret, fetch);
  const claude = createWireProvider({
    kind: options.kind,
    wire: messagesWire,
    secret,
    fetch,
    embeddings: null,
    requests: createMessagesRequests({
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
    dropped: (call) => of(call.model).dropped?.(call),
    traits: (call) => of(call.model).traits(call),
    generate: (call) => of(call.model).generate(call),
    stream: (call) => of(call.model).stream(call),
    embed: gemini.embed,
  };
}

/** VERTEX: the form of the secret decides. */
export function createVertex(options: VendorOptions): TraitedProvider {
  return options.secret.startsWith('{') ? createWithAccount(options) : createExpress(options);
}
