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
}

/** How kinds that differ take a key; every other kind takes it as `authorization: Bearer`. */
const keyHeaders: Partial<Record<ProviderKind, (secret: string) => Record<string, string>>> = {
  ANTHROPIC: (secret) => ({ 'x-api-key': secret, 'anthropic-version': '2023-06-01' }),
  GOOGLE: (secret) => ({ 'x-goog-api-key': secret }),
  AZURE_OPENAI: (secret) => ({ 'api-key': secret }),
};

/** Kinds whose keys sign requests or are exchanged, and that have no list of AI models which a plain GET reads. */
const withoutProbe: ReadonlySet<ProviderKind> = new Set(['DEMO', 'BEDROCK', 'VERTEX']);

/** The request for the list of AI models of a provider, which is not billed; null: none is known. */
export function buildKeyProbe({ kind, baseUrl, secret }: ProbedProvider): KeyProbe | null {
  const { baseUrl: own, basePath } = vendors[kind];
  const base = baseUrl ?? own;
  if (base === null || withoutProbe.has(kind)) return null;
  const url = new URL(base);
  // A bare origin stands for the API's path, as for calls.
  if (baseUrl !== null && url.pathname === '/') url.pathname = basePath;
  url.pathname = `${url.pathname.replace(/\/$/, '')}/models`;
  const toHeaders = keyHeaders[kind] ?? ((text: string) => ({ authorization: `Bearer ${text}` }));
  const hasKey = secret !== null && secret !== '';
  return { url: url.href, headers: hasKey ? toHeaders(secret) : {}, hasKey };
}
