/** Hears what happens to the connections of one attempt. */
export interface ConnectionWatch {
  /** A new connection is being opened: there was none to be used again. */
  connecting(): void;
  /** The request is on a connection. */
  connected(): void;
  /** Bytes of the response's body came. */
  received(): void;
}

/** An attempt is known to the fetch by its signal, which every adapter and SDK passes on. */
const watches = new WeakMap<AbortSignal, ConnectionWatch>();

export function watchConnections(signal: AbortSignal, watch: ConnectionWatch): void {
  watches.set(signal, watch);
}

export function watchOf(signal: AbortSignal | null | undefined): ConnectionWatch | undefined {
  return signal == null ? undefined : watches.get(signal);
}
