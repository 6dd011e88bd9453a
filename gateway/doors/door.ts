import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { checkedClientRequestId } from '#schema/request-id.ts';
import type { Callers, Credentials } from '../caller.ts';
import type { GatewayLimits } from '../limits.ts';
import type { Router } from '../router.ts';

/** What every door needs of the gateway behind it. */
export interface Mesh {
  /** The router in force; asked for anew by every operation, so that a new supergraph is taken up at once. */
  router(): Router;
  readonly callers: Callers;
  readonly limits: GatewayLimits;
  readonly log: Logger;
  /** What runs, so that a shutdown can wait for it. */
  readonly work: Work;
}

/** Counts what runs and tells when nothing does any more. */
export class Work {
  #running = 0;
  #closing = false;
  #idle: (() => void)[] = [];

  /** True once no new operation is let in. */
  get closing(): boolean {
    return this.#closing;
  }

  get running(): number {
    return this.#running;
  }

  begin(): void {
    this.#running++;
  }

  end(): void {
    this.#running--;
    if (this.#running > 0) return;
    for (const idle of this.#idle.splice(0)) idle();
  }

  /** Lets nothing new in; resolves when what runs has ended. */
  close(): Promise<void> {
    this.#closing = true;
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }
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
