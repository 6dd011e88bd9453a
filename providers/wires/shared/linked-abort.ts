import { findConnectionWatch, watchConnections } from '../../http/connection-watch.ts';

/** An AbortController that follows a caller's signal and can be aborted on its own; dispose it when the call is over. */
export class LinkedAbort {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #follow = () => this.#controller.abort(this.#parent?.reason);

  constructor(parent: AbortSignal | undefined) {
    this.#parent = parent;
    const watch = findConnectionWatch(parent);
    if (watch !== undefined) watchConnections(this.signal, watch);
    if (parent?.aborted) this.#follow();
    else parent?.addEventListener('abort', this.#follow);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#parent?.removeEventListener('abort', this.#follow);
  }
}
