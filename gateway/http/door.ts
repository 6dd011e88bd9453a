import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { checkedClientRequestId } from '#core/request-id.ts';
import type { Callers, Credentials } from '../auth/caller.ts';
import { type Client, type ClientUse, RateLimited, type Use } from '../auth/client-use.ts';
import type { Exposures } from '../auth/exposure.ts';
import type { Operation } from '../document/operation.ts';
import type { ClientResult } from '../errors.ts';
import type { GatewayLimits } from '../limits.ts';
import type { RefusalLog } from '../log/refusal-log.ts';
import { type Answer, isOperation, isStream, type Router } from '../router.ts';
import type { Turns } from './turns.ts';

/** What every door needs of the gateway behind it. */
export interface Mesh {
  /** The router in force; asked for anew by every operation, so that a new supergraph is taken up at once. */
  router(): Router;
  readonly callers: Callers;
  readonly clients: ClientUse;
  readonly turns: Turns;
  readonly exposures: Exposures;
  readonly limits: GatewayLimits;
  readonly log: Logger;
  readonly refusals: RefusalLog;
  /** The operations in progress, for which a shutdown waits. */
  readonly work: Work;
}

/** An operation in progress. */
export interface Operating {
  /** The process ends before the operation has. It aborts the operation with the error of `shuttingDown`. */
  cut(): void;
}

/** The operations in progress in this process. */
export class Work {
  readonly #running = new Set<Operating>();
  #closing = false;
  #idle: (() => void)[] = [];

  /** True once no new operation is admitted. */
  get closing(): boolean {
    return this.#closing;
  }

  get running(): number {
    return this.#running.size;
  }

  begin(operation: Operating): void {
    this.#running.add(operation);
  }

  end(operation: Operating): void {
    this.#running.delete(operation);
    if (this.#running.size > 0) return;
    for (const idle of this.#idle.splice(0)) idle();
  }

  /** Admits nothing new over open WebSockets. */
  close(): void {
    this.#closing = true;
  }

  /** Resolves when no operation is in progress. */
  async idle(): Promise<void> {
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Ends the operations in progress. */
  cut(): void {
    for (const operation of this.#running) operation.cut();
  }
}

/** The refusal, or the end, of an operation by a process that shuts down. */
export function shuttingDown(message = 'This process is shutting down.'): HeddleError {
  return new HeddleError('OVERLOADED', message, { extensions: { retryAfterMs: 1_000 } });
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The client's own id of its request, from x-request-id: kept beside ours, never in place of it. */
export function clientRequestIdOf(request: IncomingMessage): string | null {
  return checkedClientRequestId(headerOf(request, 'x-request-id'));
}

export function credentialsOf(request: IncomingMessage): Credentials {
  return { authorization: headerOf(request, 'authorization'), apiKey: headerOf(request, 'x-api-key') };
}

/**
 * Throws RateLimited for a client of whose requests too many were refused. Behind one address there may be many callers:
 * a key that was good before is let through, and a few keys a second that were not seen yet.
 */
export function refuseRateLimited(
  { clients, callers }: Pick<Mesh, 'clients' | 'callers'>,
  { use }: Client,
  credentials: Credentials,
): void {
  const waitMs = clients.waitMs(use);
  if (waitMs === 0 || callers.isKnown(credentials)) return;
  if (!callers.isUnseen(credentials) || !clients.takeLookup(use)) {
    throw new RateLimited('Too many requests from this address were refused.', waitMs);
  }
}

/** What a caller's refusals and bytes count against: its key, or its address where it has none. */
export function useOfCaller({ clients }: Pick<Mesh, 'clients'>, client: Client, caller: Caller): Use {
  const keyId = caller.keyLineId ?? caller.keyId;
  return keyId === null ? client.use : clients.useOfKey(keyId);
}

/**
 * The operation of a document. What holds the process waits for its turn, since the event loop accepts one connection in
 * each: a new document, and the answer to one that asks for the schema. Without a key both count against the address.
 */
export async function prepareOperation(
  mesh: Pick<Mesh, 'router' | 'turns' | 'clients'>,
  client: Client,
  caller: Caller,
  query: string,
  operationName: string | null | undefined,
): Promise<Operation | ClientResult> {
  const isPrepared = mesh.router().isPrepared(query, caller);
  if (isPrepared) {
    const operation = mesh.router().prepare(query, operationName, caller);
    if (!isOperation(operation) || !operation.introspects) return operation;
  }
  const isAnonymous = caller.kind === 'ANONYMOUS';
  const waitMs = mesh.clients.waitMs(useOfCaller(mesh, client, caller));
  if (waitMs > 0 && (isAnonymous || !isPrepared)) {
    throw new RateLimited('Too many requests were refused: no new document is read, no schema sent.', waitMs);
  }
  await mesh.turns.next(isAnonymous);
  const begunMs = performance.now();
  try {
    const operation = mesh.router().prepare(query, operationName, caller);
    if (isAnonymous && isOperation(operation) && operation.introspects) mesh.clients.weigh(client.use, 1);
    return operation;
  } finally {
    if (isAnonymous) mesh.clients.spent(client.use, performance.now() - begunMs);
  }
}

/** What one client has not read yet of its answers. */
export class Unread {
  readonly #clients: ClientUse;
  readonly #use: Use;

  constructor(clients: ClientUse, use: Use) {
    this.#clients = clients;
    this.#use = use;
  }

  get isTooMuch(): boolean {
    return this.#clients.leavesUnread(this.#use);
  }

  /** Throws RateLimited where it is too much. */
  refuse(): void {
    if (this.isTooMuch) throw new RateLimited('Too many bytes of answers to you wait to be read.', 1_000);
  }

  /** As `ClientUse.holdAnswer`. */
  hold(bytes: number): (() => void) | undefined {
    return this.#clients.holdAnswer(this.#use, bytes);
  }
}

/** True for an answer that counts as a refusal: of the whole request, or of anything to a caller without a key. */
export function isRefused(answer: Answer, caller: Caller): boolean {
  return (
    !isStream(answer) && answer.errors !== undefined && (!('data' in answer) || caller.kind === 'ANONYMOUS')
  );
}
