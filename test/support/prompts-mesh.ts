import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import type { Viewer } from '#catalog/viewer.ts';
import type { Caller } from '#core/caller.ts';
import type { CountLimits } from '#core/count-limits.ts';
import type { Database } from '#mongo/connect.ts';
import { tenants } from '#mongo/tenants.ts';
import { createPromptsSubgraph } from '#subgraphs/prompts/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { openTestDatabase } from './database.ts';
import { fillCatalog } from './inference.ts';
import { ask, askForData, testCaller, testServices } from './subgraph.ts';

/** The prompts subgraph on a database of its own, which `fillCatalog` has filled. */
export interface PromptsMesh extends AsyncDisposable {
  readonly database: Database;
  readonly subgraph: Subgraph;
  readonly catalog: Catalog;
  /** A writer of a tenant of the test's own, which exists. */
  newWriter(): Promise<Caller & { tenantId: string }>;
  /** Creates a prompt with a version in production; returns its id. */
  add(caller: Caller, name: string, more?: object): Promise<string>;
  /** Code and message of every error of a call. */
  refusal(caller: Caller, query: string, variables: Record<string, unknown>): Promise<string>;
  /** The version that a call of a name runs. */
  runs(viewer: Viewer, name: string): ReturnType<Catalog['promptVersion']>;
}

export async function openPromptsMesh(counts?: CountLimits): Promise<PromptsMesh> {
  const database = await openTestDatabase({ monitorCommands: true });
  const { connection } = database;
  await fillCatalog(database);
  const services = testServices(database);
  const catalog = await openCatalog(connection, { bus: services.bus, refreshMs: 3_600_000 });
  const subgraph = createPromptsSubgraph({
    ...services,
    connection,
    catalog,
    ...(counts === undefined ? {} : { counts }),
  });
  let tenantCount = 0;
  return {
    database,
    subgraph,
    catalog,
    async newWriter() {
      tenantCount += 1;
      const tenantId = `t${tenantCount}`;
      await tenants(connection).create({
        _id: tenantId,
        name: tenantId,
        planId: 'p',
        allowedRegions: null,
        payloadLogging: 'NONE',
        cacheByDefault: false,
        createdAt: new Date(),
      });
      return { ...testCaller(tenantId, 'prompts:write'), tenantId };
    },
    async add(caller, name, more = {}) {
      const { createPrompt } = await askForData<{ createPrompt: { id: string } }>(
        subgraph,
        caller,
        'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
        {
          input: {
            name,
            version: { model: 'demo/echo', template: `of ${name}`, label: 'production' },
            ...more,
          },
        },
      );
      return createPrompt.id;
    },
    async refusal(caller, query, variables) {
      const { errors = [] } = await ask(subgraph, caller, query, variables);
      return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
    },
    runs: (viewer, name) => catalog.promptVersion({ ...viewer, name }),
    async [Symbol.asyncDispose]() {
      await catalog[Symbol.asyncDispose]();
      await database.close();
    },
  };
}
