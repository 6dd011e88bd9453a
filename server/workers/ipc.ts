import type { ChildProcess } from 'node:child_process';
import type { SubgraphName } from '#core/subgraph-names.ts';
import type { LinkMessage, LocalPort } from '#state/local/link.ts';

/** What a worker gets before it starts. */
export interface SeatOfWorker {
  /** Its number, from 1; the one that replaces it gets the same. */
  readonly number: number;
  /** Where it reaches the subgraphs of the first process, and the secret by which both know each other. */
  readonly subgraphUrls: Readonly<Partial<Record<SubgraphName, string>>>;
  readonly meshSecret: string;
  /** The embedded store of the first process; null: the store is that of MONGO_URL. */
  readonly storeUri: string | null;
  /** What processes share is in the first one; false: in Redis. */
  readonly sharesState: boolean;
}

/** What passes between the first process and a worker beside the ports: its start, its life and its end. */
export type Control =
  | { readonly kind: 'seat'; readonly seat: SeatOfWorker }
  /** The worker serves at this origin; or, with a message, it cannot start. */
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'failed'; readonly message: string }
  /** From the first process, to find out whether the worker lives; the worker answers with the share of the time that its event loop was busy. */
  | { readonly kind: 'beat'; readonly busy: number }
  /** Another worker serves too: a share of the clients is to connect again. */
  | { readonly kind: 'shed'; readonly share: number }
  | { readonly kind: 'close'; readonly drainMs: number; readonly graceMs: number };

/** The ports of one connection: what processes share, group writes to the store, and metrics. */
export type PortName = 'state' | 'store' | 'metrics';

type Envelope = readonly ['control', Control] | readonly [PortName, readonly LinkMessage[]];

/** The channel between the first process of a mesh and one of its workers, at either end. */
export class Ipc {
  readonly #end: ChildProcess | NodeJS.Process;
  readonly #listeners = new Map<PortName, (messages: readonly LinkMessage[]) => void>();
  #onControl: (control: Control) => void = () => {};

  constructor(end: ChildProcess | NodeJS.Process) {
    this.#end = end;
    end.on('message', (envelope: Envelope) => {
      if (envelope[0] === 'control') this.#onControl(envelope[1]);
      else this.#listeners.get(envelope[0])?.(envelope[1]);
    });
  }

  /** Nothing where the other process is gone. */
  control(message: Control): void {
    this.#send(['control', message]);
  }

  onControl(listener: (message: Control) => void): void {
    this.#onControl = listener;
  }

  port(name: PortName): LocalPort {
    return {
      send: (messages) => this.#send([name, messages]),
      onMessages: (listener) => this.#listeners.set(name, listener),
      onClosed: (listener) => this.#end.once('disconnect', listener),
    };
  }

  #send(envelope: Envelope): void {
    // An error is that of a channel that closes: its end is reported by 'disconnect'.
    if (this.#end.connected === true) this.#end.send?.(envelope, undefined, undefined, () => {});
  }
}
