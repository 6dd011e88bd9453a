import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { type DocumentNode, type ExecutionResult, parse } from 'graphql';
import type { CommandStartedEvent } from 'mongodb';
import { pino } from 'pino';
import { anonymousCaller, type Caller, type Scope } from '#core/caller.ts';
import { createAuditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { createEventLog } from '#mongo/events.ts';
import { createMeterHistory } from '#mongo/meter-history.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import type { SubgraphServices } from '#subgraphs/runtime/subgraph.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';

/** What every subgraph is given, in memory, with audit records in the database. */
export function testServices({ connection }: Database): SubgraphServices {
  const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' });
  const quota = createMemoryQuota({ history: createMeterHistory(connection) });
  const bus = createMemoryBus(log);
  const events = createEventLog(connection, { notify: () => bus.publish('events.recorded', {}), log });
  return { log, bus, quota, audit: createAuditLog(connection), events };
}

/** A key of a tenant with exactly these scopes. */
export function testCaller(tenantId: string | null, ...scopes: readonly Scope[]): Caller {
  return {
    ...anonymousCaller,
    kind: 'API_KEY',
    tenantId,
    appId: tenantId === null ? null : `${tenantId}-app`,
    keyId: tenantId === null ? null : `${tenantId}-key`,
    keyLineId: tenantId === null ? null : `${tenantId}-key`,
    scopes,
  };
}

export interface TestAnswer<T> {
  readonly data: T;
  readonly errors?: readonly {
    readonly message: string;
    readonly code: unknown;
    readonly path: string | undefined;
  }[];
}

const documents = new Map<string, DocumentNode>();

/** Executes one query or mutation in a subgraph, as the gateway would. */
export async function ask<T = Readonly<Record<string, unknown>>>(
  subgraph: SubgraphExecutor,
  caller: Caller,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<TestAnswer<T>> {
  let document = documents.get(query);
  if (document === undefined) {
    document = parse(query);
    documents.set(query, document);
  }
  const result = await subgraph.execute({
    document,
    variables,
    caller,
    requestId: randomUUID(),
    clientAddress: '127.0.0.1',
  });
  if (Symbol.asyncIterator in result) throw new Error('A subscription was not expected.');
  const { data, errors }: ExecutionResult = JSON.parse(JSON.stringify(result));
  return {
    data: data as T,
    ...(errors === undefined
      ? {}
      : {
          errors: errors.map(({ message, extensions, path }) => ({
            message,
            code: extensions?.code,
            path: path?.join('.'),
          })),
        }),
  };
}

/** The data; throws what errors there are. */
export async function askForData<T = Readonly<Record<string, unknown>>>(
  ...args: Parameters<typeof ask>
): Promise<T> {
  const { data, errors } = await ask<T>(...args);
  if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
  return data;
}

const runs = new AsyncLocalStorage<object>();

/**
 * Runs and answers the commands that it made the database be sent, of `{ monitorCommands: true }`: those of what began outside of
 * it, as the sweeps of a subgraph do, are not among them.
 */
export async function watchCommands<T>(
  { connection }: Database,
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly commands: readonly CommandStartedEvent[] }> {
  const commands: CommandStartedEvent[] = [];
  const own = {};
  const note = (event: CommandStartedEvent) => {
    if (runs.getStore() === own) commands.push(event);
  };
  const client = connection.getClient();
  client.on('commandStarted', note);
  try {
    return { result: await runs.run(own, run), commands };
  } finally {
    client.off('commandStarted', note);
  }
}

/** Runs and answers the names of the commands, as `watchCommands` does. */
export async function countCommands(
  database: Database,
  run: () => Promise<unknown>,
): Promise<readonly string[]> {
  const { commands } = await watchCommands(database, run);
  return commands.map(({ commandName }) => commandName);
}
