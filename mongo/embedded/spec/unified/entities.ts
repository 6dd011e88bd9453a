import type { Document } from 'bson';
import {
  type ClientSession,
  type Collection,
  type CommandFailedEvent,
  type CommandStartedEvent,
  type CommandSucceededEvent,
  type Db,
  MongoClient,
  type MongoClientOptions,
} from 'mongodb';
import { isDocument, type MatchContext } from './match.ts';
import { driverOptions } from './options.ts';

type CommandEvent = CommandStartedEvent | CommandSucceededEvent | CommandFailedEvent;

/** An event as it was when it came: the driver continues using (and changing) the command's own objects. */
export interface ObservedEvent {
  kind: 'commandStartedEvent' | 'commandSucceededEvent' | 'commandFailedEvent';
  commandName: string;
  fields: Document;
}

export interface ClientEntity {
  client: MongoClient;
  /** Every observed event, in order. */
  events: ObservedEvent[];
  /** The session ids of all commands started, observed or not. */
  lsids: unknown[];
}

/** Commands that carry credentials or belong to the driver's own upkeep are not part of a test's events. */
const UNOBSERVED = new Set([
  'hello',
  'ismaster',
  'configureFailPoint',
  'authenticate',
  'saslStart',
  'saslContinue',
  'getnonce',
  'createUser',
  'updateUser',
  'copydbgetnonce',
  'copydbsaslstart',
  'copydb',
]);

/** The test asks for something that the runner or the driver cannot say, so it cannot be run. */
export class Inexpressible extends Error {
  override name = 'Inexpressible';
}

/** The named clients, databases, collections, sessions and results of one running test. */
export class Entities implements MatchContext {
  readonly #uri: string;
  readonly #clients = new Map<string, ClientEntity>();
  readonly #databases = new Map<string, Db>();
  readonly #collections = new Map<string, Collection>();
  readonly #sessions = new Map<string, ClientSession>();
  readonly #results = new Map<string, unknown>();

  constructor(uri: string) {
    this.#uri = uri;
  }

  async create(descriptions: Document[]): Promise<void> {
    for (const description of descriptions) {
      const [kind, spec] = Object.entries(description)[0] ?? ['nothing', {}];
      await this.#createOne(kind, spec);
    }
  }

  async #createOne(kind: string, spec: Document): Promise<void> {
    const options = driverOptions(spec[`${kind}Options`] ?? {});
    switch (kind) {
      case 'client':
        await this.#connect(spec);
        return;
      case 'database':
        this.#databases.set(spec.id, this.client(spec.client).client.db(spec.databaseName, options));
        return;
      case 'collection':
        this.#collections.set(spec.id, this.database(spec.database).collection(spec.collectionName, options));
        return;
      case 'session':
        this.#sessions.set(spec.id, this.client(spec.client).client.startSession(this.#sessionOptions(spec)));
        return;
      default:
        throw new Inexpressible(`the runner creates no ${kind} entities`);
    }
  }

  #sessionOptions(spec: Document): Document {
    const { snapshotTime, defaultTransactionOptions, ...others } = spec.sessionOptions ?? {};
    if (snapshotTime !== undefined) throw new Inexpressible('the driver has no session option snapshotTime');
    if (defaultTransactionOptions === undefined) return others;
    return { ...others, defaultTransactionOptions: driverOptions(defaultTransactionOptions) };
  }

  async #connect(spec: Document): Promise<void> {
    // After a lost connection the driver waits this long before it looks at the server again (500 ms otherwise).
    const options: MongoClientOptions = {
      monitorCommands: true,
      minHeartbeatFrequencyMS: 10,
      ...spec.uriOptions,
    };
    const client = new MongoClient(this.#uri, options);
    const entity: ClientEntity = { client, events: [], lsids: [] };
    const observed = new Set<string>(spec.observeEvents ?? []);
    const ignored = new Set<string>([...UNOBSERVED, ...(spec.ignoreCommandMonitoringEvents ?? [])]);
    const observe = (kind: ObservedEvent['kind']) => (event: CommandEvent) => {
      if (!observed.has(kind) || ignored.has(event.commandName)) return;
      entity.events.push({ kind, commandName: event.commandName, fields: copyEvent(event) });
    };
    client.on('commandStarted', (event) => entity.lsids.push(event.command.lsid));
    client.on('commandStarted', observe('commandStartedEvent'));
    client.on('commandSucceeded', observe('commandSucceededEvent'));
    client.on('commandFailed', observe('commandFailedEvent'));
    this.#clients.set(spec.id, entity);
    await client.connect();
  }

  client(id: string): ClientEntity {
    return found(this.#clients.get(id), id);
  }

  database(id: string): Db {
    return found(this.#databases.get(id), id);
  }

  collection(id: string): Collection {
    return found(this.#collections.get(id), id);
  }

  session(id: string): ClientSession {
    return found(this.#sessions.get(id), id);
  }

  findKind(id: string): 'client' | 'database' | 'collection' | 'session' | 'testRunner' | 'unknown' {
    if (id === 'testRunner') return 'testRunner';
    if (this.#clients.has(id)) return 'client';
    if (this.#databases.has(id)) return 'database';
    if (this.#collections.has(id)) return 'collection';
    return this.#sessions.has(id) ? 'session' : 'unknown';
  }

  save(name: string, result: unknown): void {
    this.#results.set(name, result);
  }

  entity(name: string): unknown {
    return this.#results.get(name);
  }

  sessionId(name: string): unknown {
    return this.session(name).id;
  }

  /** Ends the sessions (which aborts their open transactions) and closes the clients. */
  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await session.endSession().catch(() => undefined);
    for (const { client } of this.#clients.values()) await client.close();
  }
}

/** The event's fields, its documents and arrays copied; BSON values are kept as they are. */
function copyEvent(event: CommandEvent): Document {
  return Object.fromEntries(
    ['command', 'reply', 'databaseName', 'commandName', 'serverConnectionId', 'serviceId'].flatMap(
      (field) => {
        const value: unknown = Reflect.get(event, field);
        return value === undefined ? [] : [[field, copyValue(value)]];
      },
    ),
  );
}

function copyValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyValue);
  if (value instanceof Map) return copyValue(Object.fromEntries(value));
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyValue(inner)]));
}

function found<T>(entity: T | undefined, id: string): T {
  if (entity === undefined) throw new Error(`the test names ${id}, which it did not create`);
  return entity;
}
