import type { Catalog, CatalogCredential, CatalogProvider, CatalogSnapshot } from '#mongo/catalog.ts';
import type { SecretBox } from '#mongo/secret-box.ts';
import {
  type Provider,
  ProviderFailure,
  type ProviderKind,
  type ProviderOptions,
  providerKinds,
} from './providers/provider.ts';
import { createProvider } from './providers/registry.ts';
import { weightedOrder } from './route.ts';

/** The providers to call, each made once per provider and credential. */
export interface ProviderPool {
  /**
   * One for the next attempt: credentials by weight, those not among `tried` first. Adds the chosen one to `tried`.
   * Throws ProviderFailure NO_ROUTE when it cannot be made.
   */
  take(provider: CatalogProvider, tried: Set<string>): Provider | Promise<Provider>;
}

export interface ProviderPoolOptions {
  readonly catalog: Pick<Catalog, 'snapshot'>;
  readonly secretBox: SecretBox;
  readonly fetch: ProviderOptions['fetch'];
  readonly random: () => number;
  readonly create?: (options: ProviderOptions) => Promise<Provider>;
}

interface Made {
  readonly kind: string;
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly sealed: string | null;
  /** A promise only until it is there: awaiting one costs a turn on every call. */
  provider: Provider | Promise<Provider>;
}

function isKind(kind: string): kind is ProviderKind {
  return providerKinds.some((known) => known === kind);
}

export function createProviderPool(options: ProviderPoolOptions): ProviderPool {
  const create = options.create ?? createProvider;
  const made = new Map<string, Made>();
  let seen: CatalogSnapshot | undefined;

  /** Providers and credentials that are gone from the catalogue are dropped when it changes. */
  function prune(): void {
    const snapshot = options.catalog.snapshot();
    if (snapshot === seen) return;
    seen = snapshot;
    for (const key of made.keys()) {
      const [providerId = '', credentialId = ''] = key.split('\0');
      const provider = snapshot.providers.get(providerId);
      const stays =
        provider !== undefined &&
        (credentialId === '' || provider.credentials.some(({ id }) => id === credentialId));
      if (!stays) made.delete(key);
    }
  }

  function choose(provider: CatalogProvider, tried: Set<string>): CatalogCredential | null {
    const { credentials } = provider;
    if (credentials.length <= 1) return credentials[0] ?? null;
    const fresh = credentials.filter(({ id }) => !tried.has(id));
    const [first] = weightedOrder(
      fresh.length > 0 ? fresh : credentials,
      ({ weight }) => weight,
      options.random,
    );
    return first ?? null;
  }

  async function make(provider: CatalogProvider, credential: CatalogCredential | null): Promise<Provider> {
    const { kind, baseUrl, region, id } = provider;
    if (!isKind(kind)) throw noRoute(`The provider ${id} is of the unknown kind ${kind}.`);
    let secret: string | null;
    try {
      secret = credential === null ? null : options.secretBox.open(credential.sealed);
    } catch (cause) {
      throw noRoute(`The credential ${credential?.label} of ${id} cannot be opened: add it again.`, cause);
    }
    return create({ kind, baseUrl, region, secret, fetch: options.fetch });
  }

  return {
    take(provider, tried) {
      prune();
      const credential = choose(provider, tried);
      if (credential !== null) tried.add(credential.id);
      const key = `${provider.id}\0${credential?.id ?? ''}`;
      const { kind, baseUrl, region } = provider;
      const sealed = credential?.sealed ?? null;
      const known = made.get(key);
      if (
        known !== undefined &&
        known.sealed === sealed &&
        known.baseUrl === baseUrl &&
        known.kind === kind &&
        known.region === region
      ) {
        return known.provider;
      }
      const making = make(provider, credential);
      const entry: Made = { kind, baseUrl, region, sealed, provider: making };
      made.set(key, entry);
      making.then(
        (ready) => {
          entry.provider = ready;
        },
        () => {
          if (made.get(key) === entry) made.delete(key);
        },
      );
      return making;
    },
  };
}

function noRoute(message: string, cause?: unknown): ProviderFailure {
  return new ProviderFailure('NO_ROUTE', message, {
    retryable: false,
    ...(cause === undefined ? {} : { cause }),
  });
}
