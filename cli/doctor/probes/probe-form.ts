import type { EnvironmentProvider } from '#providers/registry/environment.ts';

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
