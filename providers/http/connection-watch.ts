/** Hears what happens to the connections of one attempt. */
export interface ConnectionWatch {
  /** A new connection is being opened: there was none to be used again. */
  connecting(): void;
  /** The request is on a connection. */
  connected(): void;
  /** Bytes of the response's body came. */
  received(): void;
  /** The whole answer has come: what is still read counts against no limit. */
  completed(): void;
}

const watched = Symbol('connection watch');
type WatchedSignal = AbortSignal & { [watched]?: ConnectionWatch };

/**
 * An attempt is known to the fetch by its signal, which every adapter and SDK passes on. It is kept on the signal itself:
 * a WeakMap with an entry for each call costs its collection.
 */
export function watchConnections(signal: WatchedSignal, watch: ConnectionWatch): void {
  signal[watched] = watch;
}

export function findConnectionWatch(signal: WatchedSignal | null | undefined): ConnectionWatch | undefined {
  return signal?.[watched];
}
