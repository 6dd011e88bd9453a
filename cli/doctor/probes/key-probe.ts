import type { ProviderKind } from '#core/graph-enums.generated.ts';
import { vendors } from '#providers/registry/vendors.generated.ts';
import { type BuildKeyProbe, type KeyProbe, refusesApiKey } from './probe-form.ts';

type Headers = Readonly<Record<string, string>>;
type ToHeaders = (secret: string, fetch: Parameters<BuildKeyProbe>[1]) => Headers | Promise<Headers>;

/** The list of AI models at the base URL, with the key in a header. */
const withHeader =
  (toHeaders: ToHeaders, more: Pick<KeyProbe, 'refusesKey'> = {}): BuildKeyProbe =>
  async ({ kind, baseUrl, secret }, fetch) => {
    const { baseUrl: own, basePath } = vendors[kind];
    const base = baseUrl ?? own;
    if (base === null) return null;
    const url = new URL(base);
    // A bare origin stands for the API's path, as for calls.
    if (baseUrl !== null && url.pathname === '/') url.pathname = basePath;
    url.pathname = `${url.pathname.replace(/\/$/, '')}/models`;
    const hasKey = secret !== null && secret !== '';
    return { url: url.href, headers: hasKey ? await toHeaders(secret, fetch) : {}, hasKey, ...more };
  };

const withBearer = withHeader((secret) => ({ authorization: `Bearer ${secret}` }));

/** What differs by kind; every other kind takes its key as `authorization: Bearer`. */
const probes: Partial<Record<ProviderKind, BuildKeyProbe>> = {
  DEMO: async () => null,
  ANTHROPIC: withHeader((secret) => ({ 'x-api-key': secret, 'anthropic-version': '2023-06-01' })),
  GOOGLE: withHeader((secret) => ({ 'x-goog-api-key': secret }), { refusesKey: refusesApiKey }),
  AZURE_OPENAI: withHeader(async (secret, fetch) => {
    const { readAzureCredential } = await import('#providers/azure-openai/entra.ts');
    return readAzureCredential(secret, 'api-key', fetch).toHeaders();
  }),
  BEDROCK: async (...given) => (await import('./bedrock-probe.ts')).buildBedrockProbe(...given),
  VERTEX: async (...given) => (await import('./vertex-probe.ts')).buildVertexProbe(...given),
};

/** The request for the list of AI models of a provider, which is not billed. */
export const buildKeyProbe: BuildKeyProbe = (provider, fetch) =>
  (probes[provider.kind] ?? withBearer)(provider, fetch);
