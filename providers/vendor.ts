import type { Capability, Modality } from '#core/graph-enums.generated.ts';
import type { Provider } from './provider.ts';

/** ProviderOptions after checking: what a vendor makes a provider from. */
export interface VendorOptions {
  /** Resolved, without a slash at its end; empty where the vendor builds its own from region or project. */
  readonly baseUrl: string;
  /** Was the base URL set by the admin (a proxy, a mock, a private deployment) rather than the vendor's own? */
  readonly customBaseUrl: boolean;
  readonly region: string | null;
  /** Empty where none was given: then none is sent, and none is taken from the environment either. */
  readonly secret: string;
  readonly fetch: typeof globalThis.fetch;
}

export type MakeProvider = (options: VendorOptions) => Provider;

/** A model that a vendor names itself. */
export interface VendorModel {
  readonly name: string;
  readonly description: string;
  readonly capabilities: readonly Capability[];
  readonly inputModalities: readonly Modality[];
  readonly outputModalities: readonly Modality[];
  readonly contextTokens: number;
  readonly maxOutputTokens: number | null;
}

/**
 * Everything about a vendor that is known without calling it: the default export of `providers/<vendor>/vendor.ts`. The
 * folder's name is its kind: `azure-openai` is AZURE_OPENAI. From these files `npm run schema:compose` writes the registry,
 * the enum ProviderKind and the table in docs/providers.md. The suite of registry.test.ts runs over all of them.
 */
export interface Vendor {
  /** The description of its kind in the graph: who it is, and what a provider of it needs. */
  readonly description: string;
  /** The id of the provider that the environment registers at start. */
  readonly id: string;
  readonly label: string;
  /** The vendor's own address, as far as its version; null: it depends on region, resource or deployment. */
  readonly baseUrl: string | null;
  /** Added to a base URL that is a bare origin, so that `https://host` and `https://host/v1` both work. */
  readonly basePath: string;
  /** What a provider cannot do without. */
  readonly requires: readonly ('secret' | 'baseUrl' | 'region')[];
  /**
   * Variables that register it at start; where several are set, the first of them is used. `secret` is one name or several
   * whose values are joined by ':' (parts after the second are optional).
   */
  readonly environment: {
    readonly secret?: readonly (readonly string[])[];
    readonly baseUrl?: readonly string[];
    readonly region?: readonly string[];
  };
  /** Its catalog of models in @pydantic/genai-prices; null where models are the admin's to name. */
  readonly pricesId: string | null;
  /** Whether it offers a model of that catalog; absent: it offers all of them. */
  readonly offersModel?: (name: string) => boolean;
  /** Models that no catalog of prices has; absent for most. */
  readonly models?: readonly VendorModel[];
  /** Its AI models run on machines of one's own, and cost 0 unless a price is given. */
  readonly isFree?: true;
  /** Its address, or the address that its key is exchanged at, depends on the region. */
  readonly isRegional?: true;
  /** It signs requests, or exchanges its key for a token: it has a secret behind a base URL of one's own as well. */
  readonly signsRequests?: true;
  /** Loads what makes its providers, when the first one is made: a start pays for no vendor. */
  readonly load: () => Promise<MakeProvider>;
}
