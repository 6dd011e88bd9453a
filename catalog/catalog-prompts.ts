import { LRUCache } from 'lru-cache';
import type { Connection } from 'mongoose';
import {
  type PromptParameters,
  type PromptVariableRecord,
  type PromptVersionRecord,
  promptVersions,
} from '#mongo/prompt-versions.ts';
import { type PromptRecord, promptNumber, prompts } from '#mongo/prompts.ts';

/** A published version; immutable, so what is derived from it may be kept in a WeakMap. */
export interface CatalogPromptVersion {
  readonly id: string;
  readonly promptId: string;
  readonly tenantId: string;
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

interface WantedPromptVersion {
  readonly tenantId: string;
  readonly name: string;
  readonly number?: number | null | undefined;
  readonly label?: string | null | undefined;
}

/** The versions of a prompt, for a message. */
export interface PromptRuns {
  readonly labels: readonly string[];
  /** The number of the newest version; 0: there is none. */
  readonly newest: number;
  readonly requiresApproval: boolean;
}

/** Names of prompts that a refusal compares at most. */
const namesMax = 1_000;
/** Tenants whose names are kept. */
const tenantsMax = 100;

export interface CatalogPrompts {
  version(wanted: WantedPromptVersion): Promise<CatalogPromptVersion | undefined>;
  /** What of a prompt can be run; undefined: the tenant has none of the name. */
  runs(tenantId: string, name: string): Promise<PromptRuns | undefined>;
  /** The names of the tenant's prompts, at most 1,000. */
  names(tenantId: string): Promise<readonly string[]>;
  /** Which labels there are is read again; versions stay, for they never change. */
  forget(): void;
}

/** Prompts by name and versions by number, each bounded to `max` entries. A failed read is not kept. */
export function createCatalogPrompts(
  connection: Connection,
  options: { readonly max: number; readonly ttlMs: number },
): CatalogPrompts {
  const promptCache = new LRUCache<string, Promise<PromptRecord | undefined>>({
    max: options.max,
    ttl: options.ttlMs,
  });
  const versionCache = new LRUCache<string, Promise<CatalogPromptVersion | undefined>>({ max: options.max });

  const namesCache = new LRUCache<string, Promise<readonly string[] | undefined>>({
    max: tenantsMax,
    ttl: options.ttlMs,
  });

  async function readNames(tenantId: string): Promise<readonly string[]> {
    const found = await prompts(connection)
      .find({ tenantId, archivedAt: null }, { name: 1 })
      .limit(namesMax)
      .lean();
    return found.map(({ name }) => name);
  }

  const findPrompt = (tenantId: string, name: string) =>
    remembered(promptCache, `${tenantId}\0${name}`, () => readPrompt(tenantId, name));

  async function readPrompt(tenantId: string, name: string): Promise<PromptRecord | undefined> {
    return (await prompts(connection).findOne({ tenantId, name, archivedAt: null }).lean()) ?? undefined;
  }

  async function readVersion(
    prompt: PromptRecord,
    number: number,
  ): Promise<CatalogPromptVersion | undefined> {
    const record = await promptVersions(connection).findOne({ promptId: prompt._id, number }).lean();
    return record === null ? undefined : catalogPromptVersion(record, prompt.name);
  }

  return {
    async version({ tenantId, name, number, label }) {
      const prompt = await findPrompt(tenantId, name);
      if (prompt === undefined) return undefined;
      const wanted = promptNumber(prompt, number, label);
      if (wanted === undefined) return undefined;
      // With the name, which may change: a version of the catalog never does.
      const key = `${prompt._id}\0${prompt.name}\0${wanted}`;
      return await remembered(versionCache, key, () => readVersion(prompt, wanted));
    },
    async runs(tenantId, name) {
      const prompt = await findPrompt(tenantId, name);
      if (prompt === undefined) return undefined;
      const { labels, newest, requiresApproval = false } = prompt;
      return { labels: Object.keys(labels).sort(), newest, requiresApproval };
    },
    names: async (tenantId) => (await remembered(namesCache, tenantId, () => readNames(tenantId))) ?? [],
    forget() {
      promptCache.clear();
      namesCache.clear();
    },
  };
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
