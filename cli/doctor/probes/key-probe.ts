import type { ProviderKind } from '#core/graph-enums.generated.ts';
import type { EnvironmentProvider } from '#providers/registry/environment.ts';
import { vendors } from '#providers/registry/vendors.generated.ts';

/** A provider with one of its keys. */
export interface ProbedProvider extends Omit<EnvironmentProvider, 'id'> {
  /** What the report calls it. */
  readonly name: string;
}

/** A GET that costs nothing. */
export interface KeyProbe {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasKey: boolean;
  /** Whether an answer refuses the key itself, not only the list; absent: 401 and 403 do. */
  readonly refusesKey?: (answer: Pick<Response, 'status' | 'headers'>) => boolean;
}

/** Null: no free call is known. Rejects with a ProviderFailure where the key is refused, or is none, before the list is read. */
export type BuildKeyProbe = (
  provider: ProbedProvider,
  fetch: typeof globalThis.fetch,
) => Promise<KeyProbe | null>;

/** Google answers an API key that it does not know with 400 (API_KEY_INVALID). */
export function refusesApiKey({ status }: Pick<Response, 'status'>): boolean {
  return status === 400 || status === 401 || status === 403;
}

type ToHeaders = (secret: string) => Record<string, string>;

/** The list of AI models at the base URL, with the key in a header. */
const withHeader =
  (toHeaders: ToHeaders, more: Pick<KeyProbe, 'refusesKey'> = {}): BuildKeyProbe =>
  async ({ kind, baseUrl, secret }) => {
    const { baseUrl: own, basePath } = vendors[kind];
    const base = baseUrl ?? own;
    if (base === null) return null;
    const url = new URL(base);
    // A bare origin stands for the API's path, as for calls.
    if (baseUrl !== null && url.pathname === '/') url.pathname = basePath;
    url.pathname = `${url.pathname.replace(/\/$/, '')}/models`;
    const hasKey = secret !== null && secret !== '';
    return { url: url.href, headers: hasKey ? toHeaders(secret) : {}, hasKey, ...more };
  };

const withBearer = withHeader((secret) => ({ authorization: `Bearer ${secret}` }));

/** How kinds that differ are asked; every other kind takes its key as `authorization: Bearer`. */
const probes: Partial<Record<ProviderKind, BuildKeyProbe>> = {
  DEMO: async () => null,
  ANTHROPIC: withHeader((secret) => ({ 'x-api-key': secret, 'anthropic-version': '2023-06-01' })),
  GOOGLE: withHeader((secret) => ({ 'x-goog-api-key': secret }), { refusesKey: refusesApiKey }),
  AZURE_OPENAI: withHeader((secret) => ({ 'api-key': secret })),
  BEDROCK: async (...given) => (await import('./bedrock-probe.ts')).buildBedrockProbe(...given),
  VERTEX: async (...given) => (await import('./vertex-probe.ts')).buildVertexProbe(...given),
};

/** The request for the list of AI models of a provider, which is not billed. */
export const buildKeyProbe: BuildKeyProbe = (provider, fetch) =>
  (probes[provider.kind] ?? withBearer)(provider, fetch);
