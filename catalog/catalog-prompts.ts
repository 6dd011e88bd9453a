import { LRUCache } from 'lru-cache';
import type { Connection } from 'mongoose';
import { isOfferOpenTo } from '#core/offers.ts';
import {
  type PromptParameters,
  type PromptVariableRecord,
  type PromptVersionRecord,
  promptVersions,
} from '#mongo/prompt-versions.ts';
import { type PromptRecord, promptNumber, prompts } from '#mongo/prompts.ts';
import type { Viewer } from './viewer.ts';

/** A published version; immutable, so what is derived from it may be kept in a WeakMap. */
export interface CatalogPromptVersion {
  readonly id: string;
  readonly promptId: string;
  /** The owner of the prompt; null: the mesh. */
  readonly tenantId: string | null;
  /** The prompt's name. */
  readonly name: string;
  readonly number: number;
  /** A model id or a route alias. */
  readonly model: string;
  readonly system: string | null;
  /** Parsed by core/prompt-template.ts. */
  readonly template: string;
  readonly variables: readonly PromptVariableRecord[];
  /** JSON Schema of the answer. */
  readonly outputSchema: Readonly<Record<string, unknown>> | boolean | null;
  readonly parameters: PromptParameters | null;
}

/** A version by number, by label, or with neither as `promptNumber` decides, of the prompt that the name means in calls of the viewer. */
export interface WantedPromptVersion extends Viewer {
  readonly name: string;
  readonly number?: number | null | undefined;
  readonly label?: string | null | undefined;
}

/** What of a prompt can be run. */
export interface PromptRuns {
  readonly promptId: string;
  /** The tenant that owns it; null: the mesh. */
  readonly ownerId: string | null;
  readonly labels: readonly string[];
  /** The number of the newest version; 0: there is none. */
  readonly newest: number;
  readonly requiresApproval: boolean;
}

/** Names of prompts that a refusal compares at most. */
const namesMax = 1_000;
/** Tenants whose names are kept. */
const tenantsMax = 100;

type PromptName = Pick<PromptRecord, 'name' | 'offeredTo'>;

export interface CatalogPrompts {
  version(wanted: WantedPromptVersion): Promise<CatalogPromptVersion | undefined>;
  /**
   * What can be run of the prompt that the name means in calls of the viewer: its tenant's own, otherwise the mesh's that is offered to it;
   * undefined: there is none.
   */
  runs(viewer: Viewer, name: string): Promise<PromptRuns | undefined>;
  /** The names of the prompts that the viewer's tenant owns or is offered, at most 1,000 of each. */
  names(viewer: Viewer): Promise<readonly string[]>;
  /** Which labels there are is read again; versions stay, for they never change. */
  forget(): void;
}

/** Prompts by name and versions by number, each bounded to `max` entries. A failed read is not kept. */
export function createCatalogPrompts(
  connection: Connection,
  options: { readonly max: number; readonly ttlMs: number },
): CatalogPrompts {
  /** By tenant and name: its own before the mesh's, whoever that is offered to. */
  const promptCache = new LRUCache<string, Promise<readonly PromptRecord[] | undefined>>({
    max: options.max,
    ttl: options.ttlMs,
  });
  const versionCache = new LRUCache<string, Promise<CatalogPromptVersion | undefined>>({ max: options.max });

  const namesCache = new LRUCache<string, Promise<readonly PromptName[] | undefined>>({
    max: tenantsMax,
    ttl: options.ttlMs,
  });

  async function findNames(owner: string | null, viewer: Viewer): Promise<readonly string[]> {
    const found = await remembered(namesCache, owner ?? '', () => readNames(owner));
    return (found ?? []).filter(({ offeredTo }) => isOfferOpenTo(offeredTo, viewer)).map(({ name }) => name);
  }

  function readNames(tenantId: string | null): Promise<readonly PromptName[]> {
    return prompts(connection)
      .find({ tenantId, archivedAt: null }, { name: 1, offeredTo: 1 })
      .limit(namesMax)
      .lean()
      .exec();
  }

  async function findPrompt(viewer: Viewer, name: string): Promise<PromptRecord | undefined> {
    const { tenantId } = viewer;
    const found = await remembered(promptCache, `${tenantId ?? ''}\0${name}`, () =>
      readPrompts(tenantId, name),
    );
    return found?.find((prompt) => prompt.tenantId !== null || isOfferOpenTo(prompt.offeredTo, viewer));
  }

  /** Both with one command. Undefined: neither has one of the name. */
  async function readPrompts(
    tenantId: string | null,
    name: string,
  ): Promise<readonly PromptRecord[] | undefined> {
    const owners = tenantId === null ? null : { $in: [tenantId, null] };
    const found = await prompts(connection).find({ tenantId: owners, name, archivedAt: null }).lean();
    return found.length === 0 ? undefined : found.sort(byOwner);
  }

  async function readVersion(
    prompt: PromptRecord,
    number: number,
  ): Promise<CatalogPromptVersion | undefined> {
    const record = await promptVersions(connection).findOne({ promptId: prompt._id, number }).lean();
    return record === null ? undefined : catalogPromptVersion(record, prompt.name);
  }

  return {
    async version({ name, number, label, ...viewer }) {
      const prompt = await findPrompt(viewer, name);
      if (prompt === undefined) return undefined;
      const wanted = promptNumber(prompt, number, label);
      if (wanted === undefined) return undefined;
      // With the name, which may change: a version of the catalog never does.
      const key = `${prompt._id}\0${prompt.name}\0${wanted}`;
      return await remembered(versionCache, key, () => readVersion(prompt, wanted));
    },
    async runs(viewer, name) {
      const prompt = await findPrompt(viewer, name);
      if (prompt === undefined) return undefined;
      const { _id: promptId, tenantId: ownerId, labels, newest, requiresApproval = false } = prompt;
      return { promptId, ownerId, labels: Object.keys(labels).sort(), newest, requiresApproval };
    },
    async names(viewer) {
      const { tenantId } = viewer;
      const owners = tenantId === null ? [null] : [tenantId, null];
      const found = await Promise.all(owners.map((owner) => findNames(owner, viewer)));
      return [...new Set(found.flat())];
    },
    forget() {
      promptCache.clear();
      namesCache.clear();
    },
  };
}

/** What a tenant owns comes before the mesh's of the same name. */
function byOwner(a: PromptRecord, b: PromptRecord): number {
  return Number(a.tenantId === null) - Number(b.tenantId === null);
}

/** The cached promise, so that callers at the same time share one read. Failures and absences of a version go. */
function remembered<V>(
  cache: LRUCache<string, Promise<V | undefined>>,
  key: string,
  read: () => Promise<V | undefined>,
): Promise<V | undefined> {
  const cached = cache.get(key);
  if (cached !== undefined) return cached;
  const reading = read();
  cache.set(key, reading);
  const drop = () => {
    if (cache.peek(key) === reading) cache.delete(key);
  };
  reading.then((value) => value === undefined && drop(), drop);
  return reading;
}

function catalogPromptVersion(record: PromptVersionRecord, name: string): CatalogPromptVersion {
  const { _id, promptId, tenantId, number, model, system, template, variables, parameters } = record;
  const outputSchema: unknown = record.outputSchemaJson === null ? null : JSON.parse(record.outputSchemaJson);
  return {
    id: _id,
    promptId,
    tenantId,
    name,
    number,
    model,
    system,
    template,
    variables,
    outputSchema: jsonSchema(outputSchema),
    parameters,
  };
}

function jsonSchema(value: unknown): Readonly<Record<string, unknown>> | boolean | null {
  if (typeof value === 'boolean') return value;
  return typeof value === 'object' && value !== null ? { ...value } : null;
}
