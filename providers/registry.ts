import { endpointOfPath, providerVendors } from '#core/providers/provider-vendors.ts';
import { createDemoProvider } from './demo/demo-provider.ts';
import { type Provider, ProviderFailure, type ProviderKind, type ProviderOptions } from './provider.ts';
import type { MakeProvider, VendorOptions } from './vendor-options.ts';

type RemoteKind = Exclude<ProviderKind, 'DEMO'>;

const compatible = async () => (await import('./openai-compatible/openai-compatible.ts')).createCompatible;

/** Loads the vendor's package when the first provider of its kind is made: a start pays for none of them. */
const loaders: Readonly<Record<RemoteKind, () => Promise<MakeProvider>>> = {
  OPENAI: async () => (await import('./openai/openai.ts')).createOpenai,
  OPENAI_COMPATIBLE: compatible,
  AZURE_OPENAI: async () => (await import('./azure-openai/azure-openai.ts')).createAzureOpenai,
  ANTHROPIC: async () => (await import('./anthropic/anthropic.ts')).createClaude,
  GOOGLE: async () => (await import('./google/google.ts')).createGemini,
  VERTEX: async () => (await import('./vertex/vertex.ts')).createVertex,
  BEDROCK: async () => (await import('./bedrock/bedrock.ts')).createBedrock,
  MISTRAL: async () => (await import('./mistral/mistral.ts')).createMistralProvider,
  COHERE: async () => (await import('./cohere/cohere.ts')).createCohereProvider,
  GROQ: async () => (await import('./groq/groq.ts')).createGroqProvider,
  DEEPSEEK: async () => (await import('./deepseek/deepseek.ts')).createDeepseekProvider,
  XAI: async () => (await import('./xai/xai.ts')).createXaiProvider,
  TOGETHER: compatible,
  FIREWORKS: async () => (await import('./fireworks/fireworks.ts')).createFireworksProvider,
  PERPLEXITY: async () => (await import('./perplexity/perplexity.ts')).createPerplexityProvider,
  CEREBRAS: async () => (await import('./cerebras/cerebras.ts')).createCerebrasProvider,
  OLLAMA: compatible,
  VLLM: compatible,
};

function refuse(message: string): ProviderFailure {
  return new ProviderFailure('BAD_USER_INPUT', message, { retryable: false });
}

function noCredential(message: string): ProviderFailure {
  return new ProviderFailure('PROVIDER_AUTH', message, { retryable: false });
}

/** The base URL to call, without a slash at its end; a bare origin gets the vendor's usual path. */
function resolveBaseUrl(kind: RemoteKind, baseUrl: string | null): string {
  const vendor = providerVendors[kind];
  if (baseUrl === null) {
    if (vendor.requires.includes('baseUrl')) throw refuse(`A provider of kind ${kind} needs a base URL.`);
    return vendor.baseUrl ?? '';
  }
  const url = URL.parse(baseUrl);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refuse('The base URL of a provider is an http or https URL.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refuse('The base URL of a provider holds no credentials, query or fragment.');
  }
  const endpoint = endpointOfPath(url.pathname);
  if (endpoint !== null) throw refuse(`The base URL of a provider ends above ${endpoint}.`);
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path === '' ? vendor.basePath : path}`;
}

function check(kind: RemoteKind, options: ProviderOptions): VendorOptions {
  const { requires } = providerVendors[kind];
  const secret = options.secret?.trim() ?? '';
  if (!/^[\x20-\x7e]*$/.test(secret) && !secret.startsWith('{')) {
    throw noCredential('A credential is one line of printable ASCII.');
  }
  // Behind a base URL of the admin's own (a proxy, a mock) there may be no key to ask for; these two sign with theirs.
  const signs = kind === 'BEDROCK' || kind === 'VERTEX';
  if (secret === '' && requires.includes('secret') && (signs || options.baseUrl === null)) {
    throw noCredential(`A provider of kind ${kind} needs a credential.`);
  }
  return {
    baseUrl: resolveBaseUrl(kind, options.baseUrl),
    customBaseUrl: options.baseUrl !== null,
    region: options.region,
    secret,
    fetch: options.fetch,
  };
}

/**
 * Makes a provider of any kind: once per provider and credential, never per call.
 * @throws {ProviderFailure} BAD_USER_INPUT when the base URL or region is missing or wrong, PROVIDER_AUTH when the
 *   credential is missing or of no known form
 */
export async function createProvider(options: ProviderOptions): Promise<Provider> {
  const { kind } = options;
  if (kind === 'DEMO') return createDemoProvider();
  const checked = check(kind, options);
  const make = await loaders[kind]();
  return make(checked);
}
