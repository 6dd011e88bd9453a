import type { Capability, Modality, ProviderKind } from '#core/graph-enums.generated.ts';
import type { TraitedProvider } from './translate/own-call.ts';

/** ProviderOptions after checking: what a vendor makes a provider from. */
export interface VendorOptions {
  readonly kind: ProviderKind;
  /** Resolved, without a slash at its end; empty where the vendor builds its own from region or project. */
  readonly baseUrl: string;
  /** Was the base URL set by the admin (a proxy, a mock, a private deployment) rather than the vendor's own? */
  readonly customBaseUrl: boolean;
  readonly region: string | null;
  /** Empty where none was set: then none is sent, and none is taken from the environment either. */
  readonly secret: string;
  readonly fetch: typeof globalThis.fetch;
}

export type MakeProvider = (options: VendorOptions) => TraitedProvider;

/** A model that a vendor names itself. */
export interface VendorModel {
  readonly name: string;
  readonly description: string;
  readonly capabilities: readonly Capability[];
  readonly inputModalities: readonly Modality[];
  readonly outputModalities: readonly Modality[];
  readonly contextTokens: number;
  readonly maxOutputTokens: number | null;
  /** The vendor bills nothing for it. */
  readonly isFree?: true;
}

/**
 * What a start, a check or a form needs of a vendor. The registry holds a copy of it, generated, so that none of these
 * loads a vendor's module.
 */
export interface VendorFacts {
  /** The id of the provider that the environment registers at start. */
  readonly id: string;
  /** The vendor's own address, as far as its version; null: it depends on region, account, resource or deployment. */
  readonly baseUrl: string | null;
  /** Added to a base URL that is a bare origin, so that `https://host` and `https://host/v1` both work. */
  readonly basePath: string;
  /** What a provider cannot do without. */
  readonly requires: readonly ('secret' | 'baseUrl' | 'region')[];
  /**
   * Variables that register it at start; where several are set, the first of them is used. `secret` is one name or several
   * whose values are joined by ':' (parts after the second are optional). `account` names what stands in `accountUrl`.
   */
  readonly environment: {
    readonly secret?: readonly (readonly string[])[];
    readonly baseUrl?: readonly string[];
    readonly region?: readonly string[];
    readonly account?: readonly string[];
  };
  /** The base URL of an account, with `{account}` in the place of its id. */
  readonly accountUrl?: string;
  /** The form of base URLs at the vendor's own hosts; one of another form reaches no API and is refused. */
  readonly ownAddress?: {
    readonly host: RegExp;
    readonly path: RegExp;
    /** The form in words, for the error. */
    readonly form: string;
  };
  /** Its address, or the address that its key is exchanged at, depends on the region. */
  readonly isRegional?: true;
  /** It signs requests, or exchanges its key for a token: it has a secret behind a base URL of one's own as well. */
  readonly signsRequests?: true;
}

/**
 * Everything about a vendor that is known without calling it: the default export of `providers/<vendor>/vendor.ts`. The
 * folder's name is its kind: `azure-openai` is AZURE_OPENAI. From these files `npm run schema:compose` writes the registry,
 * the enum ProviderKind and the table in docs/providers.md. The suite of vendors.test.ts runs over all of them.
 */
export interface Vendor extends VendorFacts {
  /** The description of its kind in the graph: who it is, and what a provider of it needs. */
  readonly description: string;
  readonly label: string;
  /** The page of the vendor's own that its API is described on, from which its folder was written; null: it has none. */
  readonly reference: string | null;
  /** Its catalog of models in @pydantic/genai-prices; null where models are the admin's to name. */
  readonly pricesId: string | null;
  /** Whether it offers a model of that catalog; absent: it offers all of them. */
  readonly offersModel?: (name: string) => boolean;
  /** Models that no catalog of prices has; absent for most. */
  readonly models?: readonly VendorModel[];
  /** Its AI models run on machines of one's own, and cost 0 by default. */
  readonly isFree?: true;
  /** Loads what makes its providers, when the first one is made. */
  readonly load: () => Promise<MakeProvider>;
}

/** A vendor in the registry. */
export interface RegisteredVendor extends VendorFacts {
  /** Loads the rest, when a provider of the kind is registered or called: a start pays for the vendors that it uses. */
  readonly load: () => Promise<Vendor>;
}
