import { type Db, MongoClient, type MongoClientOptions } from 'mongodb';
import { openStore } from '../store.ts';

export type StoreOptions = Parameters<typeof openStore>[0];

export interface OpenStore extends AsyncDisposable {
  readonly uri: string;
  readonly client: MongoClient;
  /** The database `d`. */
  readonly db: Db;
  backup(file: string): Promise<void>;
}

/** A store with the stock driver connected to it; disposing of it closes both. */
export async function withStore(
  options: StoreOptions,
  clientOptions: MongoClientOptions = {},
): Promise<OpenStore> {
  const store = await openStore(options);
  const client = new MongoClient(store.uri, clientOptions);
  try {
    await client.connect();
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    uri: store.uri,
    client,
    db: client.db('d'),
    backup: (file) => store.backup(file),
    async [Symbol.asyncDispose]() {
      await client.close();
      await store.close();
    },
  };
}
