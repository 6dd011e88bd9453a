import { createOverloadedError, type ErrorCode, HeddleError } from '#core/errors.ts';
import { StreamLogLost } from '../streams/stream-log.ts';

/** One end of a connection between two processes of one machine. Structured clones arrive in order, each once. */
export interface LocalPort {
  send(messages: readonly LinkMessage[]): void;
  onMessages(listener: (messages: readonly LinkMessage[]) => void): void;
  /** The other process is gone, after all that it has sent. */
  onClosed(listener: () => void): void;
}

/** What passes between two links: a call with its number, its answer or failure, and notes, which have no answer. */
export type LinkMessage =
  | readonly ['call', number, string, readonly unknown[]]
  | readonly ['answer', number, unknown]
  | readonly ['failure', number, LinkFailure]
  | readonly ['note', string, readonly unknown[]];

/** An error on its way to the other process, where it is thrown as what it was. */
export type LinkFailure =
  | {
      readonly kind: 'heddle';
      readonly code: ErrorCode;
      readonly message: string;
      readonly extensions: object;
    }
  | { readonly kind: 'lost'; readonly reason: StreamLogLost['reason']; readonly message: string }
  | { readonly kind: 'other'; readonly name: string; readonly message: string; readonly details: object };

type Functions = { readonly [name: string]: (...args: never[]) => unknown };
type Answer<F extends Functions, K extends keyof F> = Awaited<ReturnType<F[K]>>;

/** Calls that wait for their answers, at most; one more is refused. */
const waitingMax = 50_000;

/**
 * Calls of, and notes to, the process at the other end of a port. All of one turn of the event loop go as one message, so that its cost is
 * shared by however many calls and streams there are.
 */
export class LocalLink<Calls extends Functions, Notes extends Functions> {
  readonly #port: LocalPort;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #unsent: LinkMessage[] = [];
  #lastId = 0;
  #isClosed = false;

  constructor(port: LocalPort) {
    this.#port = port;
    port.onClosed(() => {
      this.#isClosed = true;
      for (const { reject } of this.#waiting.values()) reject(gone());
      this.#waiting.clear();
      this.#unsent = [];
    });
  }

  /**
   * Serves what the other process calls and notes; it is called once. Notes are handled in the order in which they were sent,
   * with the beginnings of calls among them.
   */
  serve<OwnCalls extends Functions, OwnNotes extends Functions>(calls: OwnCalls, notes: OwnNotes): void {
    this.#port.onMessages((messages) => {
      for (const message of messages) {
        switch (message[0]) {
          case 'call':
            void this.#answer(calls, message[1], message[2], message[3]);
            break;
          case 'note':
            run(notes, message[1], message[2]);
            break;
          default:
            this.#settle(message);
        }
      }
    });
  }

  /** Rejects with what the other process threw, and with OVERLOADED when it is gone, or too many calls wait. */
  call<K extends keyof Calls & string>(name: K, ...args: Parameters<Calls[K]>): Promise<Answer<Calls, K>> {
    if (this.#isClosed) return Promise.reject(gone());
    if (this.#waiting.size >= waitingMax) {
      return Promise.reject(createOverloadedError('Too many calls wait for the first process of this mesh.'));
    }
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#send(['call', id, name, args]);
    return waiting.promise as Promise<Answer<Calls, K>>;
  }

  /** Nothing where the other process is gone. */
  note<K extends keyof Notes & string>(name: K, ...args: Parameters<Notes[K]>): void {
    this.#send(['note', name, args]);
  }

  #send(message: LinkMessage): void {
    if (this.#isClosed) return;
    this.#unsent.push(message);
    if (this.#unsent.length > 1) return;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    const messages = this.#unsent;
    this.#unsent = [];
    if (!this.#isClosed && messages.length > 0) this.#port.send(messages);
  }

  async #answer(calls: Functions, id: number, name: string, args: readonly unknown[]): Promise<void> {
    try {
      this.#send(['answer', id, await run(calls, name, args)]);
    } catch (error) {
      this.#send(['failure', id, describeLinkFailure(error)]);
    }
  }

  #settle(message: LinkMessage): void {
    const [kind, id] = message;
    if (typeof id !== 'number') return;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (kind === 'answer') waiting?.resolve(message[2]);
    else if (kind === 'failure') waiting?.reject(reviveLinkFailure(message[2]));
  }
}

/** Both ends are of one version, and LocalLink checks the arguments where it sends them. Throws TypeError where there is no such function. */
function run(functions: Functions, name: string, args: readonly unknown[]): unknown {
  const found = functions[name] as ((...args: readonly unknown[]) => unknown) | undefined;
  if (found === undefined) throw new TypeError(`There is no ${name}.`);
  return found(...args);
}

function gone(): HeddleError {
  return createOverloadedError('The first process of this mesh is gone; this one ends too.');
}

/** An error as it passes a link: its stack, which names files, and its cause stay behind. */
export function describeLinkFailure(error: unknown): LinkFailure {
  if (error instanceof HeddleError) {
    const { code, message, extensions } = error;
    return { kind: 'heddle', code, message, extensions: { ...extensions } };
  }
  if (error instanceof StreamLogLost) return { kind: 'lost', reason: error.reason, message: error.message };
  if (!(error instanceof Error)) return { kind: 'other', name: 'Error', message: String(error), details: {} };
  const details = Object.fromEntries(
    Object.entries(error).filter(([, value]) => typeof value === 'string' || typeof value === 'number'),
  );
  return { kind: 'other', name: error.name, message: error.message, details };
}

export function reviveLinkFailure(failure: LinkFailure): Error {
  switch (failure.kind) {
    case 'heddle':
      return new HeddleError(failure.code, failure.message, { extensions: { ...failure.extensions } });
    case 'lost':
      return new StreamLogLost(failure.reason, failure.message);
    case 'other':
      return Object.assign(new Error(failure.message), failure.details, { name: failure.name });
  }
}
