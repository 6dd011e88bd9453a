import type { Provider } from './provider.ts';

/** ProviderOptions after checking: what a kind's own file makes a provider from. */
export interface VendorOptions {
  /** Resolved, without a slash at its end; empty where the kind builds its own from region or project. */
  readonly baseUrl: string;
  /** Was the base URL set by the admin (a proxy, a mock, a private deployment) rather than the vendor's own? */
  readonly customBaseUrl: boolean;
  readonly region: string | null;
  /** Empty where none was given: then none is sent, and none is taken from the environment either. */
  readonly secret: string;
  readonly fetch: typeof globalThis.fetch;
}

export type MakeProvider = (options: VendorOptions) => Provider;
