import type { Connection } from 'mongoose';
import { catalogRevision } from '#mongo/catalog-revisions.ts';
import type { Bus } from '#state/bus/bus.ts';
import {
  type CatalogPrompts,
  type CatalogPromptVersion,
  createCatalogPrompts,
  type PromptRuns,
  type WantedPromptVersion,
} from './catalog-prompts.ts';
import {
  type CatalogModel,
  type CatalogProvider,
  type CatalogRoute,
  type CatalogSnapshot,
  emptySnapshot,
  loadSnapshot,
} from './catalog-snapshot.ts';
import { type Callable, findOffered, findOwnId, type Viewer } from './viewer.ts';

export type { CatalogPromptVersion } from './catalog-prompts.ts';
export type {
  CatalogCredential,
  CatalogModel,
  CatalogPrice,
  CatalogProvider,
  CatalogRoute,
  CatalogSnapshot,
} from './catalog-snapshot.ts';

/**
 * What an invocation needs to know of providers, models, routes and prompts, without waiting for the database.
 * Objects keep their identity until the snapshot is replaced: what is derived from them may be kept in a WeakMap.
 */
export interface Catalog extends AsyncDisposable {
  provider(id: string): CatalogProvider | undefined;
  /** Whoever owns it: for what a caller names, see `find`. */
  model(id: string): CatalogModel | undefined;
  route(id: string): CatalogRoute | undefined;
  /** The AI model or the route of an id, if the viewer may call it: its tenant's own, or the mesh's that is offered to it. */
  find(id: string, viewer: Viewer): Callable | undefined;
  /**
   * The id of the AI model or the route that a name stands for in calls of the viewer: the target of its tenant's alias, otherwise the name
   * itself; what the tenant owns comes before the mesh's of the same name. A name that is none of these looks into the database first, as `resolve` does.
   */
  resolveName(name: string, viewer: Viewer): string | Promise<string>;
  /** The whole present snapshot, of every tenant. */
  snapshot(): CatalogSnapshot;
  /** Calls the listener with the present snapshot, and with each later one before it is in use. The listener must not throw. */
  follow(listener: (snapshot: CatalogSnapshot) => void): Disposable;
  /**
   * As `find`. A miss looks into the database once, at most once a second over all misses, so that what another process has
   * just made is found.
   */
  resolve(id: string, viewer: Viewer): Promise<Callable | undefined>;
  /** Reads everything again; resolves when the reads, which began after the call, are in. */
  refresh(): Promise<void>;
  /**
   * A version of the prompt that the name means in calls of the viewer, its tenant's own before the mesh's that is offered to it: by
   * number, by label, or, when neither is set, the one labelled `production` and without that label the newest. The label `latest`
   * always means the newest.
   */
  promptVersion(wanted: WantedPromptVersion): Promise<CatalogPromptVersion | undefined>;
  /** What can be run of the prompt that the name means in calls of the viewer; undefined: there is none. */
  promptRuns(viewer: Viewer, name: string): Promise<PromptRuns | undefined>;
  /** The names of the prompts that the viewer's tenant owns or is offered, at most 1,000 of each. */
  promptNames(viewer: Viewer): Promise<readonly string[]>;
}

export interface CatalogOptions {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly log?: { warn(details: object, message: string): void };
  readonly now?: () => number;
  /** The interval of polls for changes that the bus did not report, in milliseconds. */
  readonly refreshMs?: number;
  /** Prompts, and versions of prompts, kept in memory at most. */
  readonly promptsMax?: number;
}

const missRefreshMs = 1000;
/** At least this often everything is read again: a price that was announced begins, a writer died before it published the change. */
const wholeRefreshMs = 60_000;

/** Opens the catalog with its first snapshot. A later read that fails keeps the old snapshot and is logged. */
export async function openCatalog(connection: Connection, options: CatalogOptions): Promise<Catalog> {
  const now = options.now ?? Date.now;
  const refreshMs = options.refreshMs ?? 5000;
  const prompts: CatalogPrompts = createCatalogPrompts(connection, {
    max: options.promptsMax ?? 2000,
    ttlMs: refreshMs,
  });

  let current: CatalogSnapshot = emptySnapshot;
  let running: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  let missAtMs = Number.NEGATIVE_INFINITY;
  /** The last reading that a miss made. */
  let missing: Promise<void> | undefined;
  let revision = -1;
  let readAtMs = Number.NEGATIVE_INFINITY;
  const followers = new Set<(snapshot: CatalogSnapshot) => void>();

  async function read(): Promise<void> {
    // Before the records: a change in between is then read twice rather than never.
    const readRevision = await catalogRevision(connection);
    const nowMs = now();
    const snapshot = await loadSnapshot(connection, nowMs, current);
    for (const follow of followers) follow(snapshot);
    current = snapshot;
    revision = readRevision;
    readAtMs = nowMs;
  }

  /** Calls during a read share one read that begins after it: a writer always sees its own write. */
  function refresh(): Promise<void> {
    if (running === undefined) {
      running = read().finally(() => {
        running = undefined;
      });
      return running;
    }
    following ??= running
      // Any error: the caller of that refresh receives it.
      .catch(() => undefined)
      .then(() => {
        following = undefined;
        return refresh();
      });
    return following;
  }

  async function refreshIfChanged(): Promise<void> {
    if (now() - readAtMs < wholeRefreshMs && (await catalogRevision(connection)) === revision) return;
    await refresh();
  }

  async function orWarn(reading: Promise<void>): Promise<void> {
    try {
      await reading;
    } catch (error) {
      options.log?.warn(
        { err: error },
        'The catalog could not be read again; the last reading stays in use.',
      );
    }
  }

  /** Looks into the database, at most once a second; whoever misses meanwhile waits for what is found. */
  async function refreshAfterMiss(): Promise<void> {
    if (now() - missAtMs >= missRefreshMs) {
      missAtMs = now();
      missing = orWarn(refresh());
    }
    await missing;
  }

  function findId(name: string, viewer: Viewer): string {
    const { tenantId } = viewer;
    const target = tenantId === null ? undefined : current.aliases.get(tenantId)?.get(name);
    return findOwnId(target ?? name, viewer, current);
  }

  async function findMissedId(name: string, viewer: Viewer): Promise<string> {
    await refreshAfterMiss();
    return findId(name, viewer);
  }

  await refresh();
  const subscription = await options.bus.subscribe('catalog.changed', async ({ collection }) => {
    if (collection === 'prompts') prompts.forget();
    else await orWarn(refresh());
  });
  let asking: Promise<void> | undefined;
  const timer = setInterval(() => {
    asking ??= orWarn(refreshIfChanged()).finally(() => {
      asking = undefined;
    });
  }, refreshMs);
  timer.unref();

  return {
    provider: (id) => current.providers.get(id),
    model: (id) => current.models.get(id),
    route: (id) => current.routes.get(id),
    find: (id, viewer) => findOffered(id, viewer, current),
    resolveName(name, viewer) {
      const id = findId(name, viewer);
      const isKnown =
        id !== name || viewer.tenantId === null || findOffered(id, viewer, current) !== undefined;
      return isKnown ? id : findMissedId(name, viewer);
    },
    snapshot: () => current,
    follow(listener) {
      followers.add(listener);
      listener(current);
      return { [Symbol.dispose]: () => void followers.delete(listener) };
    },
    async resolve(id, viewer) {
      const found = findOffered(id, viewer, current);
      if (found !== undefined) return found;
      await refreshAfterMiss();
      return findOffered(id, viewer, current);
    },
    refresh,
    promptVersion: prompts.version,
    promptRuns: prompts.runs,
    promptNames: prompts.names,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await subscription[Symbol.asyncDispose]();
      await asking;
      // Any error: the caller of that refresh receives it.
      await (following ?? running)?.catch(() => undefined);
    },
  };
}
