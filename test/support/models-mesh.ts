import { randomBytes } from 'node:crypto';
import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import type { Database } from '#mongo/connect.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import { createModelsSubgraph } from '#subgraphs/models/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { openTestDatabase } from './database.ts';
import { openTestKeyring } from './seal.ts';
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
  readonly keyring: Keyring;
  /** Code and message of every error of a call. */
  refusal(query: string, variables?: Record<string, unknown>, caller?: typeof modelsAdmin): Promise<string>;
}

export async function openModelsMesh(
  open = () => openTestDatabase({ monitorCommands: true }),
): Promise<ModelsMesh> {
  const database = await open();
  const services = testServices(database);
  const { connection } = database;
  const keyring = openTestKeyring(connection, randomBytes(32));
  const { secrets } = keyring;
  const subgraph = createModelsSubgraph({ ...services, connection, secrets });
  const catalog = await openCatalog(connection, { bus: services.bus, refreshMs: 3_600_000 });
  return {
    database,
    subgraph,
    catalog,
    keyring,
    async refusal(query, variables = {}, caller = modelsAdmin) {
      const { errors = [] } = await ask(subgraph, caller, query, variables);
      return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
    },
    async [Symbol.asyncDispose]() {
      await catalog[Symbol.asyncDispose]();
      await subgraph[Symbol.asyncDispose]();
      await keyring[Symbol.asyncDispose]();
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
