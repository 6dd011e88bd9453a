import { openaiChat } from '../openai/chat-dialect.ts';
import { chatRules } from '../openai/endpoints.ts';
import type { Provider } from '../provider.ts';
import type { VendorOptions } from '../vendor.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { createChatRequests } from '../wires/chat/chat-request.ts';
import { createEmbeddingRequests } from '../wires/embeddings/embeddings-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { requestHeaders } from '../wires/shared/wire-request.ts';
import { readAzureCredential } from './entra.ts';

const ownHosts = /\.(?:openai|services\.ai|cognitiveservices)\.azure\.com$/;

/**
 * The URL of an endpoint of the v1 API. A base URL below `…/openai` need not name the version; at Azure's own hosts no base
 * URL needs to, and other than those that do, and those of Foundry's projects, they want the version in the query as well.
 */
function endpointUrl(baseUrl: string, path: string): string {
  if (baseUrl.endsWith('/openai')) return `${baseUrl}/v1${path}`;
  const { hostname, pathname } = new URL(baseUrl);
  if (!ownHosts.test(hostname) || /\/openai\/v1$/i.test(pathname)) return `${baseUrl}${path}`;
  const isProject = hostname.endsWith('.services.ai.azure.com') && pathname.startsWith('/api/projects/');
  return `${baseUrl}/v1${path}${isProject ? '' : '?api-version=v1'}`;
}

/** AZURE_OPENAI: chat completions of the v1 API; a model's name is its deployment's. */
export function createAzureOpenai({ kind, baseUrl, ...options }: VendorOptions): Provider {
  const { secret, fetch, ...credential } = readAzureCredential(options.secret, 'api-key', options.fetch);
  const headers = requestHeaders(credential.headers);
  const url = endpointUrl(baseUrl, '/chat/completions');
  return createWireProvider({
    kind,
    wire: chatWire(),
    requests: createChatRequests({ url, headers, dialect: openaiChat, rules: chatRules }),
    embeddings: createEmbeddingRequests({ url: endpointUrl(baseUrl, '/embeddings'), headers }),
    secret,
    fetch,
  });
}
