import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { HeddleError } from '#schema/errors.ts';
import { checkedClientRequestId } from '#schema/request-id.ts';
import type { Callers, Credentials } from '../caller.ts';
import type { GatewayLimits } from '../limits.ts';
import type { RefusalLog } from '../refusal-log.ts';
import type { Router } from '../router.ts';

/** What every door needs of the gateway behind it. */
export interface Mesh {
  /** The router in force; asked for anew by every operation, so that a new supergraph is taken up at once. */
  router(): Router;
  readonly callers: Callers;
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

export function clientAddressOf(request: IncomingMessage): string | null {
  return request.socket.remoteAddress ?? null;
}

export function credentialsOf(request: IncomingMessage): Credentials {
  return { authorization: headerOf(request, 'authorization'), apiKey: headerOf(request, 'x-api-key') };
}
