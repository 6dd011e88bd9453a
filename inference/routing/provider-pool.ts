import type {
  Catalog,
  CatalogCredential,
  CatalogModel,
  CatalogProvider,
  CatalogSnapshot,
} from '#catalog/catalog.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { openCredential } from '#mongo/credential-secret.ts';
import {
  type Provider,
  ProviderFailure,
  type ProviderKind,
  type ProviderOptions,
} from '#providers/provider.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import { providerKinds } from '#providers/registry/environment.ts';
import { makeProvider } from '#providers/registry/registry.ts';
import { Cooldown, type Rest, refusesCredential } from './cooldown.ts';
import { weightedOrder } from './weighted-order.ts';

/** A provider with one of its credentials, for one attempt. */
export interface Lease {
  /** Rejects with ProviderFailure NO_ROUTE when it cannot be made. */
  readonly provider: Provider | Promise<Provider>;
  /** Reports the attempt's end: a refusal puts the credential in cooldown; null, a success, ends its cooldown. */
  settle(failure: ProviderFailure | null): void;
}

/** The providers to call, each made once per provider and credential, and the cooldowns of their credentials. */
export interface ProviderPool {
  /**
   * One for the next attempt. Of the credentials, those not in cooldown come first, then those not among `tried`, each
   * by weight; weight 0 is the reserve. A secret that a rotation has replaced is used only while its provider rejects the
   * new one. Adds the chosen one to `tried`.
   */
  take(model: CatalogModel, tried: Set<string>): Lease;
  /** Why no credential is free for the AI model: of the one that is free next; null: one is. */
  rest(model: CatalogModel): (Rest & { readonly waitMs: number }) | null;
  /** True while a credential that is not among `tried` may be used for the AI model. */
  hasOther(model: CatalogModel, tried: ReadonlySet<string>): boolean;
  /** Refusals in a row of the credential that is least often refused. */
  refusals(model: CatalogModel): number;
}

export interface ProviderPoolOptions {
  readonly catalog: Pick<Catalog, 'snapshot'>;
  /** Open the keys of providers. */
  readonly secrets: Pick<OwnerBoxes, 'open'>;
  readonly fetch: ProviderOptions['fetch'];
  /** For the providers of tenants. */
  readonly fetchOfTenants: ProviderOptions['fetch'];
  readonly random: () => number;
  readonly now?: () => number;
  /** Notified when a provider rejects the secret of a credential while the one that it has replaced may still be used. */
  readonly onRejected?: (provider: CatalogProvider, credential: CatalogCredential) => void;
  readonly create?: (options: ProviderOptions) => Promise<Provider>;
}

/** What is kept per provider and credential, until one of them is changed. */
interface Entry {
  readonly kind: string;
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly sealed: string | null;
  readonly destination: string | null;
  readonly isExclusive: boolean;
  readonly cooldown: Cooldown;
  /** A promise only until it is there: awaiting one costs a turn on every call. Undefined: to be made. */
  provider: Provider | Promise<Provider> | undefined;
}

/** Distinguishes the two secrets of a rotation, which have the id of their credential. */
function toSlot({ id, endsAtMs }: CatalogCredential): string {
  return endsAtMs === undefined ? id : `${id} replaced`;
}

function isKind(kind: string): kind is ProviderKind {
  return providerKinds.some((known) => known === kind);
}

/** Whether one tenant alone may call it: its own, or one of the mesh's that is offered to it and to no plan. */
function isOfOneTenant({ tenantId, offeredTo }: CatalogProvider): boolean {
  if (tenantId !== null) return true;
  return offeredTo !== null && offeredTo.tenants.length === 1 && offeredTo.plans.length === 0;
}

export function createProviderPool(options: ProviderPoolOptions): ProviderPool {
  const create = options.create ?? makeProvider;
  const now = options.now ?? Date.now;
  const entries = new Map<string, Entry>();
  const usable = new WeakMap<CatalogProvider, readonly CatalogCredential[]>();
  let seen: CatalogSnapshot | undefined;

  /** Providers and credentials that are gone from the catalog are dropped when it changes. */
  function prune(): void {
    const snapshot = options.catalog.snapshot();
    if (snapshot === seen) return;
    seen = snapshot;
    for (const key of entries.keys()) {
      const [providerId = '', slot = ''] = key.split('\0');
      const provider = snapshot.providers.get(providerId);
      const stays =
        provider !== undefined &&
        (slot === '' || provider.credentials.some((credential) => toSlot(credential) === slot));
      if (!stays) entries.delete(key);
    }
  }

  /** The entry of a credential as it is now: one that was replaced begins anew, its cooldown included. */
  function findEntry(provider: CatalogProvider, credential: CatalogCredential | null): Entry {
    const key = `${provider.id}\0${credential === null ? '' : toSlot(credential)}`;
    const { kind, baseUrl, region } = provider;
    const { sealed, destination } = credential ?? { sealed: null, destination: null };
    const isExclusive = isOfOneTenant(provider);
    const known = entries.get(key);
    if (
      known !== undefined &&
      known.sealed === sealed &&
      known.destination === destination &&
      known.isExclusive === isExclusive &&
      known.baseUrl === baseUrl &&
      known.kind === kind &&
      known.region === region
    ) {
      return known;
    }
    const entry: Entry = {
      kind,
      baseUrl,
      region,
      sealed,
      destination,
      isExclusive,
      cooldown: new Cooldown(now),
      provider: undefined,
    };
    entries.set(key, entry);
    return entry;
  }

  const open = (provider: CatalogProvider, credential: CatalogCredential) =>
    openCredential(
      options.secrets,
      { ...credential, providerId: provider.id },
      providerDestination(provider),
    );

  /** Those with a secret that can be used at this address; all of them where none can, so that a call fails with the reason. */
  function listUsable(provider: CatalogProvider): readonly CatalogCredential[] {
    const known = usable.get(provider);
    if (known !== undefined) return known;
    let isAwaited = false;
    const ready = provider.credentials.filter((credential) => {
      const opened = open(provider, credential);
      if (!(opened instanceof Promise)) return opened.state === 'READY';
      // It counts as usable until its owner's key is in memory.
      isAwaited = true;
      // Any error: the call that uses the credential receives it.
      opened.catch(() => undefined);
      return true;
    });
    const found = ready.length > 0 ? ready : provider.credentials;
    if (!isAwaited) usable.set(provider, found);
    return found;
  }

  const readRest = (model: CatalogModel, credential: CatalogCredential | null) =>
    findEntry(model.provider, credential).cooldown.rest(model.id);

  /** The usable ones without those that a rotation has replaced, unless the provider rejects the new secret. */
  function listCandidates(model: CatalogModel): readonly CatalogCredential[] {
    const found = listUsable(model.provider);
    // The only secret, or the present one alone: so it is on nearly every call.
    if (found.length === 1) return found;
    return found.filter((credential) => {
      const { id, endsAtMs } = credential;
      if (endsAtMs === undefined) return true;
      const present = found.find((one) => one.id === id && one.endsAtMs === undefined);
      const isRejected = present === undefined || readRest(model, present)?.code === 'PROVIDER_AUTH';
      return isRejected && endsAtMs > now();
    });
  }

  function choose(model: CatalogModel, tried: ReadonlySet<string>): CatalogCredential | null {
    const credentials = listCandidates(model);
    if (credentials.length <= 1) return credentials[0] ?? null;
    const rests = new Map(credentials.map((credential) => [credential, readRest(model, credential)]));
    const fresh = (credential: CatalogCredential) => !tried.has(toSlot(credential));
    const ready = (credential: CatalogCredential) => rests.get(credential) === null;
    const usable = (credential: CatalogCredential) => rests.get(credential)?.strict !== true;
    for (const pick of [
      credentials.filter((credential) => ready(credential) && fresh(credential)),
      credentials.filter((credential) => usable(credential) && fresh(credential)),
      credentials.filter(ready),
    ]) {
      const [first] = weightedOrder(pick, ({ weight }) => weight, options.random);
      if (first !== undefined) return first;
    }
    const until = (credential: CatalogCredential) => rests.get(credential)?.untilMs ?? 0;
    return credentials.reduce((a, b) => (until(b) < until(a) ? b : a));
  }

  async function make(provider: CatalogProvider, credential: CatalogCredential | null): Promise<Provider> {
    const { kind, baseUrl, region, id } = provider;
    if (!isKind(kind)) throw noRoute(`The provider ${id} is of the unknown kind ${kind}.`);
    let secret: string | null = null;
    if (credential !== null) {
      const opened = await open(provider, credential);
      if (opened.state !== 'READY') {
        throw noRoute(`The credential ${credential.label} of ${id} cannot be used. ${opened.reason}`);
      }
      secret = opened.secret;
    }
    const fetch = provider.tenantId === null ? options.fetch : options.fetchOfTenants;
    return create({ kind, baseUrl, region, secret, fetch, isExclusive: isOfOneTenant(provider) });
  }

  function openProvider(
    entry: Entry,
    provider: CatalogProvider,
    credential: CatalogCredential | null,
  ): Provider | Promise<Provider> {
    if (entry.provider !== undefined) return entry.provider;
    const making = make(provider, credential);
    entry.provider = making;
    making.then(
      (ready) => {
        entry.provider = ready;
      },
      // Any error: the callers that wait for the provider receive it.
      () => {
        entry.provider = undefined;
      },
    );
    return making;
  }

  /** A provider without credentials has the one cooldown of its address. */
  const listCredentials = (model: CatalogModel): readonly (CatalogCredential | null)[] =>
    model.provider.credentials.length === 0 ? [null] : listCandidates(model);

  function reportRejected(provider: CatalogProvider, credential: CatalogCredential | null): void {
    if (credential === null || credential.endsAtMs !== undefined) return;
    const previous = provider.credentials.find(
      ({ id, endsAtMs }) => id === credential.id && endsAtMs !== undefined,
    );
    if ((previous?.endsAtMs ?? 0) > now()) options.onRejected?.(provider, credential);
  }

  return {
    take(model, tried) {
      prune();
      const credential = choose(model, tried);
      if (credential !== null) tried.add(toSlot(credential));
      const entry = findEntry(model.provider, credential);
      const { asOf } = entry.cooldown;
      return {
        provider: openProvider(entry, model.provider, credential),
        settle(failure) {
          if (failure === null) entry.cooldown.accept(model.id, asOf);
          else if (refusesCredential(failure)) {
            entry.cooldown.refuse(model.id, failure, asOf);
            if (failure.code === 'PROVIDER_AUTH') reportRejected(model.provider, credential);
          }
        },
      };
    },
    rest(model) {
      let soonest: Rest | null = null;
      for (const credential of listCredentials(model)) {
        const rest = readRest(model, credential);
        if (rest === null) return null;
        const sooner =
          soonest === null ||
          Number(rest.strict) < Number(soonest.strict) ||
          (rest.strict === soonest.strict && rest.untilMs < soonest.untilMs);
        if (sooner) soonest = rest;
      }
      return soonest === null ? null : { ...soonest, waitMs: soonest.untilMs - now() };
    },
    hasOther: (model, tried) =>
      listCandidates(model).some(
        (credential) => !tried.has(toSlot(credential)) && readRest(model, credential)?.strict !== true,
      ),
    refusals: (model) =>
      Math.min(...listCredentials(model).map((credential) => readRest(model, credential)?.refusals ?? 0)),
  };
}

function noRoute(message: string): ProviderFailure {
  return new ProviderFailure('NO_ROUTE', message, { retryable: false });
}
