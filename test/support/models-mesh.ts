import { randomBytes } from 'node:crypto';
import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import { createSecretBox, type SecretBox } from '#core/secrets/secret-box.ts';
import type { Database } from '#mongo/connect.ts';
import { createModelsSubgraph } from '#subgraphs/models/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { openTestDatabase } from './database.ts';
import { ask, testCaller, testServices } from './subgraph.ts';

/** May change models; belongs to a tenant as every key does. */
export const modelsAdmin = testCaller('acme', 'models:write');
/** Of another tenant, and may change nothing. */
export const modelsReader = testCaller('other', 'models:read');

/** The models subgraph on a database of its own, with a catalog that only the bus refreshes. */
export interface ModelsMesh extends AsyncDisposable {
  readonly database: Database;
  readonly subgraph: Subgraph;
  readonly catalog: Catalog;
  readonly secretBox: SecretBox;
  /** Code and message of every error of a call. */
  refusal(query: string, variables?: Record<string, unknown>, caller?: typeof modelsAdmin): Promise<string>;
}

export async function openModelsMesh(
  open = () => openTestDatabase({ monitorCommands: true }),
): Promise<ModelsMesh> {
  const database = await open();
  const services = testServices(database);
  const secretBox = createSecretBox(randomBytes(32));
  const subgraph = createModelsSubgraph({ ...services, connection: database.connection, secretBox });
  const catalog = await openCatalog(database.connection, { bus: services.bus, refreshMs: 3_600_000 });
  return {
    database,
    subgraph,
    catalog,
    secretBox,
    async refusal(query, variables = {}, caller = modelsAdmin) {
      const { errors = [] } = await ask(subgraph, caller, query, variables);
      return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
    },
    async [Symbol.asyncDispose]() {
      await catalog[Symbol.asyncDispose]();
      await subgraph[Symbol.asyncDispose]();
      await database.close();
    },
  };
}

export const createProvider = `mutation ($input: CreateProviderInput!) {
  createProvider(input: $input) { id kind baseUrl region enabled credentials { id label hint weight enabled } }
}`;
export const createModel = `mutation ($input: CreateModelInput!) {
  createModel(input: $input) {
    id name capabilities inputModalities outputModalities contextTokens maxOutputTokens lifecycle
    provider { id } price { input output cachedInput cacheWrite cacheWrite1h effectiveFrom }
  }
}`;
