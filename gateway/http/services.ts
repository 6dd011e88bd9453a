import type { Logger } from 'pino';
import type { Caller } from '#core/caller.ts';
import { createOverloadedError, type HeddleError } from '#core/errors.ts';
import type { GatewayObserver } from '#core/observers/gateway-observer.ts';
import type { MetricsPage } from '#core/observers/metrics-page.ts';
import type { Tracer } from '#core/tracing/span.ts';
import type { Callers, Credentials } from '../auth/caller.ts';
import { AddressThrottled, type Client, type ClientUse, type Use } from '../auth/client-use.ts';
import type { Exposures } from '../auth/exposure.ts';
import type { BrowserSessions } from '../auth/sessions.ts';
import type { RequestDocuments } from '../document/request-documents.ts';
import type { GatewayLimits } from '../limits.ts';
import type { RefusalLog } from '../log/refusal-log.ts';
import type { Router } from '../router.ts';
import type { Turns } from './turns.ts';

/** What every handler needs of the gateway behind it. */
export interface GatewayServices {
  /** The router in force. Each operation calls it anew, so that a new supergraph is taken up at once. */
  router(): Router;
  readonly callers: Callers;
  readonly sessions: BrowserSessions;
  readonly clients: ClientUse;
  /** The documents that requests name or send. */
  readonly documents: Pick<RequestDocuments, 'read' | 'keep'>;
  readonly turns: Turns;
  readonly exposures: Exposures;
  readonly limits: GatewayLimits;
  readonly log: Logger;
  readonly refusals: RefusalLog;
  /** Gets each request that was answered; undefined: nothing is measured. */
  readonly observer: Pick<GatewayObserver, 'requestAnswered'> | undefined;
  /** Begins the traces of requests; undefined: nothing is traced. */
  readonly tracer: Tracer | undefined;
  /** What `/metrics` answers with; undefined: nothing. */
  readonly metrics: MetricsPage | undefined;
  /** True where each request of a handler has a line in the log. */
  readonly isAccessLogged: boolean;
  /** The requests and operations in progress, for which a shutdown waits. */
  readonly work: Work;
  /** What keeps this process from serving a call, in sentences; empty when it is ready. */
  problems(): Promise<readonly string[]>;
}

/** A request or an operation in progress. */
export interface Operating {
  /** The process ends before the operation has. It aborts the operation with the error of `shuttingDown`. */
  cut(): void;
}

/** What is in progress in this process. */
export class Work {
  readonly #running = new Set<Operating>();
  #closing = false;
  #idle: (() => void)[] = [];

  /** How much is in progress. */
  get count(): number {
    return this.#running.size;
  }

  /** True once no new operation is admitted. */
  get closing(): boolean {
    return this.#closing;
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

  /** Resolves when nothing is in progress. */
  async idle(): Promise<void> {
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Ends what is in progress. */
  cut(): void {
    for (const operation of this.#running) operation.cut();
  }
}

/** The refusal, or the end, of an operation by a process that shuts down. */
export function shuttingDown(message = 'This process is shutting down.'): HeddleError {
  return createOverloadedError(message);
}

/**
 * Throws AddressThrottled for a client with too many refused requests. Behind one address there may be many callers:
 * a key that was good before is let through, and a few keys a second that were not seen yet.
 */
export function refuseRateLimited(
  { clients, callers }: Pick<GatewayServices, 'clients' | 'callers'>,
  client: Client,
  credentials: Credentials,
): void {
  const waitMs = clients.waitMs(client.use);
  if (waitMs === 0 || callers.isKnown(credentials)) return;
  if (!callers.isUnseen(credentials) || !clients.takeLookup(client.use)) {
    throw new AddressThrottled('Too many requests from this address were refused.', waitMs, client);
  }
}

/** What a caller's refusals and bytes count against: its key, or its address where it has none. */
export function useOfCaller(
  { clients }: Pick<GatewayServices, 'clients'>,
  client: Client,
  caller: Caller | undefined,
): Use {
  const keyId = caller?.keyLineId ?? caller?.keyId ?? null;
  return keyId === null ? client.use : clients.useOfKey(keyId);
}
